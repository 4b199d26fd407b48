"""The only parsers that wire text may meet: strict, ASCII, bounded.

Python's own are too kind for a protocol: `int('1_0')`, `int('１２')` and `'²'.isdigit()` succeed,
`splitlines()` splits at \\x85, `strip()` and `lower()` follow Unicode.
"""

from typing import Final

from bocau.base.errors import SyntaxFault

_DIGITS: Final = b"0123456789"
NUMBER_DIGITS_MAX: Final = 19
"""Enough for 2**63-1; a longer run of digits is refused before it is converted."""

UINT32_MAX: Final = 2**32 - 1
UINT63_MAX: Final = 2**63 - 1


def is_digits(data: bytes) -> bool:
    """Whether `data` is one or more ASCII digits and nothing else."""
    return bool(data) and not data.strip(_DIGITS)


def number(data: bytes, *, maximum: int = UINT32_MAX, minimum: int = 0) -> int:
    """Read a decimal number of ASCII digits; SyntaxFault on anything else or out of range."""
    if not is_digits(data) or len(data) > NUMBER_DIGITS_MAX:
        raise SyntaxFault("not a number")
    value = int(data)
    if not minimum <= value <= maximum:
        raise SyntaxFault(f"number out of range {minimum}..{maximum}")
    return value


def ascii_upper(data: bytes) -> bytes:
    """Upper-case A-Z only (bytes.upper() is ASCII-only by definition)."""
    return data.upper()


def printable(data: bytes | str, *, maximum: int = 200) -> str:
    """Make wire text safe for one log line: escapes controls, ANSI, bidi and non-UTF-8; cuts at `maximum`."""
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:maximum]
    )
    return shown + "…" if len(text) > maximum else shown
