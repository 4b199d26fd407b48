"""RETURN options of SEARCH, SORT and ESEARCH (RFC 4731 §3.1, 5182 §2.1, 5267 §4, 6203 §4, 9394 §3.1)."""

from dataclasses import dataclass
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.fetch import Item, fetch_item_list
from bocau.protocols.imap.partial import Partial, partial_range
from bocau.protocols.imap.primitives import Cursor

OPTIONS_MAX: Final = 10
_WORDS: Final = frozenset(
    (b"MIN", b"MAX", b"ALL", b"COUNT", b"SAVE", b"RELEVANCY", b"CONTEXT", b"UPDATE", b"PARTIAL")
)


@dataclass(frozen=True, slots=True)
class Returns:
    """What a search is to answer; `words` in upper case."""

    words: frozenset[bytes]
    partial: Partial | None = None
    items: tuple[Item, ...] = ()
    """What to FETCH of each new message that UPDATE adds (RFC 5465 §7)."""

    @property
    def is_silent(self) -> bool:
        """Only SAVE: there is no ESEARCH response (RFC 5182 §2.1)."""
        return self.words == {b"SAVE"}

    @property
    def saves(self) -> bool:
        return b"SAVE" in self.words


EVERYTHING: Final = Returns(frozenset((b"ALL",)))
"""RETURN (): the same as RETURN (ALL)."""


def return_options(cursor: Cursor) -> Returns | None:
    """[ "RETURN (" … ")" SP ]; None where the command has none."""
    if cursor.peek_word() != b"RETURN":
        return None
    cursor.word()
    cursor.space()
    found = cursor.parenthesized(_option, count_max=OPTIONS_MAX)
    cursor.space()
    words = [word for word, _, _ in found]
    if sum(word in (b"ALL", b"PARTIAL") for word in words) > 1:
        raise SyntaxFault("one PARTIAL, one ALL or neither of them")
    if not words:
        return EVERYTHING
    partial = next((partial for _, partial, _ in found if partial), None)
    return Returns(frozenset(words), partial, next((items for _, _, items in found if items), ()))


def _option(cursor: Cursor) -> tuple[bytes, Partial | None, tuple[Item, ...]]:
    word = cursor.word()
    if word not in _WORDS:
        raise SyntaxFault("unknown RETURN option")
    if word == b"UPDATE" and cursor.peek(b" ("):
        cursor.space()
        return word, None, fetch_item_list(cursor)
    if word != b"PARTIAL":
        return word, None, ()
    cursor.space()
    return word, partial_range(cursor), ()
