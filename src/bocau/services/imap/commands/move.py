"""MOVE and UID MOVE (RFC 9051 §6.4.8, RFC 6851): one transaction; COPYUID is said before the EXPUNGEs."""

from typing import TYPE_CHECKING

from bocau.base.errors import NoSuchMailbox
from bocau.protocols.imap.commands import Move
from bocau.services.imap import updates
from bocau.services.imap.carrying import Copied, carry
from bocau.services.imap.commands.copy import copied_code, is_heavy
from bocau.services.imap.commands.expunge import reached
from bocau.services.imap.errors import target_missing
from bocau.services.imap.message_limit import limited, tell_limit
from bocau.services.imap.own_changes import write
from bocau.services.imap.places import Place, locate
from bocau.services.imap.progress import in_progress
from bocau.services.imap.view import Runs, View
from bocau.store import Writing
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: Move) -> None:
    view = session.selected()
    if view.is_read_only:
        session.no(command, "the mailbox is selected read-only", b"CANNOT")
        return
    runs, limit = limited(session, view, view.chosen(command.numbers, by_uid=command.by_uid))
    try:
        with in_progress(session, command):
            target, pairs = await _move(session, view, runs, locate(session, command.mailbox))
    except NoSuchMailbox:
        session.reply(target_missing(command.tag))
        return
    if pairs:
        session.untagged(b"OK [%b] moved" % copied_code(target, pairs))
    await updates.tell(session, may_expunge=True, is_asked=bool(pairs))
    if not session.is_over:
        # RFC 7162 §3.2.10: up to where a client that resynchronizes now knows everything.
        code = reached(session) if pairs else b""
        session.done(command, "MOVE completed", tell_limit(session, limit, code))


async def _move(session: "ImapSession", view: View, runs: Runs, place: Place) -> Copied:
    if place.account_id != view.account_id:
        return await carry(session, view, runs, place, removes=True)
    ranges = view.uid_ranges(runs)

    def job(writing: Writing) -> Copied:
        target = writing.mailbox_for(place.name, Deed.INSERT)
        return target, list(writing.move(view.mailbox_id, ranges, target.mailbox_id))

    return await write(session, view.account_id, job, heavy=is_heavy(runs))
