"""SORT and THREAD: what to order and group by (RFC 5256, RFC 5957, RELEVANCY of RFC 6203 §5)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.primitives import Cursor

SORT_KEYS_MAX: Final = 20


class SortKey(Enum):
    ARRIVAL = b"ARRIVAL"
    CC = b"CC"
    DATE = b"DATE"
    FROM = b"FROM"
    SIZE = b"SIZE"
    SUBJECT = b"SUBJECT"
    TO = b"TO"
    DISPLAY_FROM = b"DISPLAYFROM"
    DISPLAY_TO = b"DISPLAYTO"
    RELEVANCY = b"RELEVANCY"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One sort key; `is_reverse`: REVERSE stood before it."""

    key: SortKey
    is_reverse: bool = False


class ThreadAlgorithm(Enum):
    ORDEREDSUBJECT = b"ORDEREDSUBJECT"
    REFERENCES = b"REFERENCES"


def sort_criteria(cursor: Cursor) -> tuple[Criterion, ...]:
    """ "(" criterion *(SP criterion) ")"."""
    return tuple(cursor.parenthesized(_criterion, count_max=SORT_KEYS_MAX, empty=False))


def _criterion(cursor: Cursor) -> Criterion:
    word = cursor.word()
    is_reverse = word == b"REVERSE"
    if is_reverse:
        cursor.space()
        word = cursor.word()
    try:
        return Criterion(SortKey(word), is_reverse)
    except ValueError:
        raise SyntaxFault("unknown sort key") from None


def thread_algorithm(cursor: Cursor) -> ThreadAlgorithm:
    """BAD for one that CAPABILITY does not name (RFC 5256 §3)."""
    try:
        return ThreadAlgorithm(cursor.word())
    except ValueError:
        raise SyntaxFault("unknown threading algorithm") from None
