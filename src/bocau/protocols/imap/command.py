"""The third rung of the grammar: one parser per command name (RFC 9051 §9 command)."""

import binascii
import re
from collections.abc import Callable
from typing import Final

from bocau.base.errors import BadName, SyntaxFault
from bocau.base.wiretext import UINT63_MAX
from bocau.protocols.imap import acl, finding, listing, metadata, notify, quota
from bocau.protocols.imap import commands as c
from bocau.protocols.imap.commands import Command, FlagChange
from bocau.protocols.imap.fetch import fetch_items, fetch_modifiers
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.sets import number_set, plain_set
from bocau.protocols.imap.specials import (
    flags_bare_or_listed,
    mailbox,
    modifiers,
    status_items,
)

Parser = Callable[[Cursor, bytes], Command]
HEAD: Final = re.compile(rb'([^\x00-\x20\x7f-\xff(){%*"\\+]{1,64}) ([A-Za-z]+)(?: ([A-Za-z]+)(?= ))?')
"""tag SP name, and the word after it (for UID)."""
TAG: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]{1,64}(?= )')
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}\Z")
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
        try:
            name = mailbox(cursor)
        except BadName:
            # No mailbox is called "": it fails as any other, with no mailbox selected then (RFC 9051 §6.3.2).
            name = ""
        if not cursor.skip(b" "):
            return kind(tag, name)
        given = dict(cursor.parenthesized(_select_parameter, count_max=10, empty=False))
        return kind(tag, name, is_condstore=b"CONDSTORE" in given, resync=given.get(b"QRESYNC"))

    return parser


def _select_parameter(cursor: Cursor) -> tuple[bytes, c.Resync | None]:
    """RFC 7162 §3.1.8, §3.2.5."""
    word = cursor.word()
    if word == b"CONDSTORE":
        return word, None
    if word != b"QRESYNC":
        raise SyntaxFault("unknown parameter")
    cursor.space()
    cursor.expect(b"(")
    validity = cursor.number(minimum=1)
    cursor.space()
    modseq = cursor.number(maximum=UINT63_MAX, minimum=1)
    known, match = None, None
    if not cursor.peek(b" (", b")"):
        cursor.space()
        known = plain_set(cursor)
    if cursor.skip(b" ("):
        numbers = plain_set(cursor)
        cursor.space()
        match = numbers, plain_set(cursor)
        cursor.expect(b")")
    cursor.expect(b")")
    return word, c.Resync(validity, modseq, known, match)


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


def _status(cursor: Cursor, tag: bytes) -> Command:
    cursor.space()
    name = mailbox(cursor)
    cursor.space()
    return c.Status(tag, name, status_items(cursor))


def _fetch(by_uid: bool) -> Parser:
    def parser(cursor: Cursor, tag: bytes) -> Command:
        """RFC 9051 §6.4.5, with modifiers."""
        cursor.space()
        numbers = number_set(cursor)
        cursor.space()
        items = fetch_items(cursor)
        if not cursor.skip(b" "):
            return c.Fetch(tag, by_uid, numbers, items)
        return c.Fetch(tag, by_uid, numbers, items, *fetch_modifiers(cursor, by_uid=by_uid))

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


def _compress(cursor: Cursor, tag: bytes) -> Command:
    cursor.space()
    return c.Compress(tag, cursor.word())


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
    b"LIST": listing.read_list,
    b"LSUB": listing.read_lsub,
    b"SETACL": acl.read_set,
    b"DELETEACL": acl.read_delete,
    b"GETACL": acl.read_get,
    b"LISTRIGHTS": acl.read_list,
    b"MYRIGHTS": acl.read_my,
    b"GETMETADATA": metadata.read_get,
    b"SETMETADATA": metadata.read_set,
    b"GETQUOTA": quota.read_get,
    b"GETQUOTAROOT": quota.read_get_root,
    b"SETQUOTA": quota.read_set,
    b"NOTIFY": notify.read,
    b"NAMESPACE": _bare(c.Namespace),
    b"STATUS": _status,
    b"IDLE": _bare(c.Idle),
    b"CLOSE": _bare(c.Close),
    b"UNSELECT": _bare(c.Unselect),
    b"CHECK": _bare(c.Check),
    b"EXPUNGE": _bare(c.Expunge),
    b"UID EXPUNGE": _uid_expunge,
    b"SEARCH": finding.read_search(False),
    b"UID SEARCH": finding.read_search(True),
    b"SORT": finding.read_sort(False),
    b"UID SORT": finding.read_sort(True),
    b"THREAD": finding.read_thread(False),
    b"UID THREAD": finding.read_thread(True),
    b"ESEARCH": finding.read_multisearch,
    b"CANCELUPDATE": finding.read_cancel_update,
    b"FETCH": _fetch(False),
    b"UID FETCH": _fetch(True),
    b"STORE": _store(False),
    b"UID STORE": _store(True),
    b"COPY": _copy(c.Copy, False),
    b"UID COPY": _copy(c.Copy, True),
    b"MOVE": _copy(c.Move, False),
    b"UID MOVE": _copy(c.Move, True),
    b"ID": _id,
    b"COMPRESS": _compress,
    b"UNAUTHENTICATE": _bare(c.Unauthenticate),
    b"GETJMAPACCESS": _bare(c.GetJmapAccess),
}
