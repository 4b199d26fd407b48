"""Keywords of emails: JMAP's set, the store's bits and words (RFC 8621 §4.1.1).

{"$seen": true, "work": true}  ⇄  Flags.SEEN, ("work",)

IMAP's \\Deleted and \\Recent are never keywords here.
"""

import re
from functools import lru_cache
from typing import Any, Final

from bocau.services.jmap.errors import SetError, invalid_properties
from bocau.store import Flags

KEYWORDS_MAX: Final = 50
"""On one email, as in IMAP."""
SETS_CACHED: Final = 1024

_SYSTEM: Final = (
    (Flags.SEEN, "$seen"),
    (Flags.ANSWERED, "$answered"),
    (Flags.FLAGGED, "$flagged"),
    (Flags.DRAFT, "$draft"),
)
BITS: Final = {name: bit for bit, name in _SYSTEM}
HIDDEN: Final = frozenset(("$deleted", "$recent"))
_TOLD: Final = [tuple(name for bit, name in _SYSTEM if bit & bits) for bits in range(32)]
_KEYWORD: Final = re.compile(r"[!#$&\'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,255}\Z", re.ASCII)


def keyword_set(flags: int, words: tuple[str, ...]) -> dict[str, bool]:
    """The `keywords` property; words come in lower case, because case does not tell them apart."""
    return _known_set(int(flags), words)


@lru_cache(SETS_CACHED)
def _known_set(flags: int, words: tuple[str, ...]) -> dict[str, bool]:
    """A mailbox has few different sets. Nobody changes what comes from here."""
    return dict.fromkeys((*_TOLD[flags & 31], *(word.lower() for word in words)), True)


def take_keyword(name: str, properties: str = "keywords") -> tuple[Flags, str]:
    """One keyword as the store has it: its bit, or else its word in lower case. SetError."""
    word = name.lower()
    if not _KEYWORD.match(name) or word in HIDDEN:
        raise invalid_properties(f"not a keyword: {name!r}"[:200], properties)
    bit = BITS.get(word)
    return (Flags(0), word) if bit is None else (bit, "")


def take_keywords(value: Any) -> tuple[Flags, tuple[str, ...]]:
    """A whole `keywords` object, or null for none: bits and sorted words. SetError."""
    if value is None:
        return Flags(0), ()
    if not isinstance(value, dict) or not all(is_set is True for is_set in value.values()):
        raise invalid_properties("keywords maps each keyword to true", "keywords")
    if len(value) > KEYWORDS_MAX + len(BITS):
        raise SetError("tooManyKeywords", f"more than {KEYWORDS_MAX} keywords on an email")
    bits, words = Flags(0), set[str]()
    for name in value:
        bit, word = take_keyword(name)
        bits |= bit
        words.add(word)
    words.discard("")
    if len(words) > KEYWORDS_MAX:
        raise SetError("tooManyKeywords", f"more than {KEYWORDS_MAX} keywords on an email")
    return bits, tuple(sorted(words))
