"""COPY and UID COPY (RFC 9051 §6.4.7, COPYUID of RFC 4315 §3), also into another account's mailbox."""

from typing import TYPE_CHECKING, Final

from bocau.base.errors import NoSuchMailbox
from bocau.protocols.imap.commands import Copy
from bocau.protocols.imap.sets import ranges_of, set_text
from bocau.services.imap.carrying import Copied, carry
from bocau.services.imap.errors import target_missing
from bocau.services.imap.message_limit import too_many_saved
from bocau.services.imap.own_changes import write
from bocau.services.imap.places import Place, locate
from bocau.services.imap.progress import in_progress
from bocau.services.imap.view import Runs, View
from bocau.store import Mailbox, Writing
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

HEAVY_MESSAGES: Final = 1000


async def answer(session: "ImapSession", command: Copy) -> None:
    view = session.selected()
    runs = view.chosen(command.numbers, by_uid=command.by_uid)
    limit = too_many_saved(session, count_of(runs))
    if limit:
        session.no(command, "too many messages for one command", limit)
        return
    place = locate(session, command.mailbox)
    try:
        with in_progress(session, command):
            target, pairs = await _copy(session, view, runs, place)
    except NoSuchMailbox:
        session.reply(target_missing(command.tag))
        return
    await session.ok(command, "COPY completed", copied_code(target, pairs), may_expunge=command.by_uid)


async def _copy(session: "ImapSession", view: View, runs: Runs, place: Place) -> Copied:
    if place.account_id != view.account_id:
        return await carry(session, view, runs, place, removes=False)
    ranges = view.uid_ranges(runs)

    def job(writing: Writing) -> Copied:
        target = writing.mailbox_for(place.name, Deed.INSERT)
        if writing.usage().limit_bytes is not None:
            writing.enforce_quota(writing.size_of(view.mailbox_id, ranges))
        return target, list(writing.copy(view.mailbox_id, ranges, target.mailbox_id))

    return await write(session, view.account_id, job, heavy=is_heavy(runs))


def count_of(runs: Runs) -> int:
    return sum(stop - start for start, stop in runs)


def is_heavy(runs: Runs) -> bool:
    """Whether so many rows belong in the writer thread."""
    return count_of(runs) > HEAVY_MESSAGES


def copied_code(target: Mailbox, pairs: list[tuple[int, int]]) -> bytes:
    """COPYUID validity source-uids new-uids; nothing when nothing was copied."""
    if not pairs:
        return b""
    sources = set_text(ranges_of([source for source, _ in pairs]))
    copies = set_text(ranges_of([copy for _, copy in pairs]))
    return b"COPYUID %d %b %b" % (target.uid_validity, sources, copies)
