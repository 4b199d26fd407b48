"""RFC 5322 §2.2: fields with offsets, tolerant of what is met; edits touch nothing else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.header import (
    HEADER_BYTES_MAX,
    body_start,
    build_field,
    fields,
    first_values,
    fold,
    get,
    get_all,
    remove_fields,
)

MESSAGE = (
    b"Received: from a\r\n\tby b\r\n"
    b"From : x@y.test\r\n"
    b"no field at all\r\n"
    b"SUBJECT:one\r\n two\r\n"
    b"To\r\n : z@y.test\r\n"
    b"Bcc:\r\n"
    b"subject: again\r\n"
    b"\r\n"
    b"Body: not a field\r\n"
)


def test_fields_with_offsets() -> None:
    found = fields(MESSAGE)
    assert [field.name for field in found] == [b"received", b"from", b"subject", b"to", b"bcc", b"subject"]
    subject = found[2]
    assert MESSAGE[subject.start : subject.end] == b"SUBJECT:one\r\n two\r\n"
    assert MESSAGE[subject.value_start : subject.end] == b"one\r\n two\r\n"


def test_get_first_and_all() -> None:
    assert get(MESSAGE, b"Subject") == b"one two"
    assert get_all(MESSAGE, b"Subject") == [b"one two", b"again"]
    assert get(MESSAGE, b"From") == b"x@y.test"
    assert get(MESSAGE, b"Bcc") == b""
    assert get(MESSAGE, b"Body") is None
    assert get_all(MESSAGE, b"Body") == []


def test_first_values_keeps_the_first() -> None:
    assert first_values(MESSAGE, 0, body_start(MESSAGE))[b"subject"].strip() == b"one\r\n two"


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"", 0),
        (b"a: b", 4),
        (b"a: b\r\n", 6),
        (b"a: b\r\n\r\nbody", 8),
        (b"\r\nbody", 2),
        (b"\nbody", 1),
        (b"a: b\n\nbody\r\n\r\n", 6),
        (b"a: b\r\n\nbody\r\n\r\n", 7),
        (b"a: b\n\r\nbody\n\n", 7),
        (b"a: b\r\n \r\n\r\nbody", 11),
    ],
)
def test_where_the_body_begins(data: bytes, start: int) -> None:
    assert body_start(data) == start


def test_remove_fields_leaves_every_other_octet() -> None:
    assert remove_fields(MESSAGE, [b"Subject", b"BCC"]) == (
        b"Received: from a\r\n\tby b\r\nFrom : x@y.test\r\nno field at all\r\nTo\r\n : z@y.test\r\n\r\n"
        b"Body: not a field\r\n"
    )
    assert remove_fields(MESSAGE, [b"Body"]) is MESSAGE
    assert remove_fields(b"Bcc: a", [b"Bcc"]) == b""


@given(st.lists(st.sampled_from([b"Bcc: a", b" b", b"To: c", b"", b"\r", b"bcc :", b"x"])).map(b"\r\n".join))
def test_what_is_removed_is_gone_and_the_body_stays(data: bytes) -> None:
    rest = remove_fields(data, [b"bcc"])
    assert get(rest, b"bcc") is None
    assert rest.endswith(data[body_start(data) :])


def test_fields_beyond_the_limit_are_not_looked_at() -> None:
    header = b"A: " + b"x" * (HEADER_BYTES_MAX - 20) + b"\r\n"
    assert get(header + b"Near: 1\r\n\r\n", b"near") == b"1"
    assert get(header + b"X" * 30 + b": 1\r\nFar: 1\r\n\r\n", b"far") is None


def test_wide_headers_cost_little() -> None:
    before = time.process_time()
    for data in (b"X: y\r\n" * 100_000, b"x" * 10_000_000, b"X:" + b"\r\n y" * 500_000, b": \r\n" * 500_000):
        fields(data)
        remove_fields(data, [b"x"])
    assert time.process_time() - before < 2.0


def test_built_fields_cannot_be_broken_out_of() -> None:
    built = build_field("Subject", "Xin chào\r\nBcc: victim@x.test")
    assert [field.name for field in fields(built)] == [b"subject"]
    assert build_field("Subject", "plain words") == b"Subject: plain words\r\n"
    assert build_field("X", "a\r\nBcc: b") == b"X: a  Bcc: b\r\n"


def test_folding_keeps_lines_short_and_words_whole() -> None:
    folded = fold(b"word " * 40 + b"end")
    assert all(len(line) <= 78 for line in folded.split(b"\r\n"))
    assert folded.replace(b"\r\n ", b" ") == b"word " * 40 + b"end"
    assert fold(b"x" * 200) == b"x" * 200
