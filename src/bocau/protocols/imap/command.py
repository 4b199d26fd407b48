"""The third rung of the grammar: one parser per command name (RFC 9051 §9 command)."""

import binascii
import re
from collections.abc import Callable
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap import commands as c
from bocau.protocols.imap.commands import Command, FlagChange
from bocau.protocols.imap.fetch import fetch_items
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.search import All as AllKeys
from bocau.protocols.imap.search import ChangedSince, Either, Key, Not, search_program
from bocau.protocols.imap.sets import number_set
from bocau.protocols.imap.specials import (
    flags_bare_or_listed,
    list_pattern,
    mailbox,
    modifiers,
    status_items,
)

Parser = Callable[[Cursor, bytes], Command]
HEAD: Final = re.compile(rb'([^\x00-\x20\x7f-\xff(){%*"\\+]{1,64}) ([A-Za-z]+)(?: ([A-Za-z]+)(?= ))?')
"""tag SP name, and the word after it (for UID)."""
TAG: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]{1,64}(?= )')
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}\Z")
LIST_PATTERNS_MAX: Final = 100
ID_FIELDS_MAX: Final = 30


def parse(text: bytes, literals: list[bytes], *, is_utf8: bool, nesting_max: int) -> Command:
    """Read one whole command. SyntaxFault, TooLong, BadName."""
    cursor = Cursor(text, literals, is_utf8=is_utf8, nesting_max=nesting_max)
    tag, name = head(cursor)
    parser = PARSERS.get(name)
    if parser is None:
        raise SyntaxFault("unknown command")
    command = parser(cursor, tag)
    cursor.end()
    return command


def head(cursor: Cursor) -> tuple[bytes, bytes]:
    """Take the tag and the command's name ("UID FETCH" is one name)."""
    found = HEAD.match(cursor.text)
    if found is None:
        raise SyntaxFault("expected a tag and a command")
    tag, name, second = found.groups()
    name = name.upper()
    if name == b"UID" and second:
        cursor.pos = found.end()
        return tag, b"UID " + second.upper()
    cursor.pos = found.end(2)
    return tag, name


def _bare(kind: type[Command]) -> Parser:
    return lambda cursor, tag: kind(tag)


def _one_mailbox(kind: Callable[[bytes, str], Command]) -> Parser:
    def parser(cursor: Cursor, tag: bytes) -> Command:
        cursor.space()
        return kind(tag, mailbox(cursor))

    return parser


def _authenticate(cursor: Cursor, tag: bytes) -> Command:
    """RFC 9051 §6.2.2, with the initial response of RFC 4959."""
    cursor.space()
    mechanism = cursor.word().decode("ascii")
    initial = None
    if cursor.skip(b" "):
        initial = sasl_response(cursor.text[cursor.pos :])
        cursor.pos = len(cursor.text)
    return c.Authenticate(tag, mechanism, initial)


def sasl_response(data: bytes) -> bytes:
    """Strict base64; "=" is the empty response (RFC 4959 §3)."""
    if data == b"=":
        return b""
    if len(data) % 4 or not _BASE64.match(data):
        raise SyntaxFault("not base64")
    return binascii.a2b_base64(data)


def _login(cursor: Cursor, tag: bytes) -> Command:
    cursor.space()
    user = cursor.text_string()
    cursor.space()
    return c.Login(tag, user, cursor.text_string())


def _enable(cursor: Cursor, tag: bytes) -> Command:
    names = []
    while cursor.skip(b" "):
        names.append(cursor.word())
    if not names:
        raise SyntaxFault("ENABLE what?")
    return c.Enable(tag, tuple(names))


def _select(kind: type[c.Select]) -> Parser:
    def parser(cursor: Cursor, tag: bytes) -> Command:
        cursor.space()
        name = mailbox(cursor)
        if not cursor.skip(b" "):
            return kind(tag, name)
        if set(modifiers(cursor)) != {b"CONDSTORE"}:
            raise SyntaxFault("unknown parameter")
        return kind(tag, name, is_condstore=True)

    return parser


def _create(cursor: Cursor, tag: bytes) -> Command:
    """RFC 9051 §6.3.4, RFC 6154 §3."""
    cursor.space()
    name = mailbox(cursor)
    uses: tuple[bytes, ...] = ()
    if cursor.skip(b" "):
        cursor.expect(b"(")
        if cursor.word() != b"USE":
            raise SyntaxFault("unknown parameter")
        cursor.space()
        uses = tuple(cursor.parenthesized(_attribute, count_max=10))
        cursor.expect(b")")
    return c.Create(tag, name, uses)


def _attribute(cursor: Cursor) -> bytes:
    cursor.expect(b"\\")
    return b"\\" + cursor.word()


def _rename(cursor: Cursor, tag: bytes) -> Command:
    cursor.space()
    old = mailbox(cursor)
    cursor.space()
    return c.Rename(tag, old, mailbox(cursor))


def _list(cursor: Cursor, tag: bytes) -> Command:
    """RFC 9051 §6.3.9."""
    cursor.space()
    selection: frozenset[bytes] = frozenset()
    returns: set[bytes] = set()
    items: list[c.StatusItem] = []
    is_extended = cursor.peek(b"(")
    if is_extended:
        selection = frozenset(cursor.parenthesized(_selection_option, count_max=10))
        cursor.space()
    reference = mailbox(cursor)
    cursor.space()
    if cursor.peek(b"("):
        is_extended = True
        patterns = cursor.parenthesized(list_pattern, count_max=LIST_PATTERNS_MAX, empty=False)
    else:
        patterns = [list_pattern(cursor)]
    if cursor.skip(b" "):
        is_extended = True
        if cursor.word() != b"RETURN":
            raise SyntaxFault("expected RETURN")
        cursor.space()
        cursor.parenthesized(lambda inner: _return_option(inner, returns, items), count_max=10)
    if b"RECURSIVEMATCH" in selection and not selection - {b"RECURSIVEMATCH", b"REMOTE"}:
        raise SyntaxFault("RECURSIVEMATCH needs another selection option")
    return c.List(tag, reference, tuple(patterns), selection, frozenset(returns), tuple(items), is_extended)


_SELECTION_OPTIONS: Final = frozenset((b"SUBSCRIBED", b"REMOTE", b"RECURSIVEMATCH", b"SPECIAL-USE"))
_RETURN_OPTIONS: Final = frozenset((b"SUBSCRIBED", b"CHILDREN", b"SPECIAL-USE"))


def _selection_option(cursor: Cursor) -> bytes:
    word = cursor.word()
    if word not in _SELECTION_OPTIONS:
        raise SyntaxFault("unknown selection option")
    return word


def _return_option(cursor: Cursor, returns: set[bytes], items: list[c.StatusItem]) -> None:
    word = cursor.word()
    if word == b"STATUS":
        cursor.space()
        items += status_items(cursor)
    elif word in _RETURN_OPTIONS:
        returns.add(word)
    else:
        raise SyntaxFault("unknown return option")


def _lsub(cursor: Cursor, tag: bytes) -> Command:
    cursor.space()
    reference = mailbox(cursor)
    cursor.space()
    return c.Lsub(tag, reference, list_pattern(cursor))


def _status(cursor: Cursor, tag: bytes) -> Command:
    cursor.space()
    name = mailbox(cursor)
    cursor.space()
    return c.Status(tag, name, status_items(cursor))


def _search(by_uid: bool) -> Parser:
    def parser(cursor: Cursor, tag: bytes) -> Command:
        """RFC 9051 §6.4.4, RFC 4731."""
        cursor.space()
        returns = None
        charset = b"UTF-8"
        if cursor.peek_word() == b"RETURN":
            cursor.word()
            cursor.space()
            returns = frozenset(cursor.parenthesized(_search_return, count_max=10)) or frozenset((b"ALL",))
            cursor.space()
        if cursor.peek_word() == b"CHARSET":
            cursor.word()
            cursor.space()
            charset = cursor.astring().upper()
            cursor.space()
        if charset not in (b"UTF-8", b"US-ASCII"):
            # The keys are in a charset we do not read; the answer is NO [BADCHARSET], not BAD.
            cursor.pos, cursor.taken = len(cursor.text), len(cursor.literals)
            return c.Search(tag, by_uid, AllKeys(()), returns, charset=charset)
        key = search_program(cursor)
        return c.Search(tag, by_uid, key, returns, asks_modseq(key), charset)

    return parser


_SEARCH_RETURNS: Final = frozenset((b"MIN", b"MAX", b"ALL", b"COUNT", b"SAVE"))


def _search_return(cursor: Cursor) -> bytes:
    word = cursor.word()
    if word not in _SEARCH_RETURNS:
        raise SyntaxFault("unknown RETURN option")
    return word


def asks_modseq(key: Key) -> bool:
    """Whether the program names MODSEQ: the answer then carries the highest one (RFC 7162 §3.1.5)."""
    match key:
        case ChangedSince():
            return True
        case AllKeys(keys):
            return any(asks_modseq(k) for k in keys)
        case Either(one, other):
            return asks_modseq(one) or asks_modseq(other)
        case Not(inner):
            return asks_modseq(inner)
        case _:
            return False


def _fetch(by_uid: bool) -> Parser:
    def parser(cursor: Cursor, tag: bytes) -> Command:
        """RFC 9051 §6.4.5, CHANGEDSINCE of RFC 7162 §3.1.4.1."""
        cursor.space()
        numbers = number_set(cursor)
        cursor.space()
        items = fetch_items(cursor)
        if not cursor.skip(b" "):
            return c.Fetch(tag, by_uid, numbers, items)
        given = modifiers(cursor)
        since = given.pop(b"CHANGEDSINCE", None)
        if given or since is None:
            raise SyntaxFault("unknown FETCH modifier")
        return c.Fetch(tag, by_uid, numbers, items, since)

    return parser


def _store(by_uid: bool) -> Parser:
    def parser(cursor: Cursor, tag: bytes) -> Command:
        """RFC 9051 §6.4.6, UNCHANGEDSINCE of RFC 7162 §3.1.3."""
        cursor.space()
        numbers = number_set(cursor)
        cursor.space()
        unchanged = None
        if cursor.peek(b"("):
            given = modifiers(cursor)
            unchanged = given.pop(b"UNCHANGEDSINCE", None)
            if given or unchanged is None:
                raise SyntaxFault("unknown STORE modifier")
            cursor.space()
        name = cursor.word()
        is_silent = name.endswith(b".SILENT")
        try:
            change = FlagChange(name.removesuffix(b".SILENT"))
        except ValueError:
            raise SyntaxFault("unknown STORE item") from None
        cursor.space()
        return c.Store(tag, by_uid, numbers, change, is_silent, flags_bare_or_listed(cursor), unchanged)

    return parser


def _copy(kind: type[c.Copy], by_uid: bool) -> Parser:
    def parser(cursor: Cursor, tag: bytes) -> Command:
        cursor.space()
        numbers = number_set(cursor)
        cursor.space()
        return kind(tag, by_uid, numbers, mailbox(cursor))

    return parser


def _uid_expunge(cursor: Cursor, tag: bytes) -> Command:
    cursor.space()
    return c.Expunge(tag, number_set(cursor))


def _id(cursor: Cursor, tag: bytes) -> Command:
    """RFC 2971 §3.1."""
    cursor.space()
    if cursor.peek_word() == b"NIL":
        cursor.word()
        return c.Id(tag, None)
    return c.Id(tag, tuple(cursor.parenthesized(_id_field, count_max=ID_FIELDS_MAX)))


def _id_field(cursor: Cursor) -> tuple[bytes, bytes | None]:
    name = cursor.string()
    cursor.space()
    return name, cursor.nstring()


PARSERS: Final[dict[bytes, Parser]] = {
    b"CAPABILITY": _bare(c.Capability),
    b"NOOP": _bare(c.Noop),
    b"LOGOUT": _bare(c.Logout),
    b"STARTTLS": _bare(c.StartTls),
    b"AUTHENTICATE": _authenticate,
    b"LOGIN": _login,
    b"ENABLE": _enable,
    b"SELECT": _select(c.Select),
    b"EXAMINE": _select(c.Examine),
    b"CREATE": _create,
    b"DELETE": _one_mailbox(c.Delete),
    b"RENAME": _rename,
    b"SUBSCRIBE": _one_mailbox(c.Subscribe),
    b"UNSUBSCRIBE": _one_mailbox(c.Unsubscribe),
    b"LIST": _list,
    b"LSUB": _lsub,
    b"NAMESPACE": _bare(c.Namespace),
    b"STATUS": _status,
    b"IDLE": _bare(c.Idle),
    b"CLOSE": _bare(c.Close),
    b"UNSELECT": _bare(c.Unselect),
    b"CHECK": _bare(c.Check),
    b"EXPUNGE": _bare(c.Expunge),
    b"UID EXPUNGE": _uid_expunge,
    b"SEARCH": _search(False),
    b"UID SEARCH": _search(True),
    b"FETCH": _fetch(False),
    b"UID FETCH": _fetch(True),
    b"STORE": _store(False),
    b"UID STORE": _store(True),
    b"COPY": _copy(c.Copy, False),
    b"UID COPY": _copy(c.Copy, True),
    b"MOVE": _copy(c.Move, False),
    b"UID MOVE": _copy(c.Move, True),
    b"ID": _id,
}
