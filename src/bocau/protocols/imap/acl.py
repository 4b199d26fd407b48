"""SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314 §3)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.commands import Command
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.specials import mailbox

IDENTIFIER_CHARACTERS_MAX: Final = 1000
RIGHTS: Final = frozenset("lrswipkxtea")
"""RFC 4314 §2.1."""
VIRTUAL_RIGHTS: Final = {"c": frozenset("kx"), "d": frozenset("et")}
"""RFC 4314 §2.1.1: what older clients call "create" and "delete"."""


class RightsChange(Enum):
    SET = b""
    ADD = b"+"
    REMOVE = b"-"


@dataclass(frozen=True, slots=True)
class SetAcl(Command):
    mailbox: str
    identifier: str
    change: RightsChange
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class DeleteAcl(Command):
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class GetAcl(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class ListRights(Command):
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class MyRights(Command):
    mailbox: str


def read_set(cursor: Cursor, tag: bytes) -> SetAcl:
    name, identifier = _mailbox_and_identifier(cursor)
    cursor.space()
    change, rights = _modification(cursor.astring())
    return SetAcl(tag, name, identifier, change, rights)


def read_delete(cursor: Cursor, tag: bytes) -> DeleteAcl:
    return DeleteAcl(tag, *_mailbox_and_identifier(cursor))


def read_get(cursor: Cursor, tag: bytes) -> GetAcl:
    cursor.space()
    return GetAcl(tag, mailbox(cursor))


def read_list(cursor: Cursor, tag: bytes) -> ListRights:
    return ListRights(tag, *_mailbox_and_identifier(cursor))


def read_my(cursor: Cursor, tag: bytes) -> MyRights:
    cursor.space()
    return MyRights(tag, mailbox(cursor))


def _mailbox_and_identifier(cursor: Cursor) -> tuple[str, str]:
    cursor.space()
    name = mailbox(cursor)
    cursor.space()
    identifier = cursor.text_string()
    if not identifier or len(identifier) > IDENTIFIER_CHARACTERS_MAX or not identifier.isprintable():
        raise SyntaxFault("not an identifier")
    return name, identifier


def _modification(data: bytes) -> tuple[RightsChange, frozenset[str]]:
    """mod-rights (RFC 4314 §7); a right that is not known is an error (§3.1)."""
    change = RightsChange(data[:1]) if data[:1] in (b"+", b"-") else RightsChange.SET
    letters = data.removeprefix(change.value).decode("latin-1")
    found: set[str] = set()
    for letter in letters:
        members = VIRTUAL_RIGHTS.get(letter, frozenset(letter))
        if not members <= RIGHTS:
            raise SyntaxFault("no such right")
        found |= members
    return change, frozenset(found)
