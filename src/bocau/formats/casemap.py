"""i;unicode-casemap, the collation of SORT and THREAD (RFC 5051).

Two texts are equal when their keys are, and stand in the order of their keys' octets in UTF-8, which is the
order of `str`."""

import unicodedata
from functools import lru_cache
from typing import Final

CHARACTERS_CACHED: Final = 4096


def casemap(text: str) -> str:
    """The key of a text: title case, then decomposed (RFC 5051 §2)."""
    if text.isascii():
        return text.upper()
    return unicodedata.normalize("NFKD", "".join(map(_titled, text)))


@lru_cache(CHARACTERS_CACHED)
def _titled(character: str) -> str:
    """The simple mapping of UnicodeData: one character for one ("ß" stays, though a title says "Ss")."""
    titled = character.title()
    return titled if len(titled) == 1 else character
