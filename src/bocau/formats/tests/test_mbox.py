"""mboxrd: what is exported comes back octet for octet."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import TooLong
from bocau.formats.mbox import BLOCK_BYTES, Record, format_record, read_mbox
from bocau.formats.tests.corpus import corpus


def read(data: bytes) -> list[Record]:
    return list(read_mbox(BytesIO(data)))


class Dribble:
    """A file that gives a few octets at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self.file = BytesIO(data)
        self.step = step

    def read(self, size: int, /) -> bytes:
        return self.file.read(min(size, self.step))


def test_a_record_as_others_write_it() -> None:
    written = format_record(b"Subject: x\r\n\r\nFrom here\r\n>From there\r\n", "a@x.test", 820631134)
    assert written == (b"From a@x.test Wed Jan  3 01:05:34 1996\nSubject: x\n\n>From here\n>>From there\n\n")
    assert read(written) == [Record("a@x.test", 820631134, b"Subject: x\r\n\r\nFrom here\r\n>From there\r\n")]


def test_files_of_others() -> None:
    data = (
        b"\n\nFrom MAILER-DAEMON Fri Jul  8 12:08:34 2011\n"
        b"Subject: one\n\nFrom the start\n\nFrom nowhere at all\n\n"
        b"From - Fri Jul  8 12:08:34 2011\nSubject: two\n\nbody without a last empty line"
    )
    assert [(record.sender, record.content) for record in read(data)] == [
        ("", b"Subject: one\r\n\r\nFrom the start\r\n\r\nFrom nowhere at all\r\n"),
        ("-", b"Subject: two\r\n\r\nbody without a last empty line"),
    ]


def test_a_line_inside_a_paragraph_separates_nothing() -> None:
    line = b"From a@b Fri Jul  8 12:08:34 2011\n"
    (record,) = read(line + b"Subject: x\n\nwords\n" + line + b"more\n\n")
    assert record.content == b"Subject: x\r\n\r\nwords\r\n" + line.replace(b"\n", b"\r\n") + b"more\r\n"


def test_a_file_with_crlf_lines() -> None:
    data = (
        b"From a Fri Jul  8 12:08:34 2011\r\nA: b\r\n\r\nc\r\n\r\nFrom b Fri Jul  8 12:08:34 2011\r\nD: e\r\n"
    )
    assert [record.content for record in read(data)] == [b"A: b\r\n\r\nc\r\n", b"D: e\r\n"]


def test_no_mbox_at_all() -> None:
    assert read(b"") == []
    assert read(b"Subject: x\n\nnot an mbox\n") == []


LINES = st.sampled_from(
    [b"From a@b Fri Jul  8 12:08:34 2011", b"From ", b">From x", b"", b"\r", b"x", b">", b"\0\xff"]
)
ENDS = st.sampled_from([b"\r\n", b"\n", b"\r"])
CONTENTS = st.binary(max_size=50) | st.tuples(st.lists(LINES, max_size=8), ENDS, st.booleans()).map(
    lambda drawn: drawn[1].join(drawn[0]) + (drawn[1] if drawn[2] else b"")
)


@given(st.lists(CONTENTS, max_size=5), st.sampled_from([1, 7, 64, BLOCK_BYTES]))
def test_export_then_import_gives_every_octet_back(contents: list[bytes], step: int) -> None:
    data = b"".join(format_record(content, "a@x.test", 1) for content in contents)
    assert [record.content for record in read_mbox(Dribble(data, step))] == contents


def test_the_corpus_comes_back() -> None:
    messages = list(corpus().values())
    data = b"".join(format_record(content, "a@x.test", 1) for content in messages)
    assert [record.content for record in read_mbox(Dribble(data, 100_000))] == messages


def test_a_record_beyond_the_limit_is_refused() -> None:
    data = format_record(b"x" * (BLOCK_BYTES * 3), "a", 1)
    with pytest.raises(TooLong):
        list(read_mbox(BytesIO(data), maximum=BLOCK_BYTES))


@pytest.mark.parametrize("sender", ["", "a b", "a\nFrom x", "\x1b"])
def test_a_sender_cannot_break_the_separator(sender: str) -> None:
    (record,) = read(format_record(b"x\r\n", sender, 2**62))
    assert record.content == b"x\r\n"
    assert record.sender == ""
