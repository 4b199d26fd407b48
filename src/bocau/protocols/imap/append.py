"""APPEND and MULTIAPPEND (RFC 9051 §6.3.12, RFC 3502): told message by message, because bodies are large.

AppendMessage → accept_literal() → AppendChunk … AppendChunk(is_last) → AppendMessage … → AppendEnd
             └→ refuse_literal(reply): the rest of the command is thrown away
"""

import re
from dataclasses import dataclass
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.dates import date_time
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.specials import flag_list, mailbox

START: Final = re.compile(
    rb'[^\x00-\x20\x7f-\xff(){%*"\\+]{1,64} [Aa][Pp][Pp][Ee][Nn][Dd] (?:(?!~?\{)|\{[0-9]+\+?\}\r\n)'
)
"""An APPEND line whose mailbox is complete: the literal that follows is a message."""
_UTF8_OPEN: Final = re.compile(rb"[Uu][Tt][Ff]8 \(")


@dataclass(frozen=True, slots=True)
class AppendMessage:
    """One message is offered; its `size_bytes` follow when the literal is accepted."""

    tag: bytes
    mailbox: str
    flags: tuple[str, ...]
    received_at: int | None
    size_bytes: int
    is_first: bool
    is_literal8: bool


@dataclass(frozen=True, slots=True)
class AppendChunk:
    data: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class AppendEnd:
    """The command's line ended; now it is to be done and answered."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """What stands before a message literal."""

    mailbox: str
    flags: tuple[str, ...]
    received_at: int | None
    is_literal8: bool
    needs_parenthesis: bool
    """UTF8 (~{n} … ): RFC 6855 §4."""


def first_offer(cursor: Cursor) -> Offer:
    """SP mailbox SP [flag-list SP] [date-time SP] literal; the cursor stands behind APPEND."""
    cursor.space()
    return _message(cursor, mailbox(cursor))


def next_offer(cursor: Cursor, name: str) -> Offer:
    """SP [flag-list SP] [date-time SP] literal: one more message for the same mailbox."""
    return _message(cursor, name)


def _message(cursor: Cursor, name: str) -> Offer:
    cursor.space()
    flags: tuple[str, ...] = ()
    received_at = None
    if cursor.peek(b"("):
        flags = flag_list(cursor)
        cursor.space()
    if cursor.peek(b'"'):
        received_at = date_time(cursor)
        cursor.space()
    opened = _UTF8_OPEN.match(cursor.text, cursor.pos)
    if opened is not None:
        cursor.pos = opened.end()
    is_literal8 = cursor.peek(b"~")
    if not cursor.peek(b"~{", b"{"):
        raise SyntaxFault("expected a message literal")
    return Offer(name, flags, received_at, is_literal8, opened is not None)
