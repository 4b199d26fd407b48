"""Where a mailbox name leads: whose mailbox it is, and what it is called there (RFC 9051 §6.3.10, RFC 2342).

    INBOX, Work/2026                       the user's own
    Other Users/bob@example.org/INBOX      bob's, as far as he shares it (RFC 4314)

A name of somebody who is not here leads to an account that nobody has: it takes the same way as a mailbox
that is not shared, and gets the same answer.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.errors import NoSuchAccount, NotPermitted, SyntaxFault
from bocau.base.ids import AccountId, MailboxId
from bocau.formats.address import parse_address
from bocau.store import Mailbox, Reading
from bocau.store.access import ALL_RIGHTS, Rights, accounts_that_share, rights_in_account

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

OTHER_USERS: Final = "Other Users/"
"""What the names of others' mailboxes begin with."""
NOBODY: Final = AccountId(0)
GLANCED_MAX: Final = 200
"""Mailboxes read in the loop's own thread: about a millisecond."""


class Place(NamedTuple):
    """A name as the account that owns it knows it; the mailbox need not exist."""

    account_id: AccountId
    name: str
    prefix: str = ""
    """What stands before it in this client's names."""

    def shown(self, name: str) -> str:
        """What the client calls a mailbox of this account."""
        return self.prefix + name


class Shown(NamedTuple):
    """A mailbox that this user may see, and what it is called here."""

    name: str
    account_id: AccountId
    mailbox: Mailbox
    rights: Rights = ALL_RIGHTS


def locate(session: "ImapSession", name: str) -> Place:
    """Where the client's name leads; whether there is anything, and whether this user may know of it, the
    store says."""
    if not name.startswith(OTHER_USERS):
        return Place(session.account_id, name)
    at = name.find("@")
    if at < 0:
        return Place(session.account_id, name)
    # The local part may hold the separator, the domain cannot.
    stop = name.find("/", at)
    stop = len(name) if stop < 0 else stop
    prefix, own_name = name[: stop + 1], name[stop + 1 :]
    return Place(_account(session, name[len(OTHER_USERS) : stop]), own_name, prefix)


def _account(session: "ImapSession", address: str) -> AccountId:
    try:
        account_id = session.service.directory.account_named(parse_address(address)).account_id
    except (NoSuchAccount, SyntaxFault):
        return NOBODY
    # One's own mailboxes have one name.
    return NOBODY if account_id == session.account_id else account_id


def check_new(place: Place) -> None:
    """Keep the user's own mailboxes out of the names of others'. NotPermitted."""
    if not place.prefix and f"{place.name}/".startswith(OTHER_USERS):
        raise NotPermitted("mailboxes cannot be made here")


def visible(session: "ImapSession") -> list[Shown]:
    """All mailboxes to list, sorted by the name shown: the user's own, and those of others with right "l".

    The names above others' mailboxes ("Other Users", "Other Users/bob@example.org") are no mailboxes.
    """
    return _together(session, *session.store.glance(session.account_id, _seen))


async def all_visible(session: "ImapSession") -> list[Shown]:
    """The same for any number of mailboxes: many are read in the reader thread."""
    if session.store.glance(session.account_id, _is_short):
        return visible(session)
    return _together(session, *await session.store.read(session.account_id, _seen))


def _is_short(reading: Reading) -> bool:
    return reading.mailbox_count() <= GLANCED_MAX and not accounts_that_share(reading)


def _together(session: "ImapSession", own: list[Shown], others: "list[Shared]") -> list[Shown]:
    if not others:
        return own
    return sorted(own + _named(session, others), key=lambda one: one.name)


Shared = tuple[AccountId, Mailbox, Rights]


def _seen(reading: Reading) -> tuple[list[Shown], list[Shared]]:
    """The user's own mailboxes, by name, and those of others, which are still to be named."""
    account_id, new = reading.account_id, tuple.__new__
    own = [new(Shown, (box.name, account_id, box, ALL_RIGHTS)) for box in reading.mailboxes()]
    owners = accounts_that_share(reading)
    return own, [shared for owner in owners for shared in _shared(reading.of(owner))]


def _shared(reading: Reading) -> list[Shared]:
    """What one account shows to the reader."""
    given: dict[MailboxId, Rights] = rights_in_account(reading)
    return [
        (reading.account_id, mailbox, rights)
        for mailbox in reading.mailboxes()
        if "l" in (rights := given[mailbox.mailbox_id])
    ]


def _named(session: "ImapSession", others: list[Shared]) -> list[Shown]:
    prefixes: dict[AccountId, str | None] = {}
    shown = []
    for account_id, mailbox, rights in others:
        if account_id not in prefixes:
            prefixes[account_id] = _prefix(session, account_id)
        prefix = prefixes[account_id]
        if prefix is not None:
            shown.append(Shown(prefix + mailbox.name, account_id, mailbox, rights))
    return shown


def _prefix(session: "ImapSession", account_id: AccountId) -> str | None:
    """None: the account is just being removed."""
    try:
        return f"{OTHER_USERS}{session.service.directory.account(account_id).address}/"
    except NoSuchAccount:
        return None
