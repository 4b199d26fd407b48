"""Notifications between commands (RFC 5465 §5): what the change logs say since the last look, as responses.

bell → session wakes → the selected mailbox (updates) → logs of the watched accounts → LIST, STATUS, METADATA
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bocau.base.errors import NoSuchAccount, Refused, TryLater
from bocau.base.ids import AccountId, ModSeq
from bocau.protocols.imap import commands as c
from bocau.protocols.imap.commands import Command, StatusItem
from bocau.protocols.imap.names import astring, encode_name
from bocau.protocols.imap.notify import Event
from bocau.services.imap import updates
from bocau.services.imap.commands.list import tell_line
from bocau.services.imap.commands.status import tell_status
from bocau.services.imap.listing import Names
from bocau.services.imap.metadata import THE_ACCOUNT, wire_name
from bocau.services.imap.normalized import old_name_item
from bocau.services.imap.places import Shown, all_visible
from bocau.services.imap.turns import portions
from bocau.services.imap.watch import Key, Watch, grants_to_reader
from bocau.store import Change, ChangeKind, Mailbox, Reading
from bocau.store.access import Deed, require
from bocau.store.annotations import SHARED, entry_of_change

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

CHANGES_MAX: Final = 5000
"""Changes since the last look; with more of them the client is told that it has missed some."""
_NAME_KINDS: Final = frozenset(
    (
        *(ChangeKind.MAILBOX_CREATED, ChangeKind.MAILBOX_CHANGED, ChangeKind.MAILBOX_DELETED),
        ChangeKind.SUBSCRIPTION,
    )
)
_MESSAGE_KINDS: Final = {
    ChangeKind.ADDED: Event.MESSAGE_NEW,
    ChangeKind.EXPUNGED: Event.MESSAGE_EXPUNGE,
    ChangeKind.KEYWORDS: Event.FLAG_CHANGE,
}


class Overflow(Exception):
    """More has happened than is worth telling."""


@dataclass(slots=True)
class Happened:
    """What the logs say, sorted by what is told of it."""

    messages: dict[Key, set[Event]] = field(default_factory=lambda: defaultdict(set))
    annotations: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    has_names: bool = False
    """Something may be called differently, or be subscribed."""


async def tell(session: "ImapSession", watch: Watch, *, is_idle: bool = False) -> None:
    """Write all that is new to this client. Called when no command is in progress, or in IDLE."""
    try:
        if session.view is not None:
            await updates.tell(session, may_expunge=is_idle or not watch.is_delayed)
        if watch.wanted and not session.is_over:
            await _tell_others(session, watch)
    except (Refused, TryLater):
        # An account is gone, or busy: the next ring tells the rest.
        return
    except Overflow:
        end(session)
        session.untagged(b"OK [NOTIFICATIONOVERFLOW] too much has happened; NOTIFY is off")


def end(session: "ImapSession") -> None:
    """As NOTIFY NONE (RFC 5465 §5.8)."""
    if session.watch is not None:
        session.watch.close()
    session.watch = Watch(())


async def _tell_others(session: "ImapSession", watch: Watch) -> None:
    happened = Happened()
    for account_id, cursor in list(watch.cursors.items()):
        try:
            changes = session.store.glance(account_id, lambda reading, c=cursor: _changes(reading, c))  # type: ignore[misc]
        except NoSuchAccount:
            # It shares nothing any more: the next look drops it.
            happened.has_names = True
            continue
        if changes:
            watch.cursors[account_id] = changes[-1].modseq
        _sort(session, watch, account_id, changes, happened)
    if happened.has_names or watch.grants != session.store.glance(session.account_id, grants_to_reader):
        await tell_names(session, watch)
        if watch.listen(session):
            # What happened in those accounts between the look and their bells.
            await tell_names(session, watch)
    async for some in portions(session, list(happened.messages.items())):
        for key, events in some:
            await _tell_counters(session, watch, key, events)
    for key, entries in happened.annotations.items():
        _tell_annotations(session, watch, key, entries)


def _changes(reading: Reading, after: ModSeq) -> list[Change]:
    if reading.modseq() - after > CHANGES_MAX:
        raise Overflow
    return reading.changes(after)


def _sort(
    session: "ImapSession", watch: Watch, account_id: AccountId, changes: list[Change], happened: Happened
) -> None:
    for change in changes:
        if session.own_changes.holds(account_id, change.modseq):
            continue
        event = _MESSAGE_KINDS.get(change.kind)
        if event is not None:
            happened.messages[account_id, change.mailbox_id].add(event)
        elif change.kind in _NAME_KINDS:
            happened.has_names = True
        elif change.kind is ChangeKind.ANNOTATION:
            entry = entry_of_change(change.name)
            if entry.reader_id in (SHARED, session.account_id):
                happened.annotations[account_id, change.mailbox_id].append(wire_name(entry))


# --- names --------------------------------------------------------------------------------


async def tell_names(session: "ImapSession", watch: Watch, own: Collection[str] = ()) -> None:
    """LIST responses for what has come, gone, got another name, been subscribed or unsubscribed; but not for
    the names in `own` and near them, which this client has just changed itself."""
    before, subscribed, unreadable = watch.names, watch.subscribed, watch.unreadable
    names = await watch.look(session)
    changed_subscriptions = subscribed ^ names.subscribed
    # Who watches the subscribed mailboxes hears also of what leaves the list.
    watch.subscribed = subscribed | names.subscribed
    for name, old_name in sorted(_affected(session, watch, before).items()):
        if not _is_own(name, own):
            _tell_name(session, names, name, old_name)
    for name in sorted(changed_subscriptions):
        account_id = names.shown[name].account_id if name in names.shown else session.account_id
        wanted = watch.events(name, account_id, session.account_id)
        if Event.SUBSCRIPTION_CHANGE in wanted and not _is_own(name, own):
            _tell_name(session, names, name, "")
    watch.subscribed = names.subscribed
    tell_access(session, watch, names, (unreadable ^ watch.unreadable) & before.keys())


def _affected(session: "ImapSession", watch: Watch, before: Mapping[Key, str]) -> dict[str, str]:
    """The names to tell, each with its old one where it was renamed (RFC 5465 §5.4)."""
    changed = {
        key: (before.get(key, ""), watch.names.get(key, ""))
        for key in before.keys() | watch.names.keys()
        if before.get(key) != watch.names.get(key)
    }
    renamed = {old: new for old, new in changed.values() if old and new}
    found: dict[str, str] = {}
    for (account_id, _), (old, new) in changed.items():
        parent, _, last = (new or old).rpartition("/")
        if old and new:
            if renamed.get(old.rpartition("/")[0]) == parent and old.rpartition("/")[2] == last:
                # It went along with the mailbox above it, which is told.
                continue
            told = {new: old}
        else:
            told = {new or old: "", parent: ""}
        for name, old_name in told.items():
            wanted = watch.events(name, account_id, session.account_id)
            if old_name:
                wanted |= watch.events(old_name, account_id, session.account_id)
            if name and Event.MAILBOX_NAME in wanted:
                found[name] = old_name or found.get(name, "")
    return found


def _is_own(name: str, own: Collection[str]) -> bool:
    return any(name == top or name.startswith(top + "/") or top.startswith(name + "/") for top in own)


def _tell_name(session: "ImapSession", names: Names, name: str, old_name: str) -> None:
    attributes = names.attributes(name, subscribed=True, children=True)
    if name not in names.shown:
        attributes = (b"\\NonExistent", *attributes)
    tell_line(session, name, attributes, old_name_item(session, old_name))


# --- counters and annotations ----------------------------------------------------------------


async def _tell_counters(session: "ImapSession", watch: Watch, key: Key, happened: Collection[Event]) -> None:
    """STATUS of a mailbox that is not selected (RFC 5465 §5.1–5.3)."""
    name, view = watch.names.get(key), session.view
    if name is None or (view is not None and key == (view.account_id, view.mailbox_id)):
        return
    events = watch.events(name, key[0], session.account_id).intersection(happened)
    if not events:
        return
    mailbox = _readable(session, key)
    if mailbox is not None:
        await tell_status(session, Shown(name, key[0], mailbox), _news_items(session, events))


def _readable(session: "ImapSession", key: Key) -> Mailbox | None:
    """The mailbox, if it is there and this user may read it."""

    def read(reading: Reading) -> Mailbox:
        require(reading, key[1], Deed.READ)
        return reading.mailbox(key[1])

    try:
        return session.store.glance(key[0], read)
    except Refused:
        return None


def _news_items(session: "ImapSession", events: Collection[Event]) -> list[StatusItem]:
    items = []
    if Event.MESSAGE_NEW in events or Event.MESSAGE_EXPUNGE in events:
        items += [StatusItem.MESSAGES, StatusItem.UIDNEXT]
    if Event.FLAG_CHANGE in events:
        items += [StatusItem.UIDVALIDITY, StatusItem.UNSEEN]
    if session.is_condstore:
        items += [StatusItem.HIGHESTMODSEQ, StatusItem.UIDVALIDITY]
    return list(dict.fromkeys(items))


def tell_access(session: "ImapSession", watch: Watch, names: Names, keys: Collection[Key]) -> None:
    """Which of these watched mailboxes this user may list, but not read; and which it now may (RFC 5465 §3.1,
    §5.9)."""
    told = sorted((watch.names[key], key) for key in keys if key in watch.names)
    for name, key in told:
        if not watch.events(name, key[0], session.account_id):
            continue
        if key in watch.unreadable:
            tell_line(session, name, (b"\\NoAccess",))
        else:
            _tell_name(session, names, name, "")


async def tell_all_counters(session: "ImapSession", watch: Watch) -> None:
    """NOTIFY SET STATUS: where every watched mailbox stands (RFC 5465 §3.1)."""
    view = session.view
    selected = None if view is None else (view.account_id, view.mailbox_id)
    shown = [
        shown
        for shown in await all_visible(session)
        if "r" in shown.rights and (shown.account_id, shown.mailbox.mailbox_id) != selected
    ]
    async for some in portions(session, shown):
        for one in some:
            items = _first_items(watch.events(one.name, one.account_id, session.account_id))
            if items:
                await tell_status(session, one, items)


def _first_items(events: Collection[Event]) -> list[StatusItem]:
    items = []
    if Event.MESSAGE_NEW in events:
        items += [StatusItem.MESSAGES, StatusItem.UIDNEXT, StatusItem.UIDVALIDITY]
    if Event.FLAG_CHANGE in events:
        items += [StatusItem.UIDVALIDITY, StatusItem.UNSEEN, StatusItem.HIGHESTMODSEQ]
    return list(dict.fromkeys(items))


def _tell_annotations(session: "ImapSession", watch: Watch, key: Key, entries: list[str]) -> None:
    """METADATA with the entries that changed (RFC 5464 §4.4.2)."""
    account_id, mailbox_id = key
    if mailbox_id == THE_ACCOUNT:
        if account_id == session.account_id and Event.SERVER_METADATA_CHANGE in watch.wanted:
            _tell_entries(session, b'""', entries)
        return
    name = watch.names.get(key)
    if name is None:
        return
    wanted = watch.events(name, account_id, session.account_id)
    if Event.MAILBOX_METADATA_CHANGE in wanted and _readable(session, key) is not None:
        _tell_entries(session, encode_name(name, session.engine.is_utf8), entries)


def _tell_entries(session: "ImapSession", name: bytes, entries: list[str]) -> None:
    words = [astring(entry.encode()) for entry in dict.fromkeys(entries)]
    session.untagged(b"METADATA %b %b" % (name, b" ".join(words)))


# --- what this client does itself --------------------------------------------------------------


async def after_command(session: "ImapSession", watch: Watch, command: Command) -> None:
    """A client is not told what it has just done (RFC 5465 §5); a newly selected mailbox may need a bell."""
    own: tuple[str, ...] = ()
    match command:
        case c.Create() | c.Delete() | c.Subscribe() | c.Unsubscribe():
            own = (command.mailbox.removesuffix("/"),)
        case c.Rename():
            own = (command.old, command.new.removesuffix("/"))
    if own and watch.wanted:
        await tell_names(session, watch, own)
    watch.listen(session)
