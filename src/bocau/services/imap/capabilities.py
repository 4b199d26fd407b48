"""The CAPABILITY line of each state (RFC 9051 §6.1.1, §7.2.2)."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap import State
from bocau.services.imap.quota import is_admin
from bocau.services.imap.switched_off import left

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

# LITERAL+ alone: it allows all that LITERAL- does, and a server must not name both (RFC 7888 §5).
ALWAYS: Final = b"IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE"
KNOWN: Final = (
    b"UIDPLUS MOVE UNSELECT NAMESPACE SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS STATUS=SIZE"
    b" ACL RIGHTS=texk LIST-MYRIGHTS LIST-METADATA METADATA QUOTA QUOTA=RES-STORAGE NOTIFY"
    b" CHILDREN ESEARCH SEARCHRES CONDSTORE QRESYNC UIDONLY OBJECTID MULTIAPPEND UTF8=ACCEPT BINARY SAVEDATE"
    b" PREVIEW"
    b" CATENATE REPLACE COMPRESS=DEFLATE"
    b" SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT THREAD=REFERENCES ESORT CONTEXT=SEARCH CONTEXT=SORT"
    b" MULTISEARCH I18NLEVEL=1 INPROGRESS PARTIAL WITHIN SEARCH=FUZZY"
)


def capabilities(session: "ImapSession") -> bytes:
    """The words after CAPABILITY."""
    return left(session.without, _all(session))


def _all(session: "ImapSession") -> bytes:
    if session.engine.state is not State.NOT_AUTHENTICATED:
        settings = session.service.settings
        limits = settings.messages_per_command_max, settings.messages_saved_max
        words = _after_login(session.engine.append_bytes_max, *limits)
        if settings.allows_unauthenticate:
            words += b" UNAUTHENTICATE"
        if settings.jmap_url:
            words += b" JMAPACCESS"
        return words + b" QUOTASET" if is_admin(session) else words
    return _before_login(session.can_start_tls, session.mechanisms if session.may_log_in else ())


@lru_cache(maxsize=16)
def _after_login(append_bytes_max: int, messages_max: int, saved_max: int) -> bytes:
    limits = b"APPENDLIMIT=%d MESSAGELIMIT=%d SAVELIMIT=%d" % (append_bytes_max, messages_max, saved_max)
    return b"%b %b %b" % (ALWAYS, KNOWN, limits)


@lru_cache(maxsize=16)
def _before_login(can_start_tls: bool, mechanisms: tuple[str, ...]) -> bytes:
    words = [ALWAYS]
    if can_start_tls:
        words.append(b"STARTTLS")
    words += [b"AUTH=" + name.encode("ascii") for name in mechanisms] or [b"LOGINDISABLED"]
    return b" ".join(words)
