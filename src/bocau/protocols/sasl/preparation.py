"""Passwords and names made comparable: OpaqueString (RFC 8265 §4.2) and SASLprep (RFC 4013)."""

import unicodedata
from typing import Final

from bocau.base.errors import SyntaxFault

_DEL: Final = 0x7F


def opaque_string(text: str) -> str:
    """RFC 8265 §4.2.2: other spaces become SPACE, NFC, no controls, not empty. SyntaxFault."""
    if not text.isascii():
        spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
        text = unicodedata.normalize("NFC", spaced)
    if not text or any(_is_control(c) for c in text):
        raise SyntaxFault("empty, or a control character")
    return text


def _is_control(character: str) -> bool:
    if character.isascii():
        return character < " " or ord(character) == _DEL
    return unicodedata.category(character) in ("Cc", "Cs", "Cn")


def saslprep(text: str) -> str:
    """RFC 4013, as a query (unassigned code points allowed). SyntaxFault."""
    if text.isascii():
        return opaque_string(text)
    # Loaded here: the tables are only for the few names and passwords that are not ASCII.
    import stringprep

    mapped = "".join(" " if stringprep.in_table_c12(c) else c for c in text if not stringprep.in_table_b1(c))
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if not prepared or any(_is_prohibited(c) for c in prepared):
        raise SyntaxFault("empty, or a character that SASLprep prohibits")
    _check_bidi(prepared)
    return prepared


def _is_prohibited(c: str) -> bool:
    """RFC 4013 §2.3."""
    import stringprep as table

    return (
        table.in_table_c12(c)
        or table.in_table_c21_c22(c)
        or table.in_table_c3(c)
        or table.in_table_c4(c)
        or table.in_table_c5(c)
        or table.in_table_c6(c)
        or table.in_table_c7(c)
        or table.in_table_c8(c)
        or table.in_table_c9(c)
    )


def _check_bidi(text: str) -> None:
    """RFC 3454 §6: right-to-left text is wholly that, and begins and ends so."""
    import stringprep

    right_to_left = [stringprep.in_table_d1(c) for c in text]
    if not any(right_to_left):
        return
    if any(map(stringprep.in_table_d2, text)) or not (right_to_left[0] and right_to_left[-1]):
        raise SyntaxFault("mixed directions")
