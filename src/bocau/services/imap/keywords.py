"""FLAGS and PERMANENTFLAGS (RFC 9051 §7.3.5, §7.1): which keywords the client has heard of."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bocau.services.imap.flags import SYSTEM_TEXT
from bocau.services.imap.formatter import Row
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


def announce(session: "ImapSession", view: View, rows: Iterable[Row]) -> None:
    """A keyword that FLAGS has not named yet is named before it is shown (RFC 9051 §7.3.5)."""
    texts = {row[3] for row in rows}
    new = {keyword for text in texts if text for keyword in text.split(" ")} - view.keywords
    if new:
        view.keywords |= new
        tell_keywords(session, view)


def tell_keywords(session: "ImapSession", view: View) -> None:
    names = b" ".join([SYSTEM_TEXT, *(keyword.encode("utf-8") for keyword in sorted(view.keywords))])
    session.untagged(b"FLAGS (%b)" % names)
    permanent = b"" if view.is_read_only else names + b" \\*"
    session.untagged(b"OK [PERMANENTFLAGS (%b)] flags are kept" % permanent)
