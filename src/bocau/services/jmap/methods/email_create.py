"""Email/set, create (RFC 8621 §4.6): one object → one message, kept in one write.

Drafts are saved as {create: new, destroy: [old]}; Email/set creates before it destroys, so that one of the
two always exists.
"""

from typing import Final

from bocau.base.ids import AccountId
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.email.building import build
from bocau.services.jmap.email.keeping import keep, take_placing
from bocau.services.jmap.email.wanted import ALL, is_header_property
from bocau.services.jmap.errors import SetError

SERVER_SET: Final = frozenset(("id", "blobId", "threadId", "size", "hasAttachment", "preview"))
_PLACING: Final = frozenset(("mailboxIds", "keywords", "receivedAt"))


async def create(context: Context, account: AccountId, new: Arguments) -> Arguments:
    """What the server sets: id, blobId, threadId, size. SetError invalidProperties, blobNotFound,
    tooManyKeywords; MessageTooLarge, OverQuota, DiskFull."""
    _check_names(new)
    placing = take_placing(context, account, new, int(context.rooms.clock.now()))
    data = await build(context, account, {name: new[name] for name in new if name not in _PLACING})
    return await keep(context, account, data, placing)


def _check_names(new: Arguments) -> None:
    set_by_server = [name for name in new if name in SERVER_SET]
    if set_by_server:
        raise SetError("invalidProperties", "the server sets them", set_by_server)
    unknown = [name for name in new if name not in ALL and not is_header_property(name)]
    if unknown:
        raise SetError("invalidProperties", "no such properties", [name[:200] for name in unknown[:100]])
