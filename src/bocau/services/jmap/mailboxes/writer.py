"""One mailbox created, changed or destroyed within a transaction (RFC 8621 §2.5)."""

from collections.abc import Iterator
from contextlib import contextmanager

from bocau.base.errors import AlreadyExists, BadName, HasChildren, NoSuchMailbox, NotPermitted
from bocau.base.ids import MailboxId
from bocau.services.jmap import ids
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import SetError, invalid_properties
from bocau.services.jmap.mailboxes.telling import SETTABLE, Teller
from bocau.services.jmap.mailboxes.wishes import Wish, take_new, take_patch
from bocau.store import Mailbox, Writing
from bocau.store.mailboxcounts import AllCounts
from bocau.store.names import INBOX, SEPARATOR, fold_inbox


class MailboxWriter:
    """Raises SetError and the store's errors; then the caller undoes what was half done."""

    def __init__(self, tx: Writing, context: Context, counts: AllCounts, *, removes_emails: bool) -> None:
        self._tx = tx
        self._context = context
        self._settings = context.rooms.settings
        self._counts = counts
        self._removes_emails = removes_emails
        self.created_ids: dict[str, str] = {}
        """Of this transaction, by creation id."""
        self._aside: dict[MailboxId, str] = {}
        """The last level of the name that a mailbox put aside has had."""

    def create(self, name: str, said: Arguments) -> Arguments:
        """What the client does not know of it yet."""
        wish = take_new(said, self._settings.mailbox_name_bytes_max)
        path = self._path(wish["name"], wish["parentId"])
        self._check_free(path)
        with _about("name"):
            mailbox_id = self._tx.create_mailbox(path).mailbox_id
        if wish["role"] is not None:
            with _about("role"):
                self._tx.set_role(mailbox_id, wish["role"])
        self._tx.set_sort_order(mailbox_id, wish["sortOrder"])
        mailbox = self._tx.mailbox(mailbox_id)
        self._tx.subscribe(mailbox.name, wish["isSubscribed"])
        told = self._told(mailbox)
        self.created_ids[name] = told["id"]
        return {key: value for key, value in told.items() if key not in said or said[key] != value}

    def update(self, said: str, patch: Arguments) -> str:
        """Returns the id."""
        mailbox = self._mailbox(said)
        mailbox_id = mailbox.mailbox_id
        current = self._told(mailbox) if not patch.keys() <= set(SETTABLE) else {}
        wish = take_patch(patch, current, self._settings.mailbox_name_bytes_max)
        self._place(mailbox, wish)
        if "role" in wish and wish["role"] is not mailbox.role:
            with _about("role"):
                self._tx.set_role(mailbox_id, wish["role"])
        if "sortOrder" in wish:
            self._tx.set_sort_order(mailbox_id, wish["sortOrder"])
        if "isSubscribed" in wish:
            self._tx.subscribe(self._tx.mailbox(mailbox_id).name, wish["isSubscribed"])
        return ids.mailbox_id(self._tx.account_id, mailbox_id)

    def destroy(self, said: str) -> str:
        """Returns the id."""
        mailbox = self._mailbox(said)
        if mailbox.name == INBOX:
            raise SetError("forbidden", "the Inbox stays")
        if mailbox.message_count > mailbox.deleted_count and not self._removes_emails:
            raise SetError("mailboxHasChild" if self._has_children(mailbox) else "mailboxHasEmail")
        try:
            self._tx.delete_mailbox(mailbox.mailbox_id)
        except HasChildren:
            raise SetError("mailboxHasChild") from None
        self._tx.subscribe(mailbox.name, subscribed=False)
        return ids.mailbox_id(self._tx.account_id, mailbox.mailbox_id)

    def put_aside(self, said: str, patch: Arguments) -> None:
        """Free the name and the role that the patch would change, for another mailbox."""
        mailbox = self._mailbox(said)
        if mailbox.name == INBOX:
            return
        if "role" in patch and mailbox.role is not None:
            self._tx.set_role(mailbox.mailbox_id, None)
        if "name" in patch or "parentId" in patch:
            above, _, self._aside[mailbox.mailbox_id] = mailbox.name.rpartition(SEPARATOR)
            level = f"({mailbox.mailbox_id})"
            self._rename(mailbox, f"{above}{SEPARATOR}{level}" if above else level)

    def _mailbox(self, said: str) -> Mailbox:
        """SetError notFound."""
        real = self.created_ids.get(said[1:]) if said.startswith("#") else said
        found = ids.parse_mailbox(self._tx.account_id, real or self._context.real_id(said))
        try:
            return self._tx.mailbox(MailboxId(0) if found is None else found)
        except NoSuchMailbox:
            raise SetError("notFound") from None

    def _told(self, mailbox: Mailbox) -> Arguments:
        tx = self._tx
        return Teller(tx.account_id, tx.mailboxes(), tx.subscriptions(), self._counts).tell(mailbox)

    def _has_children(self, mailbox: Mailbox) -> bool:
        return any(other.name.startswith(mailbox.name + SEPARATOR) for other in self._tx.mailboxes())

    def _path(self, name: str, parent_id: str | None) -> str:
        """The whole name. SetError invalidProperties."""
        if parent_id is None:
            return name
        try:
            return self._below(self._mailbox(parent_id).name, name)
        except SetError:
            raise invalid_properties("no such parent, or too deep below it", "parentId") from None

    def _below(self, parent: str, name: str) -> str:
        path = f"{parent}{SEPARATOR}{name}"
        if path.count(SEPARATOR) >= self._settings.mailbox_depth_max:
            raise SetError("tooDeep")
        return path

    def _place(self, mailbox: Mailbox, wish: Wish) -> None:
        """Give it the name and the parent that are wanted."""
        if "name" not in wish and "parentId" not in wish:
            return
        above, _, level = mailbox.name.rpartition(SEPARATOR)
        level = wish.get("name", self._aside.get(mailbox.mailbox_id, level))
        if "parentId" in wish:
            path = self._path(level, wish["parentId"])
        else:
            path = f"{above}{SEPARATOR}{level}" if above else level
        if fold_inbox(path) == mailbox.name:
            return
        if mailbox.name == INBOX:
            raise SetError("forbidden", "the Inbox keeps its name")
        if path.startswith(mailbox.name + SEPARATOR):
            raise invalid_properties("a mailbox is not within itself", "parentId")
        self._check_free(path)
        with _about("name"):
            self._rename(mailbox, path)

    def _check_free(self, path: str) -> None:
        """SetError alreadyExists, with the `existingId` that goes with it (RFC 8620 §5.4)."""
        taken = self._tx.find_mailbox(path)
        if taken is not None:
            existing = ids.mailbox_id(self._tx.account_id, taken.mailbox_id)
            raise SetError("alreadyExists", f"mailbox {path!r} exists", ("name",), existingId=existing)

    def _rename(self, mailbox: Mailbox, path: str) -> None:
        """With its subscription and those below it: to the store they are names of their own."""
        tx, old = self._tx, mailbox.name
        tx.rename_mailbox(mailbox.mailbox_id, path)
        new = tx.mailbox(mailbox.mailbox_id).name
        for name in tx.subscriptions():
            if name == old or name.startswith(old + SEPARATOR):
                tx.subscribe(name, subscribed=False)
                tx.subscribe(new + name[len(old) :], subscribed=True)


@contextmanager
def _about(name: str) -> Iterator[None]:
    """What the store refuses is the fault of this property."""
    try:
        yield
    except (AlreadyExists, BadName, NotPermitted) as error:
        raise invalid_properties(str(error), name) from error
