"""Rights to the selected mailbox, asked for at every command (RFC 4314 §4, §5.1.1), and how they are written.

For the owner nothing is asked. A guest who may not read any more is sent away; one whose rights have changed
hears the flags anew. What a command does is allowed or refused by the store, in the transaction that does it;
`NEEDED` only spares a command that could do nothing.
"""

from typing import TYPE_CHECKING, Final

from bocau.base.errors import NotPermitted
from bocau.protocols.imap import append as a
from bocau.protocols.imap import commands as c
from bocau.services.imap.keywords import keywords_text
from bocau.store.access import Deed, Rights, rights_text

if TYPE_CHECKING:
    from bocau.protocols.imap import Event
    from bocau.services.imap.session import ImapSession
    from bocau.services.imap.view import View

NEEDED: Final[dict[type, Deed]] = {
    c.Expunge: Deed.EXPUNGE,
    c.Move: Deed.TAKE_AWAY,
    a.ReplaceMessage: Deed.TAKE_AWAY,
}
"""Of the selected mailbox; other commands need to read it. CLOSE is OK without "e", but removes nothing."""
WRITES: Final = frozenset("iewt")
"""Who has none of these gets READ-ONLY (RFC 4314 §5.2): a guest's \\Seen is not shared."""
_CREATE: Final = frozenset("kx")
_DELETE: Final = frozenset("et")


def wire_rights(rights: Rights) -> bytes:
    """With the virtual "c" and "d" for clients of RFC 2086 (RFC 4314 §2.1.1)."""
    text = rights_text(rights)
    if rights & _CREATE:
        text += "c"
    if rights & _DELETE:
        text += "d"
    return text.encode("ascii") or b'""'


def may_stay(session: "ImapSession") -> bool:
    """Whether the selected mailbox may still be read; tells the flags anew when the rights have changed."""
    view = session.view
    if view is None or not view.has_own_seen:
        return True
    rights = _now(session, view)
    if not Deed.READ.value <= rights:
        return False
    if rights != view.rights:
        view.rights = rights
        session.connection.write(keywords_text(view))
    return True


def may_read(session: "ImapSession", view: "View") -> bool:
    """The same question, without a word."""
    return not view.has_own_seen or Deed.READ.value <= _now(session, view)


def check_stay(session: "ImapSession") -> None:
    """The same in the midst of a long answer. NotPermitted."""
    if session.view is not None and not may_read(session, session.view):
        raise NotPermitted("the mailbox is not there for you any more")


def _now(session: "ImapSession", view: "View") -> Rights:
    return session.store.glance(view.account_id, lambda reading: reading.rights(view.mailbox_id))


def check(session: "ImapSession", event: "Event") -> None:
    """Whether the command can do anything in the selected mailbox. NotPermitted."""
    view = session.view
    deed = NEEDED.get(type(event))
    if view is not None and deed is not None and not deed.value <= view.rights:
        raise NotPermitted("your rights to this mailbox do not reach that far")
