"""Annotations as clients name them (RFC 5464 §3.2) and as the store keeps them; and those that are computed.

"/private/comment" ⇄ Entry(reader, "/comment")   "/shared/comment" ⇄ Entry(everybody, "/comment")
"""

from typing import TYPE_CHECKING, Final

from bocau.base.ids import AccountId, MailboxId
from bocau.protocols.imap.metadata import Depth, Wanted
from bocau.protocols.imap.names import astring, string
from bocau.services.imap.listing import special_use
from bocau.services.imap.places import Shown, locate
from bocau.store import Reading
from bocau.store.access import Deed
from bocau.store.annotations import SHARED, Entry

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

Values = dict[str, bytes | None]
PRIVATE: Final = "/private"
SPECIAL_USE: Final = "/private/specialuse"
"""RFC 6154 §4: not kept as an annotation, it is the mailbox's role."""
ADMIN: Final = "/shared/admin"
"""RFC 5464 §6.2.2."""
THE_ACCOUNT: Final = MailboxId(0)
Subject = Shown | None
"""What is annotated; None: the server, for this account."""


def subject_named(session: "ImapSession", name: str) -> Subject:
    """Which mailbox (or the server, for "") a command is about. NoSuchMailbox."""
    if not name:
        return None
    place = locate(session, name)
    mailbox = session.store.glance(
        place.account_id, lambda reading: reading.mailbox_for(place.name, Deed.READ)
    )
    return Shown(name, place.account_id, mailbox)


def where_kept(session: "ImapSession", subject: Subject) -> tuple[AccountId, MailboxId]:
    if subject is None:
        return session.account_id, THE_ACCOUNT
    return subject.account_id, subject.mailbox.mailbox_id


def entry_named(session: "ImapSession", name: str) -> Entry:
    """The store's name of "/private/…" or "/shared/…"."""
    if name.startswith(PRIVATE):
        return Entry(session.account_id, name.removeprefix(PRIVATE))
    return Entry(SHARED, name.removeprefix("/shared"))


def wire_name(entry: Entry) -> str:
    return (PRIVATE if entry.reader_id != SHARED else "/shared") + entry.path


def found(session: "ImapSession", subject: Subject, wanted: Wanted) -> Values:
    """The values asked for: NIL for one that is named and not there."""
    account_id, mailbox_id = where_kept(session, subject)

    def read(reading: Reading) -> Values:
        values: Values = {}
        for name in wanted.entries:
            entry = entry_named(session, name)
            value = _computed(session, subject, name) or reading.annotation(mailbox_id, entry)
            if value is not None or wanted.depth is Depth.ITSELF:
                values[name] = value
            if wanted.depth is not Depth.ITSELF:
                values |= _below(reading, mailbox_id, entry, wanted.depth)
        return values

    return session.store.glance(account_id, read)


def _below(reading: Reading, mailbox_id: MailboxId, entry: Entry, depth: Depth) -> Values:
    """RFC 5464 §4.2.2."""
    levels = entry.path.count("/") + 1
    return {
        wire_name(name): value
        for name, value in reading.annotations_below(mailbox_id, entry)
        if depth is Depth.ALL or name.path.count("/") == levels
    }


def _computed(session: "ImapSession", subject: Subject, name: str) -> bytes | None:
    """What is not kept as an annotation, but known."""
    if subject is None:
        return _contact(session) if name == ADMIN else None
    if name == SPECIAL_USE and subject.account_id == session.account_id:
        return special_use(subject.mailbox.role)
    return None


def _contact(session: "ImapSession") -> bytes | None:
    """Where the administrators are reached: postmaster of each domain leads to them (RFC 5321 §4.5.1)."""
    if session.login is None:
        return None
    return b"mailto:postmaster@" + session.login.address.domain.encode()


def values_text(values: Values) -> bytes:
    """entry-values (RFC 5464 §5)."""
    pairs = [(astring(name.encode()), _value(value)) for name, value in values.items()]
    return b"(%b)" % b" ".join([b"%b %b" % pair for pair in pairs])


def _value(value: bytes | None) -> bytes:
    if value is None:
        return b"NIL"
    if b"\0" in value:
        return b"~{%d}\r\n%b" % (len(value), value)
    return string(value)
