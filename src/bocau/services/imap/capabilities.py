"""The CAPABILITY line of each state (RFC 9051 §6.1.1, §7.2.2)."""

from typing import TYPE_CHECKING, Final

from bocau.protocols.imap import State

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

ALWAYS: Final = b"IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE"
KNOWN: Final = (
    b"UIDPLUS MOVE UNSELECT NAMESPACE SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE"
    b" CHILDREN ESEARCH SEARCHRES CONDSTORE MULTIAPPEND UTF8=ACCEPT BINARY SAVEDATE"
)


def capabilities(session: "ImapSession") -> bytes:
    """The words after CAPABILITY."""
    if session.engine.state is not State.NOT_AUTHENTICATED:
        return b"%b %b APPENDLIMIT=%d" % (ALWAYS, KNOWN, session.engine.append_bytes_max)
    words = [ALWAYS]
    if session.can_start_tls:
        words.append(b"STARTTLS")
    if session.may_log_in:
        words += [b"AUTH=" + name.encode("ascii") for name in session.mechanisms]
    else:
        words.append(b"LOGINDISABLED")
    return b" ".join(words)
