"""LIST (RFC 9051 §6.3.9, RFC 5258) with STATUS (RFC 5819), CHILDREN (RFC 3348), SPECIAL-USE (RFC 6154)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bocau.protocols.imap.commands import List
from bocau.protocols.imap.names import encode_name
from bocau.services.imap.commands.lsub import parents
from bocau.services.imap.commands.status import tell_status
from bocau.services.imap.patterns import Pattern
from bocau.store import Mailbox, MailboxRole

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def answer(session: "ImapSession", command: List) -> None:
    if command.patterns == ("",) and not command.is_extended:
        # The old way to ask for the hierarchy separator.
        session.untagged(b'LIST (\\Noselect) "/" ""')
        await session.ok(command, "LIST completed")
        return
    mailboxes = session.store.glance(session.account_id, lambda reading: reading.mailboxes())
    listing = _Listing(command, mailboxes)
    for mailbox in mailboxes:
        words = listing.attributes(mailbox)
        if words is not None:
            _tell(session, mailbox, words, listing.extended(mailbox))
            if command.status_items and listing.is_selected(mailbox):
                tell_status(session, mailbox, command.status_items)
        if session.connection.wants_flush:
            await session.connection.flush()
    await session.ok(command, "LIST completed")


def _tell(session: "ImapSession", mailbox: Mailbox, words: Sequence[bytes], extended: bytes) -> None:
    name = encode_name(mailbox.name, session.engine.is_utf8)
    session.untagged(b'LIST (%b) "/" %b%b' % (b" ".join(words), name, extended))


class _Listing:
    """One LIST: what is matched, selected and returned."""

    def __init__(self, command: List, mailboxes: Sequence[Mailbox]) -> None:
        self.patterns = [Pattern(command.reference + pattern) for pattern in command.patterns]
        self.selection = command.selection
        returns = command.returns
        self.shows_children = not command.is_extended or b"CHILDREN" in returns
        self.shows_subscribed = b"SUBSCRIBED" in returns or b"SUBSCRIBED" in self.selection
        self.shows_use = True
        self.with_children = {parent for mailbox in mailboxes for parent in parents(mailbox.name)}
        self.above_subscribed: set[str] = set()
        if b"RECURSIVEMATCH" in self.selection:
            self.above_subscribed = {
                parent
                for mailbox in mailboxes
                if self.is_selected(mailbox)
                for parent in parents(mailbox.name)
            }

    def is_selected(self, mailbox: Mailbox) -> bool:
        """Whether the selection options name it."""
        if b"SUBSCRIBED" in self.selection and not mailbox.is_subscribed:
            return False
        return not (b"SPECIAL-USE" in self.selection and _use(mailbox) is None)

    def attributes(self, mailbox: Mailbox) -> list[bytes] | None:
        """The words in parentheses; None: not listed."""
        name = mailbox.name
        if not any(pattern.matches(name) for pattern in self.patterns):
            return None
        if not self.is_selected(mailbox) and name not in self.above_subscribed:
            return None
        words = []
        if self.shows_subscribed and mailbox.is_subscribed:
            words.append(b"\\Subscribed")
        if self.shows_children:
            words.append(b"\\HasChildren" if name in self.with_children else b"\\HasNoChildren")
        use = _use(mailbox)
        if use is not None:
            words.append(use)
        return words

    def extended(self, mailbox: Mailbox) -> bytes:
        """CHILDINFO of RECURSIVEMATCH (RFC 5258 §3.5)."""
        if mailbox.name not in self.above_subscribed:
            return b""
        criteria = b" ".join(
            [b'"%b"' % word for word in sorted(self.selection - {b"RECURSIVEMATCH", b"REMOTE"})]
        )
        return b' ("CHILDINFO" (%b))' % criteria


def _use(mailbox: Mailbox) -> bytes | None:
    if mailbox.role is None or mailbox.role is MailboxRole.INBOX:
        return None
    return b"\\" + mailbox.role.value.capitalize().encode("ascii")
