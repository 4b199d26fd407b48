"""GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208 §4.1)."""

from dataclasses import dataclass
from typing import Final

from bocau.base.wiretext import UINT63_MAX
from bocau.protocols.imap.commands import Command
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.specials import mailbox

RESOURCES_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class GetQuota(Command):
    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class SetQuota(Command):
    root: str
    limits: tuple[tuple[bytes, int], ...]
    """Resource, upper case, and its limit."""


def read_get(cursor: Cursor, tag: bytes) -> GetQuota:
    cursor.space()
    return GetQuota(tag, cursor.text_string())


def read_get_root(cursor: Cursor, tag: bytes) -> GetQuotaRoot:
    cursor.space()
    return GetQuotaRoot(tag, mailbox(cursor))


def read_set(cursor: Cursor, tag: bytes) -> SetQuota:
    cursor.space()
    root = cursor.text_string()
    cursor.space()
    return SetQuota(tag, root, tuple(cursor.parenthesized(_limit, count_max=RESOURCES_MAX)))


def _limit(cursor: Cursor) -> tuple[bytes, int]:
    resource = cursor.word()
    cursor.space()
    return resource, cursor.number(maximum=UINT63_MAX)
