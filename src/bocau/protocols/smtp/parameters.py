"""ESMTP parameters of MAIL and RCPT: the grammar, and one reader for each (RFC 5321 §4.1.2)."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import UINT63_MAX, number
from bocau.formats import xtext
from bocau.protocols.smtp.events import Body
from bocau.protocols.smtp.limits import ENVID_BYTES_MAX, ORIGINAL_RECIPIENT_BYTES_MAX, PARAMETERS_MAX

_KEYWORD: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9-]*+")
_PRINTABLE: Final = re.compile(rb"[ -~]*+")
_ADDRESS_TYPE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9-]*+")
_NOTIFY_WORDS: Final = frozenset({"SUCCESS", "FAILURE", "DELAY"})

Value = TypeVar("Value")
Readers = dict[str, Callable[[bytes], object]]


class UnknownParameter(SyntaxFault):
    """A keyword that is not of this command (555, RFC 5321 §4.1.1.11)."""


def parse_parameters(text: bytes, readers: Readers) -> dict[str, object]:
    """`KEY[=VALUE] …` to values; a keyword at most once. UnknownParameter, SyntaxFault."""
    words = text.split(b" ")
    if len(words) > PARAMETERS_MAX:
        raise SyntaxFault("too many parameters")
    values: dict[str, object] = {}
    for word in filter(None, words):
        key, _, value = word.partition(b"=")
        if not _KEYWORD.fullmatch(key):
            raise SyntaxFault("bad parameter")
        name = key.upper().decode("ascii")
        reader = readers.get(name)
        if reader is None:
            raise UnknownParameter(name)
        if name in values:
            raise SyntaxFault("parameter said twice")
        values[name] = reader(value)
    return values


def _size(value: bytes) -> int:
    """RFC 1870 §3."""
    return number(value, maximum=UINT63_MAX)


def _body(value: bytes) -> Body:
    try:
        return Body(value.upper().decode("ascii"))
    except ValueError:
        raise SyntaxFault("unknown BODY") from None


def _flag(value: bytes) -> bool:
    if value:
        raise SyntaxFault("takes no value")
    return True


def _ret(value: bytes) -> str:
    """RFC 3461 §4.3."""
    word = value.upper()
    if word not in (b"FULL", b"HDRS"):
        raise SyntaxFault("RET is FULL or HDRS")
    return word.decode("ascii")


def _envid(value: bytes) -> str:
    """RFC 3461 §4.4: printable, at most 100 octets; decoded."""
    decoded = xtext.decode(value)
    if not decoded or len(value) > ENVID_BYTES_MAX or not _PRINTABLE.fullmatch(decoded):
        raise SyntaxFault("bad ENVID")
    return decoded.decode("ascii")


def _auth(value: bytes) -> bytes:
    """RFC 4954 §5: read for its syntax, and not trusted."""
    return xtext.decode(value) if value != b"<>" else b""


def _notify(value: bytes) -> frozenset[str]:
    """RFC 3461 §4.1: NEVER alone, or a list without it."""
    word = value.upper().decode("ascii", "replace")
    if word == "NEVER":
        return frozenset({word})
    words = word.split(",")
    if len(words) > len(_NOTIFY_WORDS) or not _NOTIFY_WORDS.issuperset(words):
        raise SyntaxFault("bad NOTIFY")
    return frozenset(words)


def _orcpt(value: bytes) -> str:
    """RFC 3461 §4.2, RFC 6533 §3: `type;xtext`, decoded; utf-8 addresses may come in clear."""
    kind, semicolon, encoded = value.partition(b";")
    if not semicolon or not _ADDRESS_TYPE.fullmatch(kind) or len(value) > ORIGINAL_RECIPIENT_BYTES_MAX:
        raise SyntaxFault("bad ORCPT")
    is_clear_utf8 = kind.upper() == b"UTF-8" and not encoded.isascii()
    try:
        address = (encoded if is_clear_utf8 else xtext.decode(encoded)).decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxFault("bad ORCPT") from None
    if not address or not address.isprintable():
        raise SyntaxFault("bad ORCPT")
    return f"{kind.decode('ascii')};{address}"


MAIL_PARAMETERS: Final[Readers] = {
    "SIZE": _size,
    "BODY": _body,
    "SMTPUTF8": _flag,
    "RET": _ret,
    "ENVID": _envid,
    "AUTH": _auth,
}
RCPT_PARAMETERS: Final[Readers] = {"NOTIFY": _notify, "ORCPT": _orcpt}
