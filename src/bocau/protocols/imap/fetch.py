"""What FETCH may ask for (RFC 9051 §6.4.5, RFC 3501 §6.4.5, RFC 3516, RFC 7162, RFC 8474, RFC 8514, RFC 8970,
RFC 9394)."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from bocau.base.errors import SyntaxFault, TooLong
from bocau.base.wiretext import UINT63_MAX
from bocau.protocols.imap.limits import FETCH_ITEMS_MAX, SECTION_DEPTH_MAX
from bocau.protocols.imap.names import astring
from bocau.protocols.imap.partial import Partial, partial_range
from bocau.protocols.imap.primitives import Cursor, decoded


class Attribute(Enum):
    """Items without arguments; the value is the name on the wire."""

    UID = b"UID"
    FLAGS = b"FLAGS"
    INTERNALDATE = b"INTERNALDATE"
    SIZE = b"RFC822.SIZE"
    ENVELOPE = b"ENVELOPE"
    BODY = b"BODY"
    BODYSTRUCTURE = b"BODYSTRUCTURE"
    MODSEQ = b"MODSEQ"
    EMAIL_ID = b"EMAILID"
    THREAD_ID = b"THREADID"
    SAVE_DATE = b"SAVEDATE"
    PREVIEW = b"PREVIEW"
    LAZY_PREVIEW = b"PREVIEW (LAZY)"
    """NIL will do for what is not at hand (RFC 8970 §4)."""


class Portion(Enum):
    """Which portion of a part a section names."""

    WHOLE = b""
    HEADER = b"HEADER"
    FIELDS = b"HEADER.FIELDS"
    FIELDS_NOT = b"HEADER.FIELDS.NOT"
    TEXT = b"TEXT"
    MIME = b"MIME"


class Form(Enum):
    """How the octets of a section are answered."""

    RAW = "raw"
    DECODED = "decoded"
    """BINARY: the content-transfer-encoding taken off."""
    DECODED_SIZE = "size"


@dataclass(frozen=True, slots=True)
class Section:
    """BODY[…], BINARY[…] and the RFC822 items. `label` is how the answer is named, `part` the numbers."""

    label: bytes
    part: tuple[int, ...] = ()
    portion: Portion = Portion.WHOLE
    fields: frozenset[bytes] = frozenset()
    """Lower case."""
    partial: tuple[int, int] | None = None
    """First octet, octets at most."""
    marks_seen: bool = False
    form: Form = Form.RAW


Item = Attribute | Section
_FAST: Final = (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE)
_MACROS: Final[dict[bytes, tuple[Item, ...]]] = {
    b"FAST": _FAST,
    b"ALL": (*_FAST, Attribute.ENVELOPE),
    b"FULL": (*_FAST, Attribute.ENVELOPE, Attribute.BODY),
}
_ATTRIBUTES: Final = {attribute.value: attribute for attribute in Attribute}
_OLD_NAMES: Final = {
    b"RFC822": Section(b"RFC822", marks_seen=True),
    b"RFC822.HEADER": Section(b"RFC822.HEADER", portion=Portion.HEADER),
    b"RFC822.TEXT": Section(b"RFC822.TEXT", portion=Portion.TEXT, marks_seen=True),
}
_NAME: Final = re.compile(rb"[A-Za-z0-9.]+")
_PART: Final = re.compile(rb"[1-9][0-9]{0,4}(?:\.[1-9][0-9]{0,4})*")
_PORTION_NAME: Final = re.compile(rb"[A-Za-z.]+")
# RFC 8970 §6. The parenthesis of FETCH's own modifiers begins alike.
_LAZY: Final = re.compile(rb" \(LAZY(?: LAZY)*\)", re.IGNORECASE)
_MODIFIERS: Final = re.compile(rb"CHANGEDSINCE|VANISHED|PARTIAL", re.IGNORECASE)
_CACHED_BYTES_MAX: Final = 512


def fetch_items(cursor: Cursor) -> tuple[Item, ...]:
    """A macro, one item, or a list. Clients ask the same lists again and again: short ones are remembered."""
    end = _list_end(cursor)
    if end < 0:
        return _read_items(cursor)
    text = cursor.text[cursor.pos : end]
    items = _remembered(text)
    cursor.pos = end
    return items


def _list_end(cursor: Cursor) -> int:
    """Where the item list ends when it is short, without literals and without modifiers after it; else -1."""
    end = len(cursor.text)
    if end - cursor.pos > _CACHED_BYTES_MAX or cursor.literals:
        return -1
    return -1 if _MODIFIERS.search(cursor.text, cursor.pos) else end


@lru_cache(maxsize=256)
def _remembered(text: bytes) -> tuple[Item, ...]:
    cursor = Cursor(text)
    items = _read_items(cursor)
    cursor.end()
    return items


def _read_items(cursor: Cursor) -> tuple[Item, ...]:
    if cursor.peek(b"("):
        return fetch_item_list(cursor)
    macro = _MACROS.get(cursor.peek_word())
    if macro is not None:
        cursor.word()
        return macro
    return (_item(cursor),)


def fetch_item_list(cursor: Cursor) -> tuple[Item, ...]:
    """ "(" fetch-att *(SP fetch-att) ")", each once."""
    items = cursor.parenthesized(_item, count_max=FETCH_ITEMS_MAX, empty=False)
    return tuple(dict.fromkeys(items))


def _item(cursor: Cursor) -> Item:
    name = cursor.take(_NAME, "a fetch item").upper()
    if cursor.skip(b"["):
        return _section(cursor, name)
    if name == b"PREVIEW":
        return Attribute.LAZY_PREVIEW if _skipped(cursor, _LAZY) else Attribute.PREVIEW
    if name in _ATTRIBUTES:
        return _ATTRIBUTES[name]
    if name in _OLD_NAMES:
        return _OLD_NAMES[name]
    raise SyntaxFault("unknown fetch item")


def _skipped(cursor: Cursor, pattern: "re.Pattern[bytes]") -> bool:
    """Take what fits, when it comes next."""
    found = pattern.match(cursor.text, cursor.pos)
    if found is not None:
        cursor.pos = found.end()
    return found is not None


def _section(cursor: Cursor, name: bytes) -> Section:
    peeks = name.endswith(b".PEEK")
    base = name.removesuffix(b".PEEK")
    if base == b"BODY":
        part, portion, fields, spec = _body_spec(cursor)
        form = Form.RAW
    elif base == b"BINARY" or name == b"BINARY.SIZE":
        base = name.removesuffix(b".PEEK")
        part = _part(cursor)
        portion, fields, spec = Portion.WHOLE, (), _part_text(part)
        form = Form.DECODED_SIZE if base == b"BINARY.SIZE" else Form.DECODED
    else:
        raise SyntaxFault("unknown fetch item")
    cursor.expect(b"]")
    partial = None if form is Form.DECODED_SIZE else _partial(cursor)
    label = b"%b[%b]" % (base, spec)
    if partial is not None:
        label += b"<%d>" % partial[0]
    marks_seen = not peeks and form is not Form.DECODED_SIZE
    return Section(label, part, portion, frozenset(f.lower() for f in fields), partial, marks_seen, form)


def _part(cursor: Cursor) -> tuple[int, ...]:
    found = _PART.match(cursor.text, cursor.pos)
    if found is None:
        return ()
    cursor.pos = found.end()
    numbers = found[0].split(b".")
    if len(numbers) > SECTION_DEPTH_MAX:
        raise TooLong("section nested too deeply")
    return tuple([int(n) for n in numbers])


def _part_text(part: tuple[int, ...]) -> bytes:
    return b".".join([b"%d" % n for n in part])


def _body_spec(cursor: Cursor) -> tuple[tuple[int, ...], Portion, tuple[bytes, ...], bytes]:
    part = _part(cursor)
    spec = _part_text(part)
    if cursor.peek(b"]"):
        return part, Portion.WHOLE, (), spec
    if part:
        cursor.expect(b".")
        spec += b"."
    name = cursor.take(_PORTION_NAME, "a section").upper()
    try:
        portion = Portion(name)
    except ValueError:
        raise SyntaxFault("unknown section") from None
    if portion is Portion.MIME and not part:
        raise SyntaxFault("MIME needs a part number")
    fields: tuple[bytes, ...] = ()
    if portion in (Portion.FIELDS, Portion.FIELDS_NOT):
        cursor.space()
        fields = tuple(cursor.parenthesized(_field_name, count_max=FETCH_ITEMS_MAX, empty=False))
        name += b" (%b)" % b" ".join([astring(field) for field in fields])
    return part, portion, fields, spec + name


def _field_name(cursor: Cursor) -> bytes:
    name = cursor.astring()
    decoded(name)
    if not name or b":" in name or b"\r" in name or b"\n" in name:
        raise SyntaxFault("not a header field name")
    return name.upper() if name.isascii() else name


def _partial(cursor: Cursor) -> tuple[int, int] | None:
    if not cursor.skip(b"<"):
        return None
    first = cursor.number(maximum=UINT63_MAX)
    cursor.expect(b".")
    count = cursor.number(maximum=UINT63_MAX, minimum=1)
    cursor.expect(b">")
    return first, count


Modifiers = tuple[int | None, bool, Partial | None]
"""CHANGEDSINCE, VANISHED, PARTIAL."""


def fetch_modifiers(cursor: Cursor, *, by_uid: bool) -> Modifiers:
    """CHANGEDSINCE (RFC 7162 §3.1.4.1), VANISHED (RFC 7162 §3.2.6), PARTIAL (RFC 9394 §3.3), each once."""
    found = cursor.parenthesized(_modifier, count_max=len(_MODIFIER_WORDS), empty=False)
    given = dict(found)
    if len(given) < len(found):
        raise SyntaxFault("a FETCH modifier is there twice")
    if not by_uid and given.keys() & {b"VANISHED", b"PARTIAL"}:
        raise SyntaxFault("this modifier belongs to UID FETCH")
    if b"VANISHED" in given and b"CHANGEDSINCE" not in given:
        raise SyntaxFault("VANISHED needs CHANGEDSINCE")
    since, partial = given.get(b"CHANGEDSINCE"), given.get(b"PARTIAL")
    assert not isinstance(since, Partial) and not isinstance(partial, int)
    return since, b"VANISHED" in given, partial


_MODIFIER_WORDS: Final = (b"CHANGEDSINCE", b"VANISHED", b"PARTIAL")


def _modifier(cursor: Cursor) -> tuple[bytes, int | Partial | None]:
    word = cursor.word()
    if word not in _MODIFIER_WORDS:
        raise SyntaxFault("unknown FETCH modifier")
    if word == b"VANISHED":
        return word, None
    cursor.space()
    if word == b"PARTIAL":
        return word, partial_range(cursor)
    return word, cursor.number(maximum=UINT63_MAX)
