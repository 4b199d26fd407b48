"""Wire text is read strictly: what Python's own parsers would forgive is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import (
    NUMBER_DIGITS_MAX,
    UINT32_MAX,
    UINT63_MAX,
    ascii_upper,
    is_digits,
    number,
    printable,
)


@pytest.mark.parametrize(
    "data", [b"", b"1_0", b"+1", b"-1", b" 1", b"1 ", b"0x1", b"1.0", "１２".encode(), b"1\n", b"1e3"]
)
def test_what_is_no_number(data: bytes) -> None:
    assert not is_digits(data)
    with pytest.raises(SyntaxFault):
        number(data)


@given(st.integers(0, UINT32_MAX))
def test_numbers_read_back(value: int) -> None:
    assert number(b"%d" % value) == value


def test_limits_one_more_is_refused() -> None:
    assert number(b"%d" % UINT32_MAX) == UINT32_MAX
    assert number(b"%d" % UINT63_MAX, maximum=UINT63_MAX) == UINT63_MAX
    assert number(b"0" * (NUMBER_DIGITS_MAX - 1) + b"1") == 1
    for data, maximum, minimum in (
        (b"%d" % (UINT32_MAX + 1), UINT32_MAX, 0),
        (b"%d" % (UINT63_MAX + 1), UINT63_MAX, 0),
        (b"0" * NUMBER_DIGITS_MAX + b"1", UINT32_MAX, 0),
        (b"9" * 5000, UINT63_MAX, 0),
        (b"0", UINT32_MAX, 1),
    ):
        with pytest.raises(SyntaxFault):
            number(data, maximum=maximum, minimum=minimum)


def test_upper_case_is_of_ascii_only() -> None:
    assert ascii_upper("aß\u0131".encode()) == "Aß\u0131".encode()


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_printable_is_one_safe_line(data: bytes | str) -> None:
    shown = printable(data)
    assert shown.isprintable()


def test_printable_shows_what_it_escapes_and_cuts() -> None:
    assert printable(b"a\r\n\x1b[31m") == "a\\r\\n\\x1b[31m"
    assert printable("\u202eabc") == "\\u202eabc"
    assert printable(b"\xff") == "\\xff"
    assert printable("Việt") == "Việt"
    assert printable("x" * 10, maximum=5) == "xxxxx…"
