"""SELECT and EXAMINE (RFC 9051 §6.3.2, §6.3.3, RFC 7162 §3.1.2, §3.2.5, RFC 8474 §4.2)."""

from typing import TYPE_CHECKING, Final

from bocau.protocols.imap.commands import Examine, Resync, Select
from bocau.protocols.imap.names import encode_name
from bocau.protocols.imap.replies import Status, Tagged
from bocau.services.imap.keywords import keywords_text
from bocau.services.imap.normalized import given_form, old_name_item
from bocau.services.imap.object_ids import mailbox_object_id
from bocau.services.imap.places import locate
from bocau.services.imap.recent import claim_recent
from bocau.services.imap.resync import resynchronize
from bocau.services.imap.rights import WRITES
from bocau.services.imap.view import View
from bocau.store import Mailbox, Reading
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

UNSEEN_ROWS_MAX: Final = 1000
"""Rows looked at from either end of the mailbox for the first unseen message (RFC 3501 §7.1: UNSEEN)."""


async def answer(session: "ImapSession", command: Select) -> None:
    if _refuse(session, command, command.resync):
        return
    if session.view is not None:
        claim_recent(session)
        session.deselect()
        session.untagged(b"OK [CLOSED] the previous mailbox is closed")
    is_read_only = isinstance(command, Examine)
    place = locate(session, command.mailbox)
    view, mailbox, unseen = session.store.glance(
        place.account_id,
        lambda reading: _open(reading, place.name, is_read_only),
    )
    if command.is_condstore:
        session.is_condstore = True
    session.view = view
    if session.watch is not None:
        # Before anything is awaited: what is done from here on rings.
        session.watch.listen(session)
    name = place.shown(mailbox.name)
    if name == command.mailbox:
        # The same, but it knows how the client wrote it.
        name = command.mailbox
    session.connection.write(keywords_text(view) + _text(session, view, mailbox, name, unseen))
    if command.resync is not None and command.resync.uid_validity == mailbox.uid_validity:
        await resynchronize(session, view, command.resync)
    claim_recent(session)
    kind = type(command).__name__.upper()
    code = b"READ-ONLY" if is_read_only or not view.rights & WRITES else b"READ-WRITE"
    session.reply(Tagged(command.tag, Status.OK, f"{kind} completed", code))


def _refuse(session: "ImapSession", command: Select, resync: Resync | None) -> bool:
    """RFC 7162 §3.2.3, RFC 9586 §3."""
    if resync is None:
        return False
    if not session.is_qresync:
        session.bad(command, "ENABLE QRESYNC first")
        return True
    if session.is_uid_only and resync.match is not None:
        session.bad(command, "message numbers are not used any more", b"UIDREQUIRED")
        return True
    return False


def _open(reading: Reading, name: str, is_read_only: bool) -> tuple[View, Mailbox, int]:
    """One glance: the mailbox, its keywords, the number of its first unseen message (0: unknown)."""
    mailbox = reading.mailbox_for(name, Deed.READ)
    view = View(reading.account_id, mailbox, is_read_only=is_read_only, reader_id=reading.reader_id)
    view.rights = reading.rights(mailbox.mailbox_id)
    view.keywords = frozenset(reading.keywords_used(mailbox.mailbox_id))
    if mailbox.recent_uid < mailbox.uid_next - 1:
        view.recent_count = reading.count_above(mailbox.mailbox_id, mailbox.recent_uid)
    return view, mailbox, 0 if view.has_own_seen else _first_unseen(reading, mailbox)


def _first_unseen(reading: Reading, mailbox: Mailbox) -> int:
    """Most mailboxes have their unseen messages at one end."""
    count, unseen_count = mailbox.message_count, mailbox.unseen_count
    if not unseen_count:
        return 0
    if unseen_count == count:
        return 1
    first = reading.seen_marks(mailbox.mailbox_id, UNSEEN_ROWS_MAX).find("0")
    if first >= 0 or count <= UNSEEN_ROWS_MAX or unseen_count > UNSEEN_ROWS_MAX:
        return first + 1
    marks = reading.seen_marks(mailbox.mailbox_id, UNSEEN_ROWS_MAX, newest=True)
    # Only when all unseen ones are among them, the first one is.
    return count - len(marks) + marks.find("0") + 1 if marks.count("0") == unseen_count else 0


def _text(session: "ImapSession", view: View, mailbox: Mailbox, name: str, unseen: int) -> bytes:
    lines = [b"* %d EXISTS\r\n" % mailbox.message_count]
    if session.is_rev2:
        old_name = old_name_item(session, given_form(name))
        lines.append(b'* LIST () "/" %b%b\r\n' % (encode_name(name, session.engine.is_utf8), old_name))
    else:
        lines.append(b"* %d RECENT\r\n" % view.recent_count)
        if unseen and not session.is_uid_only:
            lines.append(b"* OK [UNSEEN %d] first unseen\r\n" % unseen)
    lines.append(
        b"* OK [UIDVALIDITY %d] uids valid\r\n"
        b"* OK [UIDNEXT %d] next uid\r\n"
        b"* OK [HIGHESTMODSEQ %d] highest\r\n"
        b"* OK [MAILBOXID (%b)] its id\r\n"
        % (
            mailbox.uid_validity,
            mailbox.uid_next,
            max(mailbox.highest_modseq, 1),
            mailbox_object_id(view.account_id, mailbox.mailbox_id),
        )
    )
    return b"".join(lines)
