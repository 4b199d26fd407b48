"""Which mailboxes NOTIFY and ESEARCH are about: filter-mailboxes (RFC 5465 §6, §8, RFC 7377 §2.2)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.specials import mailbox

MAILBOXES_MAX: Final = 1000
SOURCES_MAX: Final = 100


class SourceKind(Enum):
    SELECTED = b"SELECTED"
    SELECTED_DELAYED = b"SELECTED-DELAYED"
    """Of NOTIFY: EXPUNGE waits for a command (RFC 5465 §6.1.2)."""
    INBOXES = b"INBOXES"
    PERSONAL = b"PERSONAL"
    SUBSCRIBED = b"SUBSCRIBED"
    SUBTREE = b"SUBTREE"
    """The mailboxes named and all below them."""
    SUBTREE_ONE = b"SUBTREE-ONE"
    """The mailboxes named and their children."""
    MAILBOXES = b"MAILBOXES"


@dataclass(frozen=True, slots=True)
class Source:
    kind: SourceKind
    names: tuple[str, ...] = ()
    """Of SUBTREE, SUBTREE_ONE and MAILBOXES."""


OF_SELECTED: Final = frozenset((SourceKind.SELECTED, SourceKind.SELECTED_DELAYED))
_NAMED: Final = frozenset((SourceKind.SUBTREE, SourceKind.SUBTREE_ONE, SourceKind.MAILBOXES))


def source(cursor: Cursor) -> Source:
    """filter-mailboxes."""
    try:
        kind = SourceKind(cursor.word())
    except ValueError:
        raise SyntaxFault("unknown mailbox filter") from None
    if kind not in _NAMED:
        return Source(kind)
    cursor.space()
    if cursor.peek(b"("):
        return Source(kind, tuple(cursor.parenthesized(mailbox, count_max=MAILBOXES_MAX, empty=False)))
    return Source(kind, (mailbox(cursor),))


def sources(cursor: Cursor) -> tuple[Source, ...]:
    """ "(" source *(SP source) [SP "(" [scope-options] ")"] ")": no scope option is known (RFC 7377 §2.2)."""
    cursor.expect(b"(")
    found = [source(cursor)]
    while cursor.skip(b" "):
        if cursor.skip(b"()"):
            break
        if len(found) >= SOURCES_MAX:
            raise SyntaxFault("too many mailbox filters")
        found.append(source(cursor))
    cursor.expect(b")")
    if any(one.kind is SourceKind.SELECTED_DELAYED for one in found):
        raise SyntaxFault("SELECTED-DELAYED is for NOTIFY")
    return tuple(found)
