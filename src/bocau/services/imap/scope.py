"""Which mailboxes a search over several is about (RFC 7377 §2.2): those that the user may read, each once."""

from typing import TYPE_CHECKING, NamedTuple

from bocau.base.errors import NoSuchMailbox, SequenceFault
from bocau.base.ids import AccountId
from bocau.protocols.imap.sources import Source, SourceKind
from bocau.services.imap.places import Shown, all_visible
from bocau.store import Mailbox
from bocau.store.names import fold_inbox

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


class Scope(NamedTuple):
    """One mailbox to search."""

    name: str
    account_id: AccountId
    mailbox: Mailbox
    is_selected: bool


async def scopes(session: "ImapSession", sources: tuple[Source, ...]) -> list[Scope]:
    """What the sources mean now, sorted by name. SequenceFault: SELECTED without a selected mailbox."""
    view = session.view
    if view is None and any(source.kind is SourceKind.SELECTED for source in sources):
        raise SequenceFault("no mailbox is selected")
    readable = [shown for shown in await all_visible(session) if "r" in shown.rights]
    names = set()
    for source in sources:
        names.update(_names(session, source, readable))
    found = [_scope(session, shown) for shown in readable if shown.name in names]
    if any(source.kind is SourceKind.SELECTED for source in sources) and not any(
        s.is_selected for s in found
    ):
        raise NoSuchMailbox("the selected mailbox is gone")
    return found


def _scope(session: "ImapSession", shown: Shown) -> Scope:
    return Scope(shown.name, shown.account_id, shown.mailbox, _is_selected(session, shown))


def _is_selected(session: "ImapSession", shown: Shown) -> bool:
    view = session.view
    if view is None:
        return False
    return (shown.account_id, shown.mailbox.mailbox_id) == (view.account_id, view.mailbox_id)


def _names(session: "ImapSession", source: Source, readable: list[Shown]) -> list[str]:
    match source.kind:
        case SourceKind.SELECTED:
            return [shown.name for shown in readable if _is_selected(session, shown)]
        case SourceKind.PERSONAL:
            return [shown.name for shown in readable if shown.account_id == session.account_id]
        case SourceKind.INBOXES:
            # Where mail is delivered to (RFC 5465 §6.2).
            return [
                shown.name
                for shown in readable
                if shown.account_id == session.account_id and shown.name == "INBOX"
            ]
        case SourceKind.SUBSCRIBED:
            subscribed = set(
                session.store.glance(session.account_id, lambda reading: reading.subscriptions())
            )
            return [shown.name for shown in readable if shown.name in subscribed]
        case SourceKind.MAILBOXES | SourceKind.SUBTREE | SourceKind.SUBTREE_ONE:
            named = named_by(source)
            return [shown.name for shown in readable if is_named(shown.name, named, source.kind)]
        case SourceKind.SELECTED_DELAYED:
            raise AssertionError("the grammar allows it only in NOTIFY")


def named_by(source: Source) -> frozenset[str]:
    """The names that a source lists, INBOX in capitals."""
    return frozenset(map(fold_inbox, source.names))


def is_named(name: str, named: frozenset[str], kind: SourceKind) -> bool:
    """Whether the mailbox or, as the kind says, one above it has been named; "" is above all."""
    if name in named:
        return True
    if kind is SourceKind.MAILBOXES:
        return False
    above = name.rpartition("/")[0]
    while above and above not in named and kind is SourceKind.SUBTREE:
        above = above.rpartition("/")[0]
    return above in named
