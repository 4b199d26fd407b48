"""A needle as patterns over the words of the index.

"hello wor" as a substring: a word that ends with "hello", then one that begins with "wor"; words in between
are whole. One word alone, with nothing around it, is found within words: then the index knows for certain.
"""

import re
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"[^\W_]+")
PATTERNS_MAX: Final = 32
"""Of one needle; more words would not narrow the search."""


class Needle(NamedTuple):
    """What the index is asked for."""

    patterns: tuple[bytes, ...]
    """Each must be in some word; a line end stands for a word's begin or end. Empty: any email may match."""
    is_sure: bool
    """Whether who has them all matches, without a look at the text."""


def needle_of(text: str) -> Needle:
    """Of a text that is `unaccented`."""
    patterns = []
    for match in _WORD.finditer(text):
        begin = "\n" if match.start() else ""
        end = "\n" if match.end() < len(text) else ""
        patterns.append(f"{begin}{match[0]}{end}".encode())
    longest = sorted(dict.fromkeys(patterns), key=len, reverse=True)[:PATTERNS_MAX]
    return Needle(tuple(longest), _WORD.fullmatch(text) is not None)
