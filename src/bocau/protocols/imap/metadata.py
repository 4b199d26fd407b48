"""GETMETADATA and SETMETADATA (RFC 5464), and what LIST asks of annotations (RFC 9590)."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.commands import Command
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.specials import mailbox

ENTRIES_MAX: Final = 100
"""In one command."""
ENTRY_BYTES_MAX: Final = 1000
ENTRY_DEPTH_MAX: Final = 20
_ENTRY: Final = re.compile(rb"/(?:private|shared)(?:/[^/*%\x00-\x1f\x7f-\xff]+)*\Z", re.IGNORECASE)


class Depth(Enum):
    """How far below an entry to look (RFC 5464 §4.2.2)."""

    ITSELF = b"0"
    CHILDREN = b"1"
    ALL = b"INFINITY"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Entries asked for: lower case, "/private/…" or "/shared/…"."""

    entries: tuple[str, ...]
    size_max: int | None = None
    depth: Depth = Depth.ITSELF


@dataclass(frozen=True, slots=True)
class GetMetadata(Command):
    mailbox: str
    """"": the server's own annotations."""
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class SetMetadata(Command):
    mailbox: str
    values: tuple[tuple[str, bytes | None], ...]
    """None removes the entry."""


def read_get(cursor: Cursor, tag: bytes) -> GetMetadata:
    """Options come before the mailbox (RFC 5464 §5) or, as in its examples and in most clients, behind it."""
    cursor.space()
    options = None
    if cursor.peek(b"("):
        options = _options(cursor)
        cursor.space()
    name = mailbox(cursor)
    cursor.space()
    wanted = wanted_entries(cursor)
    if options is not None:
        wanted = Wanted(wanted.entries, *options)
    return GetMetadata(tag, name, wanted)


def wanted_entries(cursor: Cursor) -> Wanted:
    """[options SP] entries."""
    size_max, depth = None, Depth.ITSELF
    if cursor.peek(b"(") and _has_options(cursor):
        size_max, depth = _options(cursor)
        cursor.space()
    if cursor.peek(b"("):
        entries = cursor.parenthesized(_entry, count_max=ENTRIES_MAX, empty=False)
    else:
        entries = [_entry(cursor)]
    return Wanted(tuple(dict.fromkeys(entries)), size_max, depth)


def _has_options(cursor: Cursor) -> bool:
    return cursor.text[cursor.pos + 1 : cursor.pos + 8].upper().startswith((b"MAXSIZE", b"DEPTH"))


def _options(cursor: Cursor) -> tuple[int | None, Depth]:
    size_max, depth = None, Depth.ITSELF
    for option in cursor.parenthesized(_option, count_max=2, empty=False):
        if isinstance(option, Depth):
            depth = option
        else:
            size_max = option
    return size_max, depth


def _option(cursor: Cursor) -> int | Depth:
    word = cursor.word()
    cursor.space()
    if word == b"MAXSIZE":
        return cursor.number()
    if word != b"DEPTH":
        raise SyntaxFault("unknown GETMETADATA option")
    try:
        return Depth(cursor.word())
    except ValueError:
        raise SyntaxFault("DEPTH is 0, 1 or infinity") from None


def _entry(cursor: Cursor) -> str:
    """RFC 5464 §3.2: names are compared without regard to case."""
    text = cursor.astring()
    if len(text) > ENTRY_BYTES_MAX or text.count(b"/") > ENTRY_DEPTH_MAX or not _ENTRY.match(text):
        raise SyntaxFault("entries are /private/... or /shared/... without wildcards")
    return text.lower().decode("ascii")


def read_set(cursor: Cursor, tag: bytes) -> SetMetadata:
    """RFC 5464 §4.3."""
    cursor.space()
    name = mailbox(cursor)
    cursor.space()
    pairs = cursor.parenthesized(_pair, count_max=ENTRIES_MAX, empty=False)
    return SetMetadata(tag, name, tuple(pairs))


def _pair(cursor: Cursor) -> tuple[str, bytes | None]:
    entry = _entry(cursor)
    if entry in ("/private", "/shared"):
        raise SyntaxFault("that is above all entries")
    cursor.space()
    return entry, cursor.nstring()
