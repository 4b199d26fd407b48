"""STATUS (RFC 9051 §6.3.11, RFC 7162 §3.1.7, RFC 7889 §4): the counters of one mailbox row."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.commands import Status, StatusItem
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.places import locate
from bocau.store import Mailbox

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

_VALUES: Final[dict[StatusItem, Callable[[Mailbox], int]]] = {
    StatusItem.MESSAGES: lambda mailbox: mailbox.message_count,
    StatusItem.RECENT: lambda mailbox: min(mailbox.uid_next - 1 - mailbox.recent_uid, mailbox.message_count),
    StatusItem.UIDNEXT: lambda mailbox: mailbox.uid_next,
    StatusItem.UIDVALIDITY: lambda mailbox: mailbox.uid_validity,
    StatusItem.UNSEEN: lambda mailbox: mailbox.unseen_count,
    StatusItem.DELETED: lambda mailbox: mailbox.deleted_count,
    StatusItem.SIZE: lambda mailbox: mailbox.size_bytes,
    StatusItem.HIGHESTMODSEQ: lambda mailbox: max(mailbox.highest_modseq, 1),
}


async def answer(session: "ImapSession", command: Status) -> None:
    place = locate(session, command.mailbox)
    mailbox = session.store.glance(place.account_id, lambda reading: reading.mailbox_named(place.name))
    tell_status(session, mailbox, command.items)
    await session.ok(command, "STATUS completed")


def tell_status(session: "ImapSession", mailbox: Mailbox, items: Iterable[StatusItem]) -> None:
    """Write one STATUS response; asking for HIGHESTMODSEQ enables CONDSTORE (RFC 7162 §3.1)."""
    words = []
    for item in items:
        if item is StatusItem.APPENDLIMIT:
            words.append(b"APPENDLIMIT %d" % session.engine.append_bytes_max)
        elif item is StatusItem.MAILBOXID:
            words.append(b"MAILBOXID (F%d)" % mailbox.mailbox_id)
        else:
            words.append(b"%b %d" % (item.value, _VALUES[item](mailbox)))
            if item is StatusItem.HIGHESTMODSEQ:
                session.is_condstore = True
    name = encode_name(mailbox.name, session.engine.is_utf8)
    session.untagged(b"STATUS %b (%b)" % (name, b" ".join(words)))
