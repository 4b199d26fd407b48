"""The kept header fields are what FETCH would cut from the message (RFC 9051 §6.4.5)."""

from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.digest import digest
from bocau.formats.header import HEADER_BYTES_MAX, body_start
from bocau.formats.listing import LISTED_BYTES_MAX, LISTED_FIELDS
from bocau.formats.tests.corpus import corpus
from bocau.protocols.imap.fetch import Form, Portion, Section
from bocau.services.imap.parts import picked_fields

NAMES = frozenset(LISTED_FIELDS)


def cut(data: bytes, names: frozenset[bytes] = NAMES) -> bytes:
    section = Section(b"", portion=Portion.FIELDS, fields=names, form=Form.RAW)
    return picked_fields(data[: body_start(data)], section)


def agrees(data: bytes) -> bool:
    found = digest(data)
    if found.listed is None:
        return False
    occur = sum(bit for name, bit in LISTED_FIELDS.items() if cut(data, frozenset((name,))) != b"\r\n")
    return found.listed + b"\r\n" == cut(data) and found.listed_fields == occur


PIECES = st.sampled_from(
    [b"Subject", b"From", b"to", b"X-Priority", b"Received", b":", b" :", b"\t: ", b"\r\n :", b"\n\t:", b" ",
     b"a", b"\0", b"\r\n", b"\n", b"\r", b"\r\n ", b"\n\t", b"\r\n\r\n", b"\xff", b"Subject: a\r\n",
     b"From : b\r\n c\r\n", b"Date:"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map(b"".join))
def test_hostile_headers(data: bytes) -> None:
    assert agrees(data)


def test_every_message_of_the_corpus() -> None:
    for name, data in corpus().items():
        assert agrees(data), name


def test_what_is_too_long_is_not_kept() -> None:
    name = b"Subject: "
    fits = name + b"x" * (LISTED_BYTES_MAX - len(name) - 2) + b"\r\n"
    assert agrees(fits + b"\r\n")
    found = digest(b"To: a@x\r\n" + fits + b"\r\n")
    assert (found.listed, found.listed_fields) == (None, 0)
    found = digest(b"To: a@x\r\nX: " + b"x" * HEADER_BYTES_MAX + b"\r\n\r\n")
    assert (found.listed, found.listed_fields) == (None, 0)


def test_each_field_has_a_bit_of_its_own() -> None:
    assert sorted(LISTED_FIELDS.values()) == [1 << place for place in range(len(LISTED_FIELDS))]
    assert len(LISTED_FIELDS) <= 63
    assert all(name == name.lower() for name in LISTED_FIELDS)
