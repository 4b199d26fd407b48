"""LIST and LSUB (RFC 9051 §6.3.9, RFC 3501 §6.3.9), with the options of RFC 5258, 5819, 6154, 8440, 9590."""

from dataclasses import dataclass
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.commands import Command, StatusItem
from bocau.protocols.imap.metadata import Wanted, wanted_entries
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.specials import list_pattern, mailbox, status_items

PATTERNS_MAX: Final = 100
OPTIONS_MAX: Final = 10
_SELECTION_OPTIONS: Final = frozenset((b"SUBSCRIBED", b"REMOTE", b"RECURSIVEMATCH", b"SPECIAL-USE"))
_RETURN_OPTIONS: Final = frozenset((b"SUBSCRIBED", b"CHILDREN", b"SPECIAL-USE", b"MYRIGHTS"))


@dataclass(frozen=True, slots=True)
class List(Command):
    """Option sets hold upper-case words."""

    reference: str
    patterns: tuple[str, ...]
    selection: frozenset[bytes] = frozenset()
    returns: frozenset[bytes] = frozenset()
    status_items: tuple[StatusItem, ...] = ()
    metadata: Wanted | None = None
    is_extended: bool = False


@dataclass(frozen=True, slots=True)
class Lsub(Command):
    reference: str
    pattern: str


class _Returns:
    """What stands in RETURN (…), as it is read."""

    def __init__(self) -> None:
        self.words: set[bytes] = set()
        self.status_items: tuple[StatusItem, ...] = ()
        self.metadata: Wanted | None = None

    def read(self, cursor: Cursor) -> None:
        word = cursor.word()
        if word == b"STATUS":
            cursor.space()
            self.status_items = status_items(cursor)
        elif word == b"METADATA":
            cursor.space()
            self.metadata = wanted_entries(cursor)
        elif word in _RETURN_OPTIONS:
            self.words.add(word)
        else:
            raise SyntaxFault("unknown return option")


def read_list(cursor: Cursor, tag: bytes) -> List:
    """RFC 9051 §6.3.9, RFC 5258 §6."""
    cursor.space()
    selection: frozenset[bytes] = frozenset()
    is_extended = cursor.peek(b"(")
    if is_extended:
        selection = frozenset(cursor.parenthesized(_selection_option, count_max=OPTIONS_MAX))
        cursor.space()
    reference = mailbox(cursor)
    cursor.space()
    if cursor.peek(b"("):
        is_extended = True
        patterns = cursor.parenthesized(list_pattern, count_max=PATTERNS_MAX, empty=False)
    else:
        patterns = [list_pattern(cursor)]
    returns = _Returns()
    if cursor.skip(b" "):
        is_extended = True
        if cursor.word() != b"RETURN":
            raise SyntaxFault("expected RETURN")
        cursor.space()
        cursor.parenthesized(returns.read, count_max=OPTIONS_MAX)
    if b"RECURSIVEMATCH" in selection and not selection - {b"RECURSIVEMATCH", b"REMOTE"}:
        raise SyntaxFault("RECURSIVEMATCH needs another selection option")
    found = frozenset(returns.words)
    items, metadata = returns.status_items, returns.metadata
    return List(tag, reference, tuple(patterns), selection, found, items, metadata, is_extended)


def _selection_option(cursor: Cursor) -> bytes:
    word = cursor.word()
    if word not in _SELECTION_OPTIONS:
        raise SyntaxFault("unknown selection option")
    return word


def read_lsub(cursor: Cursor, tag: bytes) -> Lsub:
    """RFC 3501 §6.3.9."""
    cursor.space()
    reference = mailbox(cursor)
    cursor.space()
    return Lsub(tag, reference, list_pattern(cursor))
