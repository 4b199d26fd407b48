"""FETCH and UID FETCH (RFC 9051 §6.4.5, CHANGEDSINCE of RFC 7162 §3.1.4.1).

Batch by batch; other sessions get their turn between.
"""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Fetch
from bocau.protocols.imap.fetch import Attribute, Item
from bocau.protocols.imap.sets import ranges_of
from bocau.services.imap import updates
from bocau.services.imap.parts import UnknownEncoding
from bocau.services.imap.sending import NARROW_MESSAGES, send_messages
from bocau.services.imap.view import Runs, View
from bocau.store import Flags, Reading, Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Fetch) -> None:
    view = session.selected()
    runs = view.chosen(command.numbers, by_uid=command.by_uid)
    items = _completed(session, command)
    plan = session.service.plan(items)
    own = 0
    if plan.marks_seen and not view.is_read_only:
        own = await _mark_seen(session, view, runs)
        if own:
            shown = (Attribute.FLAGS, Attribute.MODSEQ) if session.is_condstore else (Attribute.FLAGS,)
            plan = session.service.plan(tuple(dict.fromkeys((*items, *shown))))
    try:
        missing = await send_messages(session, view, runs, plan, since=command.changed_since or 0)
    except UnknownEncoding:
        session.no(command, "cannot decode this part", b"UNKNOWN-CTE")
        return
    await updates.tell(session, may_expunge=command.by_uid, own=frozenset((own,)))
    if session.is_over:
        return
    if missing and not command.by_uid and command.changed_since is None:
        session.no(command, "some of the messages are gone", b"EXPUNGEISSUED")
    else:
        await session.ok(command, "FETCH completed", may_expunge=command.by_uid)


def _completed(session: "ImapSession", command: Fetch) -> tuple[Item, ...]:
    """UID FETCH always shows the uid; CHANGEDSINCE and CONDSTORE bring the MODSEQ."""
    items = command.items
    if command.by_uid and Attribute.UID not in items:
        items = (Attribute.UID, *items)
    if command.changed_since is not None and Attribute.MODSEQ not in items:
        items = (*items, Attribute.MODSEQ)
    if Attribute.MODSEQ in items:
        session.is_condstore = True
    return items


async def _mark_seen(session: "ImapSession", view: View, runs: Runs) -> int:
    """Set \\Seen where it is not set, in one write; returns the modseq of that change, 0 for none."""
    ranges = view.uid_ranges(runs)

    def unseen(reading: Reading) -> list[int]:
        if not reading.mailbox(view.mailbox_id).unseen_count:
            return []
        rows = reading.flags(view.mailbox_id, ranges)
        return [uid for uid, _, flags, _ in rows if not flags & Flags.SEEN]

    if sum(stop - start for start, stop in runs) > NARROW_MESSAGES:
        uids = await session.store.read(view.account_id, unseen)
    else:
        uids = session.store.glance(view.account_id, unseen) if ranges else []
    if not uids:
        return 0

    def job(writing: Writing) -> int:
        changed, _ = writing.change_keywords(view.mailbox_id, ranges_of(uids), add=Flags.SEEN)
        return writing.modseq() if changed else 0

    return await session.store.write(view.account_id, job, heavy=len(uids) > NARROW_MESSAGES)
