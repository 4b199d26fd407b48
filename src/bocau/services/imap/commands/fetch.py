"""FETCH and UID FETCH (RFC 9051 §6.4.5), with CHANGEDSINCE and VANISHED (RFC 7162) and PARTIAL (RFC 9394).

the messages asked for → those of PARTIAL → MESSAGELIMIT → \\Seen in one write → responses, portion by portion
"""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Fetch
from bocau.protocols.imap.fetch import Attribute, Item
from bocau.protocols.imap.partial import Partial
from bocau.protocols.imap.sets import ranges_of
from bocau.services.imap import updates
from bocau.services.imap.message_limit import limited, tell_limit
from bocau.services.imap.own_changes import write
from bocau.services.imap.sending import NARROW_MESSAGES, send_messages
from bocau.services.imap.vanished import tell_earlier
from bocau.services.imap.view import Runs, View
from bocau.store import Flags, Reading, Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Fetch) -> None:
    view = session.selected()
    if command.is_vanished_told and not session.is_qresync:
        session.bad(command, "VANISHED needs ENABLE QRESYNC", b"CLIENTBUG")
        return
    items = _completed(session, command)
    since = command.changed_since or 0
    if command.is_vanished_told:
        await tell_earlier(session, view, command.numbers, since)
    runs = view.chosen(command.numbers, by_uid=command.by_uid)
    if command.partial is not None:
        runs = await _part(session, view, runs, command.partial, since)
    runs, limit = limited(session, view, runs)
    plan = session.service.plan(items, is_uid_only=session.is_uid_only)
    own = 0
    if plan.marks_seen and not view.is_read_only and "s" in view.rights:
        own = await _mark_seen(session, view, runs)
        if own:
            plan = session.service.plan(_with_flags(session, items), is_uid_only=session.is_uid_only)
    sent = await send_messages(session, view, runs, plan, since=since)
    await updates.tell(session, may_expunge=command.by_uid, own=frozenset((own,)))
    if session.is_over:
        return
    if sent.is_undecodable:
        session.no(command, "cannot decode all parts", b"UNKNOWN-CTE")
    elif sent.missing_count and not command.by_uid and command.changed_since is None:
        session.no(command, "some of the messages are gone", b"EXPUNGEISSUED")
    else:
        await session.ok(command, "FETCH completed", tell_limit(session, limit), may_expunge=command.by_uid)


def _completed(session: "ImapSession", command: Fetch) -> tuple[Item, ...]:
    """UID FETCH always shows the uid; CHANGEDSINCE and CONDSTORE bring the MODSEQ."""
    items = command.items
    if command.by_uid and not session.is_uid_only and Attribute.UID not in items:
        items = (Attribute.UID, *items)
    if command.changed_since is not None and Attribute.MODSEQ not in items:
        items = (*items, Attribute.MODSEQ)
    if Attribute.MODSEQ in items:
        session.is_condstore = True
    return items


def _with_flags(session: "ImapSession", items: tuple[Item, ...]) -> tuple[Item, ...]:
    """What else is told where \\Seen was set. Simple clients take a body for the last thing of a response."""
    uid = items[:1] if items[0] is Attribute.UID else ()
    if not session.is_condstore:
        return tuple(dict.fromkeys((*uid, Attribute.FLAGS, *items)))
    # RFC 7162 §3.2.4. UIDFETCH begins with the uid (RFC 9586 §3.3).
    uid = uid if session.is_uid_only else (Attribute.UID,)
    return tuple(dict.fromkeys((*uid, Attribute.FLAGS, Attribute.MODSEQ, *items)))


async def _part(session: "ImapSession", view: View, runs: Runs, partial: Partial, since: int) -> Runs:
    """RFC 9394 §3.3: the first or the last of the messages that there are, or of those that have changed."""
    if since and runs:
        ranges = view.uid_ranges(runs)
        changed = await session.store.read(
            view.account_id,
            lambda reading: [row[0] for row in reading.flags(view.mailbox_id, ranges, since=since)],
        )
        runs = view.runs_of(ranges_of(changed))
    start, stop = partial.within(sum(stop - start for start, stop in runs))
    return _positions(runs, start, stop)


def _positions(runs: Runs, start: int, stop: int) -> Runs:
    """The messages `start` to `stop`, counted through the runs from 0."""
    result, passed = [], 0
    for low, high in runs:
        first, last = max(low, low + start - passed), min(high, low + stop - passed)
        if first < last:
            result.append((first, last))
        passed += high - low
    return result


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

    return await write(session, view.account_id, job, heavy=len(uids) > NARROW_MESSAGES)
