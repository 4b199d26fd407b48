"""Flags between the wire and the store (RFC 9051 §2.3.2)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from bocau.base.errors import LimitReached
from bocau.store import Flags

SYSTEM: Final = (
    (Flags.ANSWERED, "\\Answered"),
    (Flags.FLAGGED, "\\Flagged"),
    (Flags.DELETED, "\\Deleted"),
    (Flags.SEEN, "\\Seen"),
    (Flags.DRAFT, "\\Draft"),
)
SYSTEM_TEXT: Final = b" ".join(name.encode("ascii") for _, name in SYSTEM)
BITS: Final = {name: bit for bit, name in SYSTEM}
KEYWORDS_MAX: Final = 50
"""Keywords on one message."""

_SYSTEM_TEXTS: Final = [b" ".join(name.encode("ascii") for bit, name in SYSTEM if bit & n) for n in range(32)]


@lru_cache(maxsize=8192)
def flags_text(bits: int, keywords: str, is_recent: bool = False) -> bytes:
    """The inside of FLAGS (…)."""
    words = [_SYSTEM_TEXTS[bits & 31]] if bits & 31 else []
    if is_recent:
        words.append(b"\\Recent")
    if keywords:
        words.append(keywords.encode("utf-8"))
    return b" ".join(words)


def split_flags(names: Iterable[str]) -> tuple[Flags, list[str]]:
    """Flags as spelt by the engine → bits and keywords. LimitReached."""
    bits, keywords = Flags(0), []
    for name in names:
        bit = BITS.get(name)
        if bit is None:
            keywords.append(name)
        else:
            bits |= bit
    if len(keywords) > KEYWORDS_MAX:
        raise LimitReached(f"more than {KEYWORDS_MAX} keywords on a message")
    return bits, keywords
