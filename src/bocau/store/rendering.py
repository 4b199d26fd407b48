"""Rows as text: SQLite itself writes one line a message and joins them, a fifth of what tuples and `%` cost.

    pieces (literals, columns, words for flags) → one SELECT → the lines as octets

What the lines say is the caller's: nothing here knows a protocol. Literals are bound, never part of the SQL.
"""

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from bocau.formats.date import format_internal_date
from bocau.formats.listing import LISTED_FIELDS
from bocau.formats.picking import fields_named


class Column(Enum):
    """What a line can show of a message: its conversion in SQL's format() ("": octets), and the SQL of it."""

    NUMBER = ("%d", "m.uid - :shift")
    """The uid less the `shift` of the call: a message number where uids have no gap."""
    UID = ("%d", "m.uid")
    MODSEQ = ("%d", "m.modseq")
    SIZE = ("%d", "m.size_bytes")
    EMAIL_ID = ("%d", "m.email_id")
    RECEIVED = ('"%s%d %s +0000"', "m.received_at")
    """As `formats.date.format_internal_date` writes it."""
    SAVED = ('"%s%d %s +0000"', "m.saved_at")
    ENVELOPE = ("", "e.envelope")
    BODY_STRUCTURE = ("", "e.body_structure")


class FlagWords(NamedTuple):
    """The words for a message's flags, `texts[flags]`, then its other keywords, with spaces between."""

    texts: tuple[bytes, ...]


class HeaderFields(NamedTuple):
    """The header fields of these names (lower case, all of formats.listing) and an empty line, as they stand;
    before them `head` with their length in the place of %d."""

    head: bytes
    names: frozenset[bytes]


Piece = bytes | Column | FlagWords | HeaderFields


class Rendered(NamedTuple):
    """The lines of some messages."""

    text: bytes
    line_count: int
    wrong_count: int
    """Messages without a line, because something was not computed: make them all in another way."""


_DAY_SECONDS: Final = 86_400
_CYCLE_DAYS: Final = 1461
"""From 1970 on every four years are alike until the end of 2099."""
_DAYS: Final = b"".join(format_internal_date(number * _DAY_SECONDS)[1:8] for number in range(_CYCLE_DAYS))
"""Day and month of each day of the cycle, 7 octets each: "17-Jul-"."""
_LAST_MOMENT: Final = 4_102_444_799
_DATE: Final = (
    "substr(:days, {0} / 86400 % 1461 * 7 + 1, 7), 1970 + ({0} / 86400 * 4 + 2) / 1461,"
    " time({0}, 'unixepoch')"
)
_FLAG_WORDS: Final = "CASE m.flags & 31 {0} END"
_KEYWORDS: Final = "CASE WHEN m.keywords = '' THEN {0} ELSE ltrim({0} || ' ' || m.keywords) END"
_RIGHT: Final = {
    Column.RECEIVED: f"m.received_at BETWEEN 0 AND {_LAST_MOMENT}",
    Column.SAVED: f"m.saved_at BETWEEN 0 AND {_LAST_MOMENT}",
    Column.ENVELOPE: "length(e.envelope) > 0",
    Column.BODY_STRUCTURE: "length(e.body_structure) > 0",
}
"""What must be so for a column to be shown."""
_LISTED: Final = "e.listed NOT NULL"
_NARROW: Final = "message AS m"
# What was parsed of a copy stands in another email's row.
_WIDE: Final = (
    "message AS m CROSS JOIN email AS o USING (email_id)"
    " CROSS JOIN email AS e ON e.email_id = coalesce(o.content_id, o.email_id)"
)
# No ORDER BY: it would cost as much as the rest. CROSS JOIN and the primary key leave one way to go, by uid.
_WALK: Final = """
FROM {source}
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
    AND m.modseq > :since"""
MESSAGES: Final = "SELECT count(*)" + _WALK.format(source=_NARROW)
"""How many messages lines are asked for."""


class Rendering:
    """A compiled line."""

    __slots__ = ("is_wide", "may_be_wrong", "parameters", "picks", "shows_flags", "statement")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.parameters: dict[str, Any] = {"days": _DAYS}
        kinds = {type(piece) for piece in pieces}
        columns = {piece for piece in pieces if isinstance(piece, Column)}
        self.picks = HeaderFields in kinds
        """Whether `picked_fields` must be defined."""
        self.shows_flags = FlagWords in kinds
        self.is_wide = self.picks or any("e." in column.value[1] for column in columns)
        """Whether lines are read from the emails too, which costs several times more."""
        right = [_RIGHT[column] for column in Column if column in columns and column in _RIGHT]
        right += [_LISTED] * self.picks
        self.may_be_wrong = bool(right)
        """Whether there may be messages without a line."""
        # Conditions of the walk cost half of what an aggregate over them does.
        lines = f"SELECT CAST(group_concat({self._line(pieces)}, '') AS BLOB), count(*)"
        walk = _WALK.format(source=_WIDE if self.is_wide else _NARROW)
        self.statement = " AND ".join([lines + walk, *right])

    def _line(self, pieces: Sequence[Piece]) -> str:
        """Runs of what format() can show, joined with octets by ||, which keeps NUL and 8-bit as they are."""
        terms: list[str] = []
        text, values = b"", list[str]()
        for piece in pieces:
            if isinstance(piece, bytes):
                text += piece.replace(b"%", b"%%")
            elif isinstance(piece, FlagWords):
                text += b"%s"
                values.append(self._flag_words(piece))
            elif isinstance(piece, HeaderFields):
                terms += self._header_fields(piece, text, values)
                text, values = b"\r\n", []
            elif piece.value[0]:
                text += piece.value[0].encode("ascii")
                values.append(_DATE.format(piece.value[1]) if piece in _DATES else piece.value[1])
            else:
                terms += [self._shown(text, values), piece.value[1]]
                text, values = b"", []
        return _joined([term for term in (*terms, self._shown(text, values)) if term])

    def _shown(self, text: bytes, values: Sequence[str]) -> str:
        """A run as an SQL term; "" for nothing."""
        if values:
            return f"format({', '.join([self._bound(text), *values])})"
        return self._bound(text.replace(b"%%", b"%")) if text else ""

    def _flag_words(self, words: FlagWords) -> str:
        # A few combinations make up nearly all messages: they are tried first.
        common = sorted(range(32), key=lambda flags: (flags & ~7).bit_count() * 8 + flags)
        cases = " ".join([f"WHEN {flags} THEN {self._bound(words.texts[flags])}" for flags in common])
        return _KEYWORDS.format(_FLAG_WORDS.format(cases))

    def _header_fields(self, piece: HeaderFields, text: bytes, values: Sequence[str]) -> tuple[str, str]:
        """The run before, which tells the length, and the fields."""
        foreign = f"e.listed_fields & {~sum([LISTED_FIELDS[name] for name in piece.names])}"
        names = self._bound(b" ".join(sorted(piece.names)))
        # Mostly all that is kept is asked for: it goes out as it is, and one format() makes all before it.
        texts = f"CASE WHEN {foreign} THEN {self._bound(text)} ELSE {self._bound(text + piece.head)} END"
        return (
            f"format({', '.join([texts, *values, 'length(e.listed) + 2'])})",
            f"CASE WHEN {foreign} THEN picked_fields({self._bound(piece.head)}, {names}, e.listed)"
            " ELSE e.listed END",
        )

    def _bound(self, text: bytes) -> str:
        assert b"\0" not in text, "format() would end there"
        name = f"t{len(self.parameters)}"
        self.parameters[name] = text.decode("utf-8")
        return f":{name}"


_DATES: Final = (Column.RECEIVED, Column.SAVED)


def _joined(terms: Sequence[str]) -> str:
    """As few octets copied as can be: (a || b) || (c || d), not ((a || b) || c) || d."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    return f"({_joined(terms[:half])} || {_joined(terms[half:])})"


def picked_fields(head: str, names: str, listed: bytes) -> bytes:
    """The SQL function: some of the listed fields, without the empty line (see `HeaderFields`)."""
    octets = b"".join(_pattern(names).findall(listed))
    return (head % (len(octets) + 2)).encode("utf-8") + octets


@lru_cache(maxsize=128)
def _pattern(names: str) -> "re.Pattern[bytes]":
    return fields_named(frozenset(names.encode("ascii").split(b" ")))
