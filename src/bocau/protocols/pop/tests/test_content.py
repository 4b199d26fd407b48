"""Dot-stuffing and TOP, whole and in pieces."""

import poplib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.protocols.pop import Stuffer, TopCutter

MAILS = st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"a", b"\r", b"..", b"\r\n.\r\n"]), max_size=30).map(
    b"".join
)
CUTS = st.lists(st.integers(1, 7), min_size=1, max_size=5)


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    found, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        found.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return found


def answer(parts: list[bytes]) -> bytes:
    stuffer = Stuffer()
    return b"".join(map(stuffer.stuff, parts)) + stuffer.end()


def read_as_client(wire: bytes) -> tuple[list[bytes], bytes]:
    """What poplib makes of an answer: its lines, and what it left unread."""
    client = poplib.POP3.__new__(poplib.POP3)
    client._debugging = 0
    client.file = BytesIO(b"+OK\r\n" + wire)
    _, lines, _ = client._getlongresp()
    return lines, client.file.read()


@given(MAILS, CUTS)
def test_pieces_make_no_difference(mail: bytes, sizes: list[int]) -> None:
    assert answer(pieces(mail, sizes)) == answer([mail])


@given(MAILS.filter(lambda mail: b"\r." not in mail))
def test_a_line_splitting_client_reads_exactly_one_answer(mail: bytes) -> None:
    """Whatever line ends a message has, nothing of it is taken for the end or for an answer of ours."""
    _, rest = read_as_client(answer([mail]))
    assert rest == b""


@given(st.lists(st.binary(max_size=20).filter(lambda b: b"\r" not in b and b"\n" not in b), max_size=10))
def test_crlf_mail_comes_back_byte_for_byte(lines: list[bytes]) -> None:
    mail = b"".join(line + b"\r\n" for line in lines)
    assert read_as_client(answer([mail]))[0] == lines


def test_a_last_line_without_end_gets_one() -> None:
    assert answer([b"a\r\nb"]) == b"a\r\nb\r\n.\r\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (0, b"A: b\r\n\r\n"),
        (1, b"A: b\r\n\r\n1\r\n"),
        (2, b"A: b\r\n\r\n1\r\n2\r\n"),
        (9, b"A: b\r\n\r\n1\r\n2\r\n"),
        (2**32, b"A: b\r\n\r\n1\r\n2\r\n"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_top_cuts_after_so_many_lines(lines: int, expected: bytes, size: int) -> None:
    cutter = TopCutter(lines)
    assert b"".join(map(cutter.cut, pieces(b"A: b\r\n\r\n1\r\n2\r\n", [size]))) == expected


@pytest.mark.parametrize("size", [1, 2, 100])
def test_top_of_a_message_without_header_begins_with_the_blank_line(size: int) -> None:
    cutter = TopCutter(1)
    assert b"".join(map(cutter.cut, pieces(b"\r\n1\r\n2\r\n", [size]))) == b"\r\n1\r\n"


def test_top_of_a_message_without_blank_line_is_all_of_it() -> None:
    assert TopCutter(0).cut(b"A: b\r\nC: d") == b"A: b\r\nC: d"
