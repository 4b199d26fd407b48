"""Where a mailbox name leads: whose mailbox it is, and what it is called there."""

from typing import TYPE_CHECKING, NamedTuple

from bocau.base.ids import AccountId
from bocau.store import Mailbox

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


class Place(NamedTuple):
    """A name as the account that owns it knows it; the mailbox need not exist."""

    account_id: AccountId
    name: str


class Shown(NamedTuple):
    """A mailbox that this user may see, and what it is called here."""

    name: str
    account_id: AccountId
    mailbox: Mailbox


def locate(session: "ImapSession", name: str) -> Place:
    """Where the client's name leads. NoSuchMailbox where there is nothing to see."""
    return Place(session.account_id, name)


def visible(session: "ImapSession") -> list[Shown]:
    """All mailboxes to list, sorted by the name shown."""
    mailboxes = session.store.glance(session.account_id, lambda reading: reading.mailboxes())
    return [Shown(mailbox.name, session.account_id, mailbox) for mailbox in mailboxes]
