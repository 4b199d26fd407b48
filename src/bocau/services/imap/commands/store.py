"""STORE and UID STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.commands import FlagChange, Store
from bocau.protocols.imap.sets import ranges_of, set_text
from bocau.services.imap import updates
from bocau.services.imap.flags import split_flags
from bocau.services.imap.message_limit import limited, tell_limit
from bocau.services.imap.own_changes import write
from bocau.services.imap.sending import send_messages
from bocau.services.imap.view import Runs, View
from bocau.store import Flags, Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

HEAVY_MESSAGES: Final = 1000
"""More are changed in the writer thread."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a STORE did: `modseq` of its own change (0: none), the uids that UNCHANGEDSINCE `refused`."""

    modseq: int
    refused: list[int]


async def answer(session: "ImapSession", command: Store) -> None:
    view = session.selected()
    if view.is_read_only:
        session.no(command, "the mailbox is selected read-only", b"CANNOT")
        return
    if command.unchanged_since is not None:
        session.is_condstore = True
    runs, limit = limited(session, view, view.chosen(command.numbers, by_uid=command.by_uid))
    ranges = view.uid_ranges(runs)
    stored = Stored(0, [])
    if ranges:
        count = sum(stop - start for start, stop in runs)
        job = _job(view, ranges, command)
        is_heavy = count > HEAVY_MESSAGES
        stored = await write(session, view.account_id, job, heavy=is_heavy)
    await _tell(session, view, command, ranges, stored)
    if not session.is_over:
        code = tell_limit(session, limit, _modified(view, command, stored))
        await session.ok(command, "STORE completed", code, may_expunge=command.by_uid)


def _job(view: View, ranges: list[tuple[int, int]], command: Store) -> Callable[[Writing], Stored]:
    bits, keywords = split_flags(command.flags)
    is_removal = command.change is FlagChange.REMOVE

    def job(writing: Writing) -> Stored:
        changed, refused = writing.change_keywords(
            view.mailbox_id,
            ranges,
            add=Flags(0) if is_removal else bits,
            remove=bits if is_removal else Flags(0),
            add_keywords=() if is_removal else keywords,
            remove_keywords=keywords if is_removal else (),
            replace=command.change is FlagChange.SET,
            unchanged_since=command.unchanged_since,
        )
        return Stored(writing.modseq() if changed else 0, refused)

    return job


async def _tell(
    session: "ImapSession", view: View, command: Store, ranges: list[tuple[int, int]], stored: Stored
) -> None:
    """Others' changes first, then the answer: all messages asked for, unless .SILENT."""
    own = frozenset((stored.modseq,))
    await updates.tell(session, may_expunge=command.by_uid, own=own, with_searches=False)
    if session.is_over or not ranges:
        return
    # Numbers may have moved: the uids are looked up anew.
    runs = view.runs_of(ranges)
    if not command.is_silent:
        await send_messages(session, view, runs, updates.flags_plan(session))
    elif command.unchanged_since is not None:
        await _tell_conditional(session, view, runs, stored)
    elif session.is_condstore and stored.modseq:
        # RFC 7162 §3.1.3: a silent STORE still tells the new mod-sequences.
        plan = updates.flags_plan(session, with_flags=False)
        await send_messages(session, view, runs, plan, since=stored.modseq - 1)


async def _tell_conditional(session: "ImapSession", view: View, runs: Runs, stored: Stored) -> None:
    """Of a silent one: the mod-sequence wherever it succeeded, changed or not, and the flags where it failed,
    so that the client need not ask for them (RFC 7162 §3.1.3)."""
    refused = set(stored.refused)
    done = ranges_of([uid for uid in view.uids_in(runs) if uid not in refused])
    await send_messages(session, view, view.runs_of(done), updates.flags_plan(session, with_flags=False))
    if refused:
        failed = view.runs_of(ranges_of(stored.refused))
        await send_messages(session, view, failed, updates.flags_plan(session))


def _modified(view: View, command: Store, stored: Stored) -> bytes:
    if not stored.refused:
        return b""
    numbers = (
        stored.refused
        if command.by_uid
        else [number for uid in stored.refused if (number := view.number_of(uid)) is not None]
    )
    return b"MODIFIED " + set_text(ranges_of(numbers))
