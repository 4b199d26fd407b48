"""APPEND, MULTIAPPEND, CATENATE, REPLACE (RFC 9051 §6.3.12, RFC 3502, RFC 4469, RFC 8508): told message by
message and part by part, because bodies are large.

    AppendMessage → accept() → AppendChunk … AppendChunk(is_last) → AppendMessage … → AppendEnd
                 └→ refuse(reply): the rest of the command is thrown away

    AppendMessage(is_catenated) → accept() → AppendUrl → accept() → AppendText → accept() → AppendChunk …
                                           → AppendJoined → AppendMessage … → AppendEnd

A command is read segment by segment: what stands between two literals, once, from left to right.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bocau.base.errors import LimitReached, SyntaxFault
from bocau.protocols.imap.dates import date_time
from bocau.protocols.imap.limits import APPEND_COUNT_MAX, CATENATE_PARTS_MAX
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.sets import STAR, NumberSet
from bocau.protocols.imap.specials import flag_list, mailbox

START: Final = re.compile(
    rb'[^\x00-\x20\x7f-\xff(){%*"\\+]{1,64} (?:APPEND|(?:UID )?REPLACE [^ {"(]{1,64})'
    rb" (?:(?!~?\{)|\{[0-9]+\+?\}\r\n)",
    re.IGNORECASE,
)
"""An APPEND or REPLACE whose mailbox is complete: the literal that follows belongs to a message."""
_UTF8_OPEN: Final = re.compile(rb"UTF8 \(", re.IGNORECASE)
_CATENATE_OPEN: Final = re.compile(rb"CATENATE \(", re.IGNORECASE)
_URL: Final = re.compile(rb"URL ", re.IGNORECASE)
_TEXT: Final = re.compile(rb"TEXT (?=~?\{)", re.IGNORECASE)
_LITERAL_AT_END: Final = re.compile(rb"~?\{[0-9]+\+?\}\Z")


@dataclass(frozen=True, slots=True)
class Replaced:
    """Which one message REPLACE puts another in the place of."""

    numbers: NumberSet
    by_uid: bool


@dataclass(frozen=True, slots=True)
class AppendMessage:
    """One message is offered; its `size_bytes` follow when it is accepted, or its parts when catenated."""

    tag: bytes
    mailbox: str
    flags: tuple[str, ...]
    received_at: int | None
    size_bytes: int
    is_first: bool
    is_literal8: bool = False
    is_catenated: bool = False


@dataclass(frozen=True, slots=True)
class ReplaceMessage(AppendMessage):
    """The message of a REPLACE (RFC 8508 §3)."""

    replaced: Replaced = Replaced(NumberSet(()), by_uid=False)


@dataclass(frozen=True, slots=True)
class AppendUrl:
    """The next octets of a catenated message are those that this URL names (RFC 4469 §3)."""

    url: bytes


@dataclass(frozen=True, slots=True)
class AppendText:
    """The next octets of a catenated message are offered; `size_bytes` follow when they are accepted."""

    size_bytes: int


@dataclass(frozen=True, slots=True)
class AppendChunk:
    data: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class AppendJoined:
    """All parts of a catenated message have been told."""


@dataclass(frozen=True, slots=True)
class AppendEnd:
    """The command's line ended; now it is to be done and answered."""

    tag: bytes


Step = AppendMessage | AppendUrl | AppendText | AppendJoined | AppendEnd


class Ending(Enum):
    """What the literal is for that ends a segment."""

    BODY = "body"
    """Octets of a message: they pass in chunks."""
    URL = "url"
    """A URL: short, kept until it is whole."""


class AppendCommand:
    """One APPEND or REPLACE as far as it has been read."""

    def __init__(self, cursor: Cursor, tag: bytes, name: bytes) -> None:
        """The cursor stands behind the command's name."""
        self.tag = tag
        self.replaced = None if name == b"APPEND" else _replaced(cursor, by_uid=name.startswith(b"UID"))
        cursor.space()
        self.mailbox = mailbox(cursor)
        self.ending = Ending.BODY
        self._message_count = self._part_count = 0
        self._is_in_parts = False
        self._size: int | None = None
        """Of the literal that ends the segment; None at the line's end."""
        self._closes = b""
        """What must follow the literal that was last announced: ")" of UTF8 (~{n})."""

    def read(self, cursor: Cursor, literal_bytes: int | None) -> list[Step]:
        """Read a segment to its end. `literal_bytes`: of the literal that ends it, None at the line's end."""
        steps: list[Step] = []
        self._size = literal_bytes
        cursor.expect(self._closes)
        self._closes = b""
        if self.ending is Ending.URL:
            self._take_url(cursor, steps)
        while not (self._is_in_parts and self._read_parts(cursor, steps)):
            if cursor.at_end:
                self._end(steps)
                break
            cursor.space()
            if self._read_message(cursor, steps):
                break
        return steps

    def _end(self, steps: list[Step]) -> None:
        if self._size is not None or not self._message_count:
            raise SyntaxFault("expected a message")
        steps.append(AppendEnd(self.tag))

    def _read_message(self, cursor: Cursor, steps: list[Step]) -> bool:
        """[flag-list SP] [date-time SP] append-data; whether the segment ends here, with its literal."""
        if self._message_count and self.replaced:
            raise SyntaxFault("REPLACE takes one message")
        flags: tuple[str, ...] = ()
        received_at = None
        if cursor.peek(b"("):
            flags = flag_list(cursor)
            cursor.space()
        if cursor.peek(b'"'):
            received_at = date_time(cursor)
            cursor.space()
        opened = _CATENATE_OPEN.match(cursor.text, cursor.pos)
        if opened is not None:
            cursor.pos = opened.end()
            self._is_in_parts = True
            self._part_count = 0
            steps.append(self._message(flags, received_at, 0, is_catenated=True))
            return False
        is_literal8 = self._literal(cursor)
        steps.append(self._message(flags, received_at, self._size or 0, is_literal8=is_literal8))
        return True

    def _message(
        self,
        flags: tuple[str, ...],
        received_at: int | None,
        size_bytes: int,
        *,
        is_literal8: bool = False,
        is_catenated: bool = False,
    ) -> AppendMessage:
        self._message_count += 1
        if self._message_count > APPEND_COUNT_MAX:
            raise LimitReached("too many messages in one APPEND")
        is_first = self._message_count == 1
        given = (self.tag, self.mailbox, flags, received_at, size_bytes, is_first, is_literal8, is_catenated)
        return AppendMessage(*given) if self.replaced is None else ReplaceMessage(*given, self.replaced)

    def _literal(self, cursor: Cursor) -> bool:
        """The literal that ends the segment, plain or as UTF8 (~{n} … ); whether it is a literal8."""
        opened = _UTF8_OPEN.match(cursor.text, cursor.pos)
        if opened is not None:
            cursor.pos = opened.end()
            self._closes = b")"
        if not self._is_at_literal(cursor):
            after = "unexpected text after the message"
            raise SyntaxFault(after if self._message_count else "expected a message literal")
        self.ending = Ending.BODY
        return cursor.peek(b"~")

    def _is_at_literal(self, cursor: Cursor) -> bool:
        """Whether the segment's literal comes next."""
        return self._size is not None and _LITERAL_AT_END.match(cursor.text, cursor.pos) is not None

    # --- CATENATE ------------------------------------------------------------------------

    def _read_parts(self, cursor: Cursor, steps: list[Step]) -> bool:
        """cat-part *(SP cat-part) ")"; whether the segment ends here, with its literal."""
        while self._part_count == 0 or not cursor.skip(b")"):
            if self._part_count:
                cursor.space()
            self._part_count += 1
            if self._part_count > CATENATE_PARTS_MAX:
                raise LimitReached("too many parts in one CATENATE")
            if self._read_part(cursor, steps):
                return True
        self._is_in_parts = False
        steps.append(AppendJoined())
        return False

    def _read_part(self, cursor: Cursor, steps: list[Step]) -> bool:
        """TEXT literal / URL astring / UTF8 (literal8)  (RFC 4469 §5, RFC 6855 §4)."""
        url = _URL.match(cursor.text, cursor.pos)
        if url is None:
            text = _TEXT.match(cursor.text, cursor.pos)
            if text is not None:
                cursor.pos = text.end()
            elif not _UTF8_OPEN.match(cursor.text, cursor.pos):
                raise SyntaxFault("expected TEXT or URL")
            self._literal(cursor)
            steps.append(AppendText(self._size or 0))
            return True
        cursor.pos = url.end()
        if self._is_at_literal(cursor):
            self.ending = Ending.URL
            return True
        steps.append(AppendUrl(cursor.astring()))
        return False

    def _take_url(self, cursor: Cursor, steps: list[Step]) -> None:
        """The literal between this segment and the last one was a URL."""
        self.ending = Ending.BODY
        steps.append(AppendUrl(cursor.literals[0]))


def _replaced(cursor: Cursor, *, by_uid: bool) -> Replaced:
    cursor.space()
    number = STAR if cursor.skip(b"*") else cursor.number(minimum=1)
    return Replaced(NumberSet(((number, number),)), by_uid)
