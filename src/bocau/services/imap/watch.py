"""What a client has asked to hear of by NOTIFY (RFC 5465), and what it has been told so far.

event groups ─→ which events for which mailbox     names, subscriptions ─→ what the next look is compared with
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bocau.base.ids import AccountId, MailboxId, ModSeq
from bocau.protocols.imap.notify import Event, Group
from bocau.protocols.imap.sources import OF_SELECTED, SourceKind
from bocau.services.imap.listing import Names, names_of
from bocau.services.imap.scope import is_named, named_by
from bocau.store import Reading
from bocau.store.access import Rights, accounts_that_share, rights_in_account

if TYPE_CHECKING:
    from bocau.protocols.imap.fetch import Item
    from bocau.services.imap.session import ImapSession
    from bocau.services.imap.updates import News

ACCOUNTS_MAX: Final = 200
"""Accounts whose bells one session hears; those beyond are not watched."""
NOTHING: Final[frozenset[Event]] = frozenset()
Key = tuple[AccountId, MailboxId]
"""Which mailbox, whatever it is called."""


Grants = dict[AccountId, dict[MailboxId, Rights]]


def grants_to_reader(reading: Reading) -> Grants:
    """All that other accounts have granted to the reader. A new grant rings the reader's bell, but stands in
    the owner's log, which is not watched before there is something to see."""
    return {owner: rights_in_account(reading.of(owner)) for owner in accounts_that_share(reading)}


class Watch:
    """Of one session; replaced by every NOTIFY."""

    def __init__(self, groups: Iterable[Group]) -> None:
        groups = tuple(groups)
        self.groups = [
            (group, named_by(group.source)) for group in groups if group.source.kind not in OF_SELECTED
        ]
        selected = next((group for group in groups if group.source.kind in OF_SELECTED), None)
        self.of_selected: frozenset[Event] = NOTHING if selected is None else selected.events
        self.items: tuple[Item, ...] = () if selected is None else selected.items
        """What to FETCH of each new message in the selected mailbox."""
        self.is_delayed = selected is not None and selected.source.kind is SourceKind.SELECTED_DELAYED
        self.wanted: frozenset[Event] = NOTHING.union(*[group.events for group, _ in self.groups])
        """All events of all groups but the selected mailbox's."""
        self.cursors: dict[AccountId, ModSeq] = {}
        """The logs of these accounts have been told up to here."""
        self.names: dict[Key, str] = {}
        """What the client knows of mailboxes."""
        self.unreadable: set[Key] = set()
        """Those of them that it may list only."""
        self.subscribed: set[str] = set()
        self.grants: Grants = {}
        """What others let this user do."""
        self._bells: dict[AccountId, Callable[[], None]] = {}

    # --- which events -------------------------------------------------------------------

    @property
    def is_silent(self) -> bool:
        """NOTIFY NONE: nothing is told at all."""
        return not (self.wanted or self.of_selected)

    @property
    def wants_messages(self) -> bool:
        """Whether the selected mailbox is told of at all."""
        return bool(self.of_selected)

    @property
    def wants_flags(self) -> bool:
        """Whether all that changes in the selected mailbox is told."""
        return Event.FLAG_CHANGE in self.of_selected

    def heeded(self, news: "News | None") -> "News | None":
        """Of the selected mailbox, only what is wanted."""
        if news is None or self.wants_flags:
            return news
        return replace(news, changed=[])

    def events(self, name: str, account_id: AccountId, own_id: AccountId) -> frozenset[Event]:
        """What is wanted of a mailbox: of all groups that it belongs to (RFC 5465 §6)."""
        found = NOTHING
        for group, names in self.groups:
            if self._covers(group.source.kind, names, name, account_id == own_id):
                found |= group.events
        return found

    def _covers(self, kind: SourceKind, names: frozenset[str], name: str, is_own: bool) -> bool:
        match kind:
            case SourceKind.PERSONAL:
                return is_own
            case SourceKind.INBOXES:
                # Where local delivery puts messages.
                return is_own and name == "INBOX"
            case SourceKind.SUBSCRIBED:
                return name in self.subscribed
            case _:
                return is_named(name, names, kind)

    # --- bells ---------------------------------------------------------------------------

    async def look(self, session: "ImapSession") -> Names:
        """All names as they are now."""
        self.grants = session.store.glance(session.account_id, grants_to_reader)
        names = await names_of(session)
        self.subscribed = names.subscribed
        self.names = {
            (shown.account_id, shown.mailbox.mailbox_id): name for name, shown in names.shown.items()
        }
        self.unreadable = {
            (shown.account_id, shown.mailbox.mailbox_id)
            for shown in names.shown.values()
            if "r" not in shown.rights
        }
        return names

    def listen(self, session: "ImapSession") -> bool:
        """Hear the bells of all accounts that matter now: one's own, those of watched shared mailboxes, that
        of the selected mailbox. Returns whether there are new ones."""
        wanted = set() if self.is_silent else self._accounts(session)
        for account_id in self._bells.keys() - wanted:
            self._bells.pop(account_id)()
            del self.cursors[account_id]
        new = sorted(wanted - self._bells.keys())[: ACCOUNTS_MAX - len(self._bells)]
        for account_id in new:
            # The bell is heard before the log is read: nothing falls between.
            self._bells[account_id] = session.store.listen(account_id, session.connection.wake)
            self.cursors[account_id] = session.store.glance(account_id, lambda reading: reading.modseq())
        return bool(new)

    def _accounts(self, session: "ImapSession") -> set[AccountId]:
        own_id = session.account_id
        found = {own_id}
        if self.wanted:
            found |= {
                account_id
                for (account_id, _), name in self.names.items()
                if account_id != own_id and self.events(name, account_id, own_id)
            }
        if session.view is not None:
            found.add(session.view.account_id)
        return found

    def close(self) -> None:
        """Hear nothing any more."""
        for end in self._bells.values():
            end()
        self._bells.clear()
        self.cursors.clear()
