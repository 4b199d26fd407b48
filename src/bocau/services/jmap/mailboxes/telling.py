"""A mailbox as a JSON object (RFC 8621 §2)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from bocau.base.ids import AccountId, MailboxId
from bocau.services.jmap import ids
from bocau.services.jmap.context import Arguments
from bocau.store import Mailbox
from bocau.store.mailboxcounts import AllCounts, Counts
from bocau.store.names import INBOX, SEPARATOR

COUNTS: Final = ("totalEmails", "unreadEmails", "totalThreads", "unreadThreads")
SETTABLE: Final = ("name", "parentId", "role", "sortOrder", "isSubscribed")
PROPERTIES: Final = ("id", *SETTABLE, *COUNTS, "myRights")
NO_COUNTS: Final = Counts(0, 0, 0)
INBOX_NAME: Final = "Inbox"
_RIGHTS: Final = (
    "mayReadItems", "mayAddItems", "mayRemoveItems", "maySetSeen", "maySetKeywords", "mayCreateChild",
    "mayRename", "mayDelete", "maySubmit",
)  # fmt: skip
_NOT_OF_INBOX: Final = ("mayRename", "mayDelete")


def rights_of(mailbox: Mailbox) -> dict[str, bool]:
    """The owner may do everything, but INBOX stays what it is (RFC 9051 §5.1)."""
    is_inbox = mailbox.name == INBOX
    return {right: not (is_inbox and right in _NOT_OF_INBOX) for right in _RIGHTS}


def own_name(mailbox: Mailbox) -> str:
    return INBOX_NAME if mailbox.name == INBOX else mailbox.name.rpartition(SEPARATOR)[2]


class Teller:
    """Tells the mailboxes of one account, all read in one snapshot."""

    def __init__(
        self,
        account: AccountId,
        mailboxes: Iterable[Mailbox],
        subscriptions: Collection[str],
        counts: AllCounts,
        properties: Collection[str] = PROPERTIES,
    ) -> None:
        self._account = account
        self._by_name: Mapping[str, MailboxId] = {box.name: box.mailbox_id for box in mailboxes}
        self._subscriptions = frozenset(subscriptions)
        self._counts = counts
        self._properties = frozenset(properties)

    def tell(self, mailbox: Mailbox) -> Arguments:
        """The properties asked for."""
        counts = self._counts.get(mailbox.mailbox_id, NO_COUNTS)
        whole: Arguments = {
            "id": ids.mailbox_id(self._account, mailbox.mailbox_id),
            "name": own_name(mailbox),
            "parentId": self._parent(mailbox),
            "role": None if mailbox.role is None else mailbox.role.value,
            "sortOrder": mailbox.sort_order,
            "isSubscribed": mailbox.name in self._subscriptions,
            "totalEmails": mailbox.message_count - mailbox.deleted_count,
            "unreadEmails": counts.unread_emails,
            "totalThreads": counts.thread_count,
            "unreadThreads": counts.unread_threads,
            "myRights": rights_of(mailbox),
        }
        return {name: value for name, value in whole.items() if name in self._properties}

    def _parent(self, mailbox: Mailbox) -> str | None:
        parent = self._by_name.get(mailbox.name.rpartition(SEPARATOR)[0])
        return None if parent is None else ids.mailbox_id(self._account, parent)
