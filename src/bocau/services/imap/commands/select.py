"""SELECT and EXAMINE (RFC 9051 §6.3.2, §6.3.3, RFC 7162 §3.1.2)."""

from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import Examine, Select
from bocau.protocols.imap.names import encode_name
from bocau.protocols.imap.replies import Status, Tagged
from bocau.services.imap import updates
from bocau.services.imap.keywords import tell_keywords
from bocau.services.imap.places import locate
from bocau.services.imap.recent import claim_recent
from bocau.services.imap.view import View
from bocau.store import Flags, Mailbox, Reading

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

FIRST_UNSEEN_ROWS_MAX = 500
"""Mailboxes above this are not searched for their first unseen message at SELECT (RFC 3501 §7.1: UNSEEN)."""


async def answer(session: "ImapSession", command: Select) -> None:
    if session.view is not None:
        claim_recent(session)
        session.deselect()
        session.untagged(b"OK [CLOSED] the previous mailbox is closed")
    is_read_only = isinstance(command, Examine)
    place = locate(session, command.mailbox)
    view, mailbox, unseen = session.store.glance(
        place.account_id, lambda reading: _open(reading, place.name, is_read_only)
    )
    if command.is_condstore:
        session.is_condstore = True
    session.view = view
    _tell(session, view, mailbox, unseen)
    claim_recent(session)
    name = type(command).__name__.upper()
    code = b"READ-ONLY" if is_read_only else b"READ-WRITE"
    session.reply(Tagged(command.tag, Status.OK, f"{name} completed", code))


def _open(reading: Reading, name: str, is_read_only: bool) -> tuple[View, Mailbox, int]:
    """One glance: the mailbox, its keywords, the number of its first unseen message (0: unknown)."""
    mailbox = reading.mailbox_named(name)
    view = View(reading.account_id, mailbox, is_read_only=is_read_only, reader_id=reading.reader_id)
    view.keywords = set(reading.keywords_used(mailbox.mailbox_id))
    if mailbox.recent_uid < mailbox.uid_next - 1:
        view.load(reading)
    return view, mailbox, _first_unseen(reading, mailbox)


def _first_unseen(reading: Reading, mailbox: Mailbox) -> int:
    if not mailbox.unseen_count:
        return 0
    if mailbox.unseen_count == mailbox.message_count:
        return 1
    if mailbox.message_count > FIRST_UNSEEN_ROWS_MAX:
        return 0
    rows = reading.flags(mailbox.mailbox_id, [(1, mailbox.uid_next)])
    return next((n for n, row in enumerate(rows, 1) if not row[2] & Flags.SEEN), 0)


def _tell(session: "ImapSession", view: View, mailbox: Mailbox, unseen: int) -> None:
    tell_keywords(session, view)
    lines = [b"* %d EXISTS\r\n" % mailbox.message_count]
    if session.is_rev2:
        lines.append(b'* LIST () "/" %b\r\n' % encode_name(mailbox.name, session.engine.is_utf8))
    else:
        has_recent = mailbox.recent_uid < mailbox.uid_next - 1
        lines.append(b"* %d RECENT\r\n" % (updates.recent_count(view) if has_recent else 0))
        if unseen:
            lines.append(b"* OK [UNSEEN %d] first unseen\r\n" % unseen)
    lines.append(
        b"* OK [UIDVALIDITY %d] uids valid\r\n"
        b"* OK [UIDNEXT %d] next uid\r\n"
        b"* OK [HIGHESTMODSEQ %d] highest\r\n"
        % (mailbox.uid_validity, mailbox.uid_next, max(mailbox.highest_modseq, 1))
    )
    session.connection.write(b"".join(lines))
