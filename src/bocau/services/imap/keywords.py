"""FLAGS and PERMANENTFLAGS (RFC 9051 §7.3.5, §7.1): which keywords the client has heard of."""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bocau.services.imap.flags import SYSTEM_TEXT, flags_text
from bocau.services.imap.formatter import Row
from bocau.services.imap.view import View
from bocau.store.access import NO_RIGHTS, Rights
from bocau.store.guests import flags_within

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

FLAG_RIGHTS: Final[Rights] = frozenset("stw")


def announce(session: "ImapSession", view: View, rows: Iterable[Row]) -> None:
    """A keyword that FLAGS has not named yet is named before it is shown (RFC 9051 §7.3.5)."""
    text = announcement(view, rows)
    if text:
        session.connection.write(text)


def announcement(view: View, rows: Iterable[Row]) -> bytes:
    """What `announce` says; nothing when all keywords are known."""
    texts = {row[3] for row in rows}
    new = {keyword for text in texts if text for keyword in text.split(" ")} - view.keywords
    if not new:
        return b""
    view.keywords |= new
    return keywords_text(view)


def keywords_text(view: View) -> bytes:
    """FLAGS and PERMANENTFLAGS."""
    rights = NO_RIGHTS if view.is_read_only else view.rights & FLAG_RIGHTS
    return _lines(" ".join(sorted(view.keywords)), rights)


@lru_cache(maxsize=256)
def _lines(keywords: str, rights: Rights) -> bytes:
    """RFC 4314 §5.1.1: only the flags that may be changed are permanent."""
    names = SYSTEM_TEXT + b" " + keywords.encode("utf-8") if keywords else SYSTEM_TEXT
    if rights == FLAG_RIGHTS:
        permanent = names + b" \\*"
    else:
        permanent = flags_text(flags_within(rights), f"{keywords} \\*".lstrip() if "w" in rights else "")
    return b"* FLAGS (%b)\r\n* OK [PERMANENTFLAGS (%b)] flags are kept\r\n" % (names, permanent)
