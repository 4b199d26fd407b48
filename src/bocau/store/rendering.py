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
    RECEIVED = ('"%s%d %02d:%02d:%02d +0000"', "m.received_at")
    """As `formats.date.format_internal_date` writes it."""
    SAVED = ('"%s%d %02d:%02d:%02d +0000"', "m.saved_at")
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
    """Lines that are not right, because something was not computed: make them all in another way."""
    has_keywords: bool
    """Whether any message has keywords other than system flags."""


_DAY_SECONDS: Final = 86_400
_CYCLE_START_DAYS: Final = 731
"""From 1968-01-01 on, so many days before 1970, every four years are alike until the end of 2099."""
_CYCLE_DAYS: Final = 1461
_DAYS: Final = b"".join(
    format_internal_date((number - _CYCLE_START_DAYS) * _DAY_SECONDS)[1:8] for number in range(_CYCLE_DAYS)
)
"""Day and month of each day of the cycle, 7 octets each: "17-Jul-"."""
_LAST_MOMENT: Final = 4_102_444_799
_DATE: Final = (
    "substr(:days, ({0} / 86400 + 731) % 1461 * 7 + 1, 7), 1968 + ({0} / 86400 + 731) * 4 / 1461,"
    " {0} / 3600 % 24, {0} / 60 % 60, {0} % 60"
)
_FLAG_WORDS: Final = "CASE m.flags & 31 {0} END"
_KEYWORDS: Final = "CASE WHEN m.keywords = '' THEN {0} ELSE ltrim({0} || ' ' || m.keywords) END"
_WRONG: Final = {
    Column.RECEIVED: f"m.received_at NOT BETWEEN 0 AND {_LAST_MOMENT}",
    Column.SAVED: f"m.saved_at NOT BETWEEN 0 AND {_LAST_MOMENT}",
    Column.ENVELOPE: "length(e.envelope) = 0",
    Column.BODY_STRUCTURE: "length(e.body_structure) = 0",
}
_NOT_LISTED: Final = "e.listed IS NULL"
# Mostly all that is kept is asked for: then it goes out as it is.
_FIELDS: Final = (
    "CASE WHEN e.listed_fields & {foreign} AND e.listed NOT NULL"
    " THEN picked_fields({head}, {names}, e.listed)"
    " ELSE format({head}, length(e.listed) + 2) || e.listed || x'0d0a' END"
)
_NARROW: Final = "message AS m"
_WIDE: Final = "message AS m CROSS JOIN email AS e USING (email_id)"
# No ORDER BY: it would cost as much as the rest. CROSS JOIN and the primary key leave one way to go, by uid.
_STATEMENT: Final = """
SELECT CAST(group_concat({line}, '') AS BLOB), count(*), total({wrong}), max({keywords}) FROM {source}
WHERE m.account_id = :account_id AND m.mailbox_id = :mailbox_id AND m.uid BETWEEN :first AND :last
    AND m.modseq > :since
"""


class Rendering:
    """A compiled line."""

    __slots__ = ("is_wide", "parameters", "picks", "statement")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.parameters: dict[str, Any] = {"days": _DAYS}
        kinds = {type(piece) for piece in pieces}
        columns = {piece for piece in pieces if isinstance(piece, Column)}
        self.picks = HeaderFields in kinds
        """Whether `picked_fields` must be defined."""
        self.is_wide = self.picks or any("e." in column.value[1] for column in columns)
        """Whether lines are read from the emails too, which costs several times more."""
        wrong = [_WRONG[column] for column in Column if column in columns and column in _WRONG]
        self.statement = _STATEMENT.format(
            line=self._line(pieces),
            wrong=" OR ".join(wrong + [_NOT_LISTED] * self.picks) or "0",
            keywords="m.keywords" if FlagWords in kinds else "''",
            source=_WIDE if self.is_wide else _NARROW,
        )

    def _line(self, pieces: Sequence[Piece]) -> str:
        """Runs of what format() can show, joined with octets by ||, which keeps NUL and 8-bit as they are."""
        terms, shown, values = [], b"", []
        for piece in (*pieces, None):
            if isinstance(piece, bytes):
                shown += piece.replace(b"%", b"%%")
            elif isinstance(piece, FlagWords):
                shown += b"%s"
                values.append(self._flag_words(piece))
            elif isinstance(piece, Column) and piece.value[0]:
                shown += piece.value[0].encode("ascii")
                values.append(_DATE.format(piece.value[1]) if piece in _DATES else piece.value[1])
            else:
                if shown:
                    terms.append(f"format({', '.join([self._bound(shown), *values])})")
                    shown, values = b"", []
                if isinstance(piece, HeaderFields):
                    terms.append(self._header_fields(piece))
                elif piece is not None:
                    terms.append(piece.value[1])
        return " || ".join(terms)

    def _flag_words(self, words: FlagWords) -> str:
        # A few combinations make up nearly all messages: they are tried first.
        common = sorted(range(32), key=lambda flags: (flags & ~7).bit_count() * 8 + flags)
        cases = " ".join([f"WHEN {flags} THEN {self._bound(words.texts[flags])}" for flags in common])
        return _KEYWORDS.format(_FLAG_WORDS.format(cases))

    def _header_fields(self, piece: HeaderFields) -> str:
        foreign = ~sum([LISTED_FIELDS[name] for name in piece.names])
        names = self._bound(b" ".join(sorted(piece.names)))
        return _FIELDS.format(foreign=foreign, head=self._bound(piece.head), names=names)

    def _bound(self, text: bytes) -> str:
        assert b"\0" not in text, "format() would end there"
        name = f"t{len(self.parameters)}"
        self.parameters[name] = text.decode("utf-8")
        return f":{name}"


_DATES: Final = (Column.RECEIVED, Column.SAVED)


def picked_fields(head: str, names: str, listed: bytes) -> bytes:
    """The SQL function: some of the listed fields (see `HeaderFields`)."""
    octets = b"".join(_pattern(names).findall(listed)) + b"\r\n"
    return (head % len(octets)).encode("utf-8") + octets


@lru_cache(maxsize=128)
def _pattern(names: str) -> "re.Pattern[bytes]":
    return fields_named(frozenset(names.encode("ascii").split(b" ")))
