"""The IMAP URLs of CATENATE (RFC 4469 §3, RFC 5092 §11): a message of this server, or a part of it.

/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2/;PARTIAL=0.1024      any mailbox
;UID=20/;SECTION=HEADER                                                 the selected one
"""

import re
from dataclasses import dataclass
from typing import Final

from bocau.base.errors import BadName, PeerError, SyntaxFault
from bocau.base.wiretext import UINT32_MAX, UINT63_MAX, number
from bocau.protocols.imap.fetch import Section, fetch_items
from bocau.protocols.imap.names import decode_name
from bocau.protocols.imap.primitives import Cursor

_URL: Final = re.compile(
    rb"(?:/(?P<mailbox>[^;/?#][^;?#]*?))?"
    rb"(?:;UIDVALIDITY=(?P<validity>[0-9]{1,10}))?"
    rb"/?;UID=(?P<uid>[0-9]{1,10})"
    rb"(?:/?;SECTION=(?P<section>[^;?#]+?))?"
    rb"(?:/?;PARTIAL=(?P<offset>[0-9]{1,19})(?:\.(?P<length>[0-9]{1,19}))?)?",
    re.IGNORECASE,
)
"""Some clients, and the examples of RFC 4469, leave out the slash before a semicolon."""
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_STRAY_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class BadUrl(PeerError):
    """Not a URL of a message that we could have."""


@dataclass(frozen=True, slots=True)
class MessageUrl:
    """Octets of one message. `mailbox` is None for the selected one."""

    mailbox: str | None
    uid_validity: int | None
    uid: int
    section: Section


def parse_url(url: bytes) -> MessageUrl:
    """Read a URL relative to this server. BadUrl."""
    found = _URL.fullmatch(url)
    if found is None:
        raise BadUrl("not a relative URL of a message")
    try:
        name = found["mailbox"]
        return MessageUrl(
            None if name is None else decode_name(_unescaped(name), is_utf8=True),
            None if found["validity"] is None else number(found["validity"], minimum=1),
            number(found["uid"], maximum=UINT32_MAX, minimum=1),
            _section(_unescaped(found["section"] or b""), found["offset"], found["length"]),
        )
    except (PeerError, BadName) as error:
        raise BadUrl(str(error)) from None


def _unescaped(text: bytes) -> bytes:
    """RFC 3986 §2.1, once."""
    if b"%" not in text:
        return text
    if _STRAY_PERCENT.search(text):
        raise SyntaxFault("broken percent-encoding")
    return _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode("ascii")), text)


def _section(text: bytes, offset: bytes | None, length: bytes | None) -> Section:
    """What FETCH would call BODY.PEEK[section]<offset.length>."""
    partial = b"" if offset is None else b"<%b.%b>" % (offset, length or b"%d" % UINT63_MAX)
    cursor = Cursor(b"BODY.PEEK[%b]%b" % (text, partial))
    items = fetch_items(cursor)
    cursor.end()
    if len(items) != 1 or not isinstance(items[0], Section):
        raise SyntaxFault("not a section")
    return items[0]
