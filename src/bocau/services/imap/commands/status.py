"""STATUS (RFC 9051 §6.3.11, 7162 §3.1.7, 7889 §4, 8438, 9208 §4.1.4): the counters of a mailbox."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.commands import Status, StatusItem
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.object_ids import mailbox_object_id
from bocau.services.imap.places import Shown, locate
from bocau.store import Mailbox, Reading
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

GLANCED_MAX: Final = 5000
"""Messages looked through in the loop's own thread: about a millisecond."""
_VALUES: Final[dict[StatusItem, Callable[[Mailbox], int]]] = {
    StatusItem.MESSAGES: lambda mailbox: mailbox.message_count,
    StatusItem.UIDNEXT: lambda mailbox: mailbox.uid_next,
    StatusItem.UIDVALIDITY: lambda mailbox: mailbox.uid_validity,
    StatusItem.UNSEEN: lambda mailbox: mailbox.unseen_count,
    StatusItem.DELETED: lambda mailbox: mailbox.deleted_count,
    StatusItem.SIZE: lambda mailbox: mailbox.size_bytes,
    StatusItem.HIGHESTMODSEQ: lambda mailbox: max(mailbox.highest_modseq, 1),
}
_LOOKED_UP: Final[dict[StatusItem, tuple[Callable[[Mailbox], bool], Callable[[Reading, Mailbox], int]]]] = {
    StatusItem.DELETED_STORAGE: (
        lambda mailbox: mailbox.deleted_count > 0,
        lambda reading, mailbox: reading.deleted_bytes(mailbox.mailbox_id),
    ),
    StatusItem.RECENT: (
        lambda mailbox: mailbox.recent_uid < mailbox.uid_next - 1 and mailbox.message_count > 0,
        lambda reading, mailbox: reading.count_above(mailbox.mailbox_id, mailbox.recent_uid),
    ),
}


async def answer(session: "ImapSession", command: Status) -> None:
    place = locate(session, command.mailbox)
    mailbox = session.store.glance(
        place.account_id,
        lambda reading: reading.mailbox_for(place.name, Deed.READ),
        reader=session.account_id,
    )
    heed(session, command.items)
    await tell_status(session, Shown(command.mailbox, place.account_id, mailbox), command.items)
    await session.ok(command, "STATUS completed")


def heed(session: "ImapSession", items: Iterable[StatusItem]) -> None:
    """Who asks for HIGHESTMODSEQ enables CONDSTORE (RFC 7162 §3.1)."""
    if StatusItem.HIGHESTMODSEQ in items:
        session.is_condstore = True


async def tell_status(session: "ImapSession", shown: Shown, items: Iterable[StatusItem]) -> None:
    """Write one STATUS response."""
    name = encode_name(shown.name, session.engine.is_utf8)
    words = [
        await _looked_up(session, shown, item) if item in _LOOKED_UP else _word(session, shown, item)
        for item in items
    ]
    session.untagged(b"STATUS %b (%b)" % (name, b" ".join(words)))


def _word(session: "ImapSession", shown: Shown, item: StatusItem) -> bytes:
    mailbox = shown.mailbox
    if item is StatusItem.APPENDLIMIT:
        return b"APPENDLIMIT %d" % session.engine.append_bytes_max
    if item is StatusItem.MAILBOXID:
        return b"MAILBOXID (%b)" % mailbox_object_id(shown.account_id, mailbox.mailbox_id)
    return b"%b %d" % (item.value, _VALUES[item](mailbox))


async def _looked_up(session: "ImapSession", shown: Shown, item: StatusItem) -> bytes:
    """What no counter holds: only mailboxes with something of it are looked through, large ones in the reader
    thread."""
    account_id, mailbox = shown.account_id, shown.mailbox
    has_some, look = _LOOKED_UP[item]
    value = 0
    if has_some(mailbox) and mailbox.message_count <= GLANCED_MAX:
        value = session.store.glance(account_id, lambda reading: look(reading, mailbox))
    elif has_some(mailbox):
        value = await session.store.read(account_id, lambda reading: look(reading, mailbox))
    return b"%b %d" % (item.value, value)
