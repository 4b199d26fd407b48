"""The second rung of the grammar: mailbox names, flags, option lists (RFC 9051 §9)."""

from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import UINT63_MAX
from bocau.protocols.imap.commands import StatusItem
from bocau.protocols.imap.names import decode_name
from bocau.protocols.imap.primitives import Cursor

FLAGS_MAX: Final = 100
KEYWORD_CHARACTERS_MAX: Final = 100
SYSTEM_FLAGS: Final = {
    name.upper(): name for name in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")
}


def mailbox(cursor: Cursor) -> str:
    """A mailbox name, decoded; BadName."""
    return decode_name(cursor.astring(), cursor.is_utf8)


def list_pattern(cursor: Cursor) -> str:
    return decode_name(cursor.list_mailbox(), cursor.is_utf8)


def flag(cursor: Cursor) -> str:
    """A system flag as this project spells it, or a keyword. \\Recent and unknown \\names are refused."""
    is_system = cursor.skip(b"\\")
    name = cursor.atom().decode("ascii")
    if is_system:
        known = SYSTEM_FLAGS.get("\\" + name.upper())
        if known is None:
            raise SyntaxFault("this flag cannot be set")
        return known
    if len(name) > KEYWORD_CHARACTERS_MAX or "]" in name:
        raise SyntaxFault("not a keyword")
    return name


def flag_list(cursor: Cursor) -> tuple[str, ...]:
    return tuple(cursor.parenthesized(flag, count_max=FLAGS_MAX))


def flags_bare_or_listed(cursor: Cursor) -> tuple[str, ...]:
    """store-att-flags: a list, or flags separated by spaces."""
    if cursor.peek(b"("):
        return flag_list(cursor)
    found = [flag(cursor)]
    while cursor.skip(b" "):
        found.append(flag(cursor))
        if len(found) > FLAGS_MAX:
            raise SyntaxFault("too many flags")
    return tuple(found)


def status_items(cursor: Cursor) -> tuple[StatusItem, ...]:
    return tuple(dict.fromkeys(cursor.parenthesized(_status_item, count_max=20, empty=False)))


def _status_item(cursor: Cursor) -> StatusItem:
    try:
        return StatusItem(cursor.word())
    except ValueError:
        raise SyntaxFault("unknown status item") from None


def modifiers(cursor: Cursor) -> dict[bytes, int | None]:
    """ "(" name [SP number] … ")": the parameters of SELECT, FETCH and STORE (RFC 4466)."""
    return dict(cursor.parenthesized(_modifier, count_max=10, empty=False))


def _modifier(cursor: Cursor) -> tuple[bytes, int | None]:
    name = cursor.word()
    if cursor.text[cursor.pos + 1 : cursor.pos + 2].isdigit() and cursor.skip(b" "):
        return name, cursor.number(maximum=UINT63_MAX)
    return name, None
