"""The commands as values: what a client asked for, fully parsed; named as in RFC 9051 §6."""

from dataclasses import dataclass
from enum import Enum

from bocau.protocols.imap.fetch import Item
from bocau.protocols.imap.partial import Partial
from bocau.protocols.imap.sets import NumberSet


@dataclass(frozen=True, slots=True)
class Command:
    tag: bytes


@dataclass(frozen=True, slots=True)
class Capability(Command): ...


@dataclass(frozen=True, slots=True)
class Noop(Command): ...


@dataclass(frozen=True, slots=True)
class Logout(Command): ...


@dataclass(frozen=True, slots=True)
class StartTls(Command): ...


@dataclass(frozen=True, slots=True)
class Authenticate(Command):
    mechanism: str
    initial_response: bytes | None


@dataclass(frozen=True, slots=True, repr=False)
class Login(Command):
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Enable(Command):
    names: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Resync:
    """What a client that comes back knows (RFC 7162 §3.2.5). `match`: message numbers and their uids."""

    uid_validity: int
    modseq: int
    known: NumberSet | None = None
    match: tuple[NumberSet, NumberSet] | None = None


@dataclass(frozen=True, slots=True)
class Select(Command):
    mailbox: str
    is_condstore: bool = False
    resync: Resync | None = None


@dataclass(frozen=True, slots=True)
class Examine(Select): ...


@dataclass(frozen=True, slots=True)
class Create(Command):
    mailbox: str
    uses: tuple[bytes, ...] = ()
    """RFC 6154 USE attributes, upper case."""


@dataclass(frozen=True, slots=True)
class Delete(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename(Command):
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Subscribe(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class Unsubscribe(Command):
    mailbox: str


class StatusItem(Enum):
    MESSAGES = b"MESSAGES"
    RECENT = b"RECENT"
    UIDNEXT = b"UIDNEXT"
    UIDVALIDITY = b"UIDVALIDITY"
    UNSEEN = b"UNSEEN"
    DELETED = b"DELETED"
    DELETED_STORAGE = b"DELETED-STORAGE"
    SIZE = b"SIZE"
    HIGHESTMODSEQ = b"HIGHESTMODSEQ"
    APPENDLIMIT = b"APPENDLIMIT"
    MAILBOXID = b"MAILBOXID"


@dataclass(frozen=True, slots=True)
class Namespace(Command): ...


@dataclass(frozen=True, slots=True)
class Status(Command):
    mailbox: str
    items: tuple[StatusItem, ...]


@dataclass(frozen=True, slots=True)
class Idle(Command): ...


@dataclass(frozen=True, slots=True)
class Close(Command): ...


@dataclass(frozen=True, slots=True)
class Unselect(Command): ...


@dataclass(frozen=True, slots=True)
class Check(Command): ...


@dataclass(frozen=True, slots=True)
class Expunge(Command):
    uids: NumberSet | None = None
    """UID EXPUNGE (RFC 4315)."""


@dataclass(frozen=True, slots=True)
class Fetch(Command):
    by_uid: bool
    numbers: NumberSet
    items: tuple[Item, ...]
    changed_since: int | None = None
    is_vanished_told: bool = False
    """VANISHED (RFC 7162 §3.2.6)."""
    partial: Partial | None = None
    """Only so many of the first or of the last messages (RFC 9394 §3.3)."""


class FlagChange(Enum):
    SET = b"FLAGS"
    ADD = b"+FLAGS"
    REMOVE = b"-FLAGS"


@dataclass(frozen=True, slots=True)
class Store(Command):
    by_uid: bool
    numbers: NumberSet
    change: FlagChange
    is_silent: bool
    flags: tuple[str, ...]
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class Copy(Command):
    by_uid: bool
    numbers: NumberSet
    mailbox: str


@dataclass(frozen=True, slots=True)
class Move(Copy): ...


@dataclass(frozen=True, slots=True)
class Compress(Command):
    algorithm: bytes
    """RFC 4978, upper case."""


@dataclass(frozen=True, slots=True)
class Unauthenticate(Command): ...


@dataclass(frozen=True, slots=True)
class GetJmapAccess(Command): ...


@dataclass(frozen=True, slots=True)
class Id(Command):
    fields: tuple[tuple[bytes, bytes | None], ...] | None
