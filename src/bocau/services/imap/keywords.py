"""FLAGS and PERMANENTFLAGS (RFC 9051 §7.3.5, §7.1): which keywords the client has heard of."""

from collections.abc import Iterable
from functools import lru_cache
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
    session.connection.write(_lines(" ".join(sorted(view.keywords)), view.is_read_only))


@lru_cache(maxsize=256)
def _lines(keywords: str, is_read_only: bool) -> bytes:
    names = SYSTEM_TEXT + b" " + keywords.encode("utf-8") if keywords else SYSTEM_TEXT
    permanent = b"" if is_read_only else names + b" \\*"
    return b"* FLAGS (%b)\r\n* OK [PERMANENTFLAGS (%b)] flags are kept\r\n" % (names, permanent)
