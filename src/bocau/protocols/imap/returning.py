"""RETURN options of SEARCH, SORT and ESEARCH (RFC 4731 §3.1, 5182 §2.1, 5267 §4, 6203 §4, 9394 §3.1)."""

from dataclasses import dataclass
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.primitives import Cursor

OPTIONS_MAX: Final = 10
_WORDS: Final = frozenset(
    (b"MIN", b"MAX", b"ALL", b"COUNT", b"SAVE", b"RELEVANCY", b"CONTEXT", b"UPDATE", b"PARTIAL")
)


@dataclass(frozen=True, slots=True)
class Partial:
    """Results `first` to `last` as the client wrote it: from 1, or from the end by -1 (RFC 9394 §3.1)."""

    first: int
    last: int

    def within(self, count: int) -> tuple[int, int]:
        """The half-open run of positions that it means among `count` results."""
        low, high = sorted((self.first, self.last))
        if low < 0:
            low, high = count + low + 1, count + high + 1
        start = min(max(low, 1), count + 1)
        return start - 1, max(start - 1, min(high, count))


@dataclass(frozen=True, slots=True)
class Returns:
    """What a search is to answer; `words` in upper case."""

    words: frozenset[bytes]
    partial: Partial | None = None

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
    words = [word for word, _ in found]
    if sum(word in (b"ALL", b"PARTIAL") for word in words) > 1:
        raise SyntaxFault("one PARTIAL, one ALL or neither of them")
    if not words:
        return EVERYTHING
    return Returns(frozenset(words), next((partial for _, partial in found if partial), None))


def _option(cursor: Cursor) -> tuple[bytes, Partial | None]:
    word = cursor.word()
    if word not in _WORDS:
        raise SyntaxFault("unknown RETURN option")
    if word != b"PARTIAL":
        return word, None
    cursor.space()
    return word, partial_range(cursor)


def partial_range(cursor: Cursor) -> Partial:
    """1:500, or -1:-100: both from the same end (RFC 9394 §3.1)."""
    sign = -1 if cursor.peek(b"-") else 1
    first = _place(cursor, sign)
    cursor.expect(b":")
    return Partial(first, _place(cursor, sign))


def _place(cursor: Cursor, sign: int) -> int:
    if sign < 0:
        cursor.expect(b"-")
    return sign * cursor.number(minimum=1)
