"""SEARCH, SORT, THREAD, ESEARCH and CANCELUPDATE as values, and their grammar.

search keys are read by `search`, RETURN by `returning`, sort keys by `sorting`, mailboxes by `sources`
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.commands import Command
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.returning import Returns, return_options
from bocau.protocols.imap.search import (
    All,
    ChangedSince,
    Either,
    Everything,
    Fuzzy,
    Key,
    Not,
    search_program,
)
from bocau.protocols.imap.sorting import (
    Criterion,
    SortKey,
    ThreadAlgorithm,
    sort_criteria,
    thread_algorithm,
)
from bocau.protocols.imap.sources import Source, SourceKind, sources

CHARSETS: Final = frozenset((b"", b"UTF-8", b"US-ASCII"))
"""What we read; empty: none was named, which is UTF-8."""
CANCELLED_TAGS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Search(Command):
    by_uid: bool
    key: Key
    returns: Returns | None = None
    """None: without RETURN."""
    has_modseq: bool = False
    charset: bytes = b""
    """One that is not in CHARSETS is refused by NO [BADCHARSET]; the keys have not been read then."""


@dataclass(frozen=True, slots=True)
class Sort(Search):
    """RFC 5256 §3; with RETURN: RFC 5267 §3."""

    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread(Search):
    """RFC 5256 §3."""

    algorithm: ThreadAlgorithm = ThreadAlgorithm.REFERENCES


@dataclass(frozen=True, slots=True)
class MultiSearch(Search):
    """ESEARCH (RFC 7377); `by_uid` is always true."""

    sources: tuple[Source, ...] = (Source(SourceKind.SELECTED),)


@dataclass(frozen=True, slots=True)
class CancelUpdate(Command):
    """RFC 5267 §4.3.5."""

    tags: tuple[bytes, ...]


Parser = Callable[[Cursor, bytes], Command]


def read_search(by_uid: bool) -> Parser:
    """RFC 9051 §6.4.4, RFC 4731 §3.1."""

    def parser(cursor: Cursor, tag: bytes) -> Command:
        cursor.space()
        returns = return_options(cursor)
        charset, key = _program(cursor, _charset_option(cursor))
        _check_relevancy(key, (), returns)
        return Search(tag, by_uid, key, returns, asks_modseq(key), charset)

    return parser


def read_sort(by_uid: bool) -> Parser:
    """RFC 5256 §3, RFC 5267 §3."""

    def parser(cursor: Cursor, tag: bytes) -> Command:
        cursor.space()
        returns = return_options(cursor)
        criteria = sort_criteria(cursor)
        cursor.space()
        charset, key = _program(cursor, _charset(cursor))
        _check_relevancy(key, criteria, returns)
        return Sort(tag, by_uid, key, returns, asks_modseq(key), charset, criteria)

    return parser


def read_thread(by_uid: bool) -> Parser:
    """RFC 5256 §3."""

    def parser(cursor: Cursor, tag: bytes) -> Command:
        cursor.space()
        algorithm = thread_algorithm(cursor)
        cursor.space()
        charset, key = _program(cursor, _charset(cursor))
        return Thread(tag, by_uid, key, None, asks_modseq(key), charset, algorithm)

    return parser


def read_multisearch(cursor: Cursor, tag: bytes) -> Command:
    """RFC 7377 §2.1."""
    cursor.space()
    given: tuple[Source, ...] = (Source(SourceKind.SELECTED),)
    if cursor.peek_word() == b"IN":
        cursor.word()
        cursor.space()
        given = sources(cursor)
        cursor.space()
    returns = return_options(cursor)
    charset, key = _program(cursor, _charset_option(cursor))
    _check_relevancy(key, (), returns)
    return MultiSearch(tag, True, key, returns, asks_modseq(key), charset, given)


def read_cancel_update(cursor: Cursor, tag: bytes) -> Command:
    """RFC 5267 §4.3.5: 1*(SP quoted)."""
    tags = []
    while cursor.skip(b" "):
        tags.append(cursor.string())
        if len(tags) > CANCELLED_TAGS_MAX:
            raise SyntaxFault("too many tags")
    if not tags:
        raise SyntaxFault("CANCELUPDATE what?")
    return CancelUpdate(tag, tuple(tags))


def _charset_option(cursor: Cursor) -> bytes:
    if cursor.peek_word() != b"CHARSET":
        return b""
    cursor.word()
    cursor.space()
    return _charset(cursor)


def _charset(cursor: Cursor) -> bytes:
    charset = cursor.astring().upper()
    cursor.space()
    return charset


def _program(cursor: Cursor, charset: bytes) -> tuple[bytes, Key]:
    if charset in CHARSETS:
        return charset, search_program(cursor)
    # The keys are in a charset we do not read; the answer is NO [BADCHARSET], not BAD.
    cursor.pos, cursor.taken = len(cursor.text), len(cursor.literals)
    return charset, Everything()


def _check_relevancy(key: Key, criteria: tuple[Criterion, ...], returns: Returns | None) -> None:
    """RFC 6203 §4, §5: only a FUZZY search has scores."""
    asked = returns is not None and b"RELEVANCY" in returns.words
    asked = asked or any(criterion.key is SortKey.RELEVANCY for criterion in criteria)
    if asked and not is_fuzzy(key):
        raise SyntaxFault("RELEVANCY needs a FUZZY search key")


def is_fuzzy(key: Key) -> bool:
    """Whether FUZZY stands somewhere in the program."""
    return any(isinstance(inner, Fuzzy) for inner in keys_in(key))


def asks_modseq(key: Key) -> bool:
    """Whether the program names MODSEQ: the answer then carries the highest one (RFC 7162 §3.1.5)."""
    return any(isinstance(inner, ChangedSince) for inner in keys_in(key))


def keys_in(key: Key) -> list[Key]:
    """Every key of the program, the outer ones first."""
    found: list[Key] = []
    open_keys: list[Key] = [key]
    while open_keys:
        inner = open_keys.pop()
        found.append(inner)
        match inner:
            case All(keys):
                open_keys += keys
            case Either(one, other):
                open_keys += (one, other)
            case Not(one) | Fuzzy(one):
                open_keys.append(one)
    return found
