"""SEARCH keys as a tree (RFC 9051 §6.4.4, RFC 5032, RFC 6203, RFC 7162 §3.1.5, RFC 8474 §6, RFC 8514)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from bocau.base.errors import SyntaxFault, TooLong
from bocau.base.wiretext import UINT32_MAX, UINT63_MAX
from bocau.protocols.imap.dates import search_date
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.sets import NumberSet, number_set

KEYS_MAX: Final = 1000
NEEDLE_CHARACTERS_MAX: Final = 8 * 1024


class Relation(Enum):
    BEFORE = "BEFORE"
    ON = "ON"
    SINCE = "SINCE"


class Clock(Enum):
    """Which of a message's dates."""

    RECEIVED = "RECEIVED"
    SENT = "SENT"
    SAVED = "SAVED"


@dataclass(frozen=True, slots=True)
class Everything: ...


@dataclass(frozen=True, slots=True)
class Numbers:
    numbers: NumberSet
    by_uid: bool


@dataclass(frozen=True, slots=True)
class HasKeyword:
    """`name` is a system flag with its backslash, or a keyword."""

    name: str


@dataclass(frozen=True, slots=True)
class IsRecent: ...


@dataclass(frozen=True, slots=True)
class Dated:
    clock: Clock
    relation: Relation
    day: date


@dataclass(frozen=True, slots=True)
class Aged:
    """Received at least (OLDER) or at most (YOUNGER) so many seconds ago (RFC 5032 §2)."""

    seconds: int
    is_older: bool


@dataclass(frozen=True, slots=True)
class SizeAbove:
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SizeBelow:
    size_bytes: int


@dataclass(frozen=True, slots=True)
class HeaderHas:
    """`text` in the decoded values of the fields called `name` (lower case); "" asks only for the field."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class BodyHas:
    text: str


@dataclass(frozen=True, slots=True)
class TextHas:
    text: str


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """MODSEQ: at or above (RFC 7162 §3.1.5)."""

    modseq: int


@dataclass(frozen=True, slots=True)
class EmailIs:
    """EMAILID (RFC 8474 §6)."""

    object_id: bytes


@dataclass(frozen=True, slots=True)
class ThreadIs:
    """THREADID (RFC 8474 §6)."""

    object_id: bytes


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """The words of its texts need not stand together (RFC 6203 §3)."""

    key: "Key"


@dataclass(frozen=True, slots=True)
class All:
    keys: "tuple[Key, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    one: "Key"
    other: "Key"


@dataclass(frozen=True, slots=True)
class Not:
    key: "Key"


Key = (
    Everything
    | Numbers
    | HasKeyword
    | IsRecent
    | Dated
    | Aged
    | SizeAbove
    | SizeBelow
    | HeaderHas
    | BodyHas
    | TextHas
    | ChangedSince
    | EmailIs
    | ThreadIs
    | Fuzzy
    | All
    | Either
    | Not
)

_FLAG_KEYS: Final = {
    b"ANSWERED": "\\Answered",
    b"DELETED": "\\Deleted",
    b"DRAFT": "\\Draft",
    b"FLAGGED": "\\Flagged",
    b"SEEN": "\\Seen",
}
_FIELD_KEYS: Final = {b"BCC": "bcc", b"CC": "cc", b"FROM": "from", b"SUBJECT": "subject", b"TO": "to"}
_DATE_KEYS: Final = {
    prefix + relation.value.encode(): (clock, relation)
    for prefix, clock in ((b"", Clock.RECEIVED), (b"SENT", Clock.SENT), (b"SAVED", Clock.SAVED))
    for relation in Relation
}


def search_program(cursor: Cursor) -> Key:
    """search-key *(SP search-key): all of them."""
    keys = _Keys(cursor)
    first = keys.key()
    if cursor.at_end:
        return first
    found = [first]
    while cursor.skip(b" "):
        found.append(keys.key())
    return All(tuple(found))


class _Keys:
    """One reading of a search program; counts its keys."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.count = 0

    def key(self) -> Key:
        cursor = self.cursor
        self.count += 1
        if self.count > KEYS_MAX:
            raise TooLong("too many search keys")
        if cursor.peek(b"("):
            return All(tuple(cursor.parenthesized(lambda _: self.key(), count_max=KEYS_MAX, empty=False)))
        if cursor.peek(*_SET_STARTS):
            return Numbers(number_set(cursor), by_uid=False)
        return self._named(cursor.word())

    def _named(self, word: bytes) -> Key:
        if word in _FLAG_KEYS:
            return HasKeyword(_FLAG_KEYS[word])
        if word[:2] == b"UN" and word[2:] in _FLAG_KEYS:
            return Not(HasKeyword(_FLAG_KEYS[word[2:]]))
        if word in _FIELD_KEYS:
            return HeaderHas(_FIELD_KEYS[word], self._needle())
        if word in _DATE_KEYS:
            self.cursor.space()
            return Dated(*_DATE_KEYS[word], search_date(self.cursor))
        read = _READERS.get(word)
        if read is None:
            raise SyntaxFault("unknown search key")
        return read(self)

    def _needle(self) -> str:
        self.cursor.space()
        text = self.cursor.text_string()
        if len(text) > NEEDLE_CHARACTERS_MAX:
            raise TooLong("the text to search for is too long")
        return text

    def _keyword(self) -> str:
        self.cursor.space()
        return self.cursor.atom().decode("ascii")

    def _inner(self) -> Key:
        self.cursor.space()
        self.cursor.descend()
        key = self.key()
        self.cursor.depth -= 1
        return key

    def _number(self, maximum: int = UINT63_MAX) -> int:
        self.cursor.space()
        return self.cursor.number(maximum=maximum)

    def _header(self) -> Key:
        self.cursor.space()
        name = self.cursor.text_string()
        return HeaderHas(name.casefold(), self._needle())

    def _uids(self) -> Key:
        self.cursor.space()
        return Numbers(number_set(self.cursor), by_uid=True)

    def _uids_beside(self, *, is_after: bool) -> Key:
        """UIDAFTER, UIDBEFORE (RFC 9738 §3)."""
        uid = self._number(UINT32_MAX)
        low, high = (uid + 1, UINT32_MAX) if is_after else (1, uid - 1)
        if not uid:
            raise SyntaxFault("0 is no uid")
        return Numbers(NumberSet(((low, high),)), by_uid=True) if low <= high else Not(Everything())

    def _modseq(self) -> Key:
        """MODSEQ [entry-name entry-type] number: we keep one mod-sequence for all flags."""
        self.cursor.space()
        if self.cursor.peek(b'"'):
            self.cursor.string()
            self.cursor.space()
            if self.cursor.word() not in (b"PRIV", b"SHARED", b"ALL"):
                raise SyntaxFault("unknown entry type")
            self.cursor.space()
        return ChangedSince(self.cursor.number(maximum=UINT63_MAX))

    def _object_id(self) -> bytes:
        self.cursor.space()
        return self.cursor.atom()

    def _aged(self, *, is_older: bool) -> Key:
        """The interval is a nz-number (RFC 5032 §3)."""
        self.cursor.space()
        return Aged(self.cursor.number(maximum=UINT32_MAX, minimum=1), is_older)


_SET_STARTS: Final = tuple(b"0123456789*$"[i : i + 1] for i in range(12))
_READERS: Final[dict[bytes, Callable[[_Keys], Key]]] = {
    b"ALL": lambda keys: Everything(),
    b"NEW": lambda keys: All((IsRecent(), Not(HasKeyword("\\Seen")))),
    b"OLD": lambda keys: Not(IsRecent()),
    b"RECENT": lambda keys: IsRecent(),
    b"KEYWORD": lambda keys: HasKeyword(keys._keyword()),
    b"UNKEYWORD": lambda keys: Not(HasKeyword(keys._keyword())),
    b"LARGER": lambda keys: SizeAbove(keys._number()),
    b"SMALLER": lambda keys: SizeBelow(keys._number()),
    b"HEADER": _Keys._header,
    b"BODY": lambda keys: BodyHas(keys._needle()),
    b"TEXT": lambda keys: TextHas(keys._needle()),
    b"UID": _Keys._uids,
    b"UIDAFTER": lambda keys: keys._uids_beside(is_after=True),
    b"UIDBEFORE": lambda keys: keys._uids_beside(is_after=False),
    b"MODSEQ": _Keys._modseq,
    b"EMAILID": lambda keys: EmailIs(keys._object_id()),
    b"THREADID": lambda keys: ThreadIs(keys._object_id()),
    b"YOUNGER": lambda keys: keys._aged(is_older=False),
    b"OLDER": lambda keys: keys._aged(is_older=True),
    b"FUZZY": lambda keys: Fuzzy(keys._inner()),
    b"SAVEDATESUPPORTED": lambda keys: Everything(),
    b"NOT": lambda keys: Not(keys._inner()),
    b"OR": lambda keys: Either(keys._inner(), keys._inner()),
}
