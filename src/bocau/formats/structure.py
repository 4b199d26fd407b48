"""ENVELOPE and BODYSTRUCTURE as IMAP writes them (RFC 9051 §7.5.2, RFC 3501 §7.4.2)."""

import re
from typing import Final

from bocau.formats.address_list import GroupMarker, Mailbox, parse_address_list
from bocau.formats.header import body_start, message_values
from bocau.formats.mime import Part
from bocau.formats.parameters import Parameters
from bocau.formats.words import unfold

QUOTED_BYTES_MAX: Final = 1000
"""A longer string is sent as a literal: clients read quoted strings by the line."""

Addresses = tuple[Mailbox | GroupMarker, ...]

_QUOTABLE: Final = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-!#-\[\]-\x7f]*+")
_ESCAPABLE: Final = re.compile(rb'(["\\])')
_NO_PARAMETERS: Final = b'("charset" "us-ascii")'


def string(value: bytes) -> bytes:
    """RFC 9051 §4.3: quoted where that is safe, else a literal with the octets as they are, NUL left out."""
    if len(value) <= QUOTED_BYTES_MAX:
        if _QUOTABLE.fullmatch(value):
            return b'"' + value + b'"'
        if value.isascii() and b"\r" not in value and b"\n" not in value and b"\0" not in value:
            return b'"' + _ESCAPABLE.sub(rb"\\\1", value) + b'"'
    value = value.replace(b"\0", b"")
    return b"{%d}\r\n%b" % (len(value), value)


def nstring(value: bytes | None) -> bytes:
    return b"NIL" if value is None else string(value)


def envelope(header: bytes) -> bytes:
    """The ENVELOPE of a message from its header block (or the whole message)."""
    return envelope_of(message_values(header, 0, body_start(header)))


def envelope_of(values: dict[bytes, bytes]) -> bytes:
    """The same from fields already read by `header.message_values`."""
    get = values.get
    lists = _addresses(get(b"from")), _addresses(get(b"to")), _addresses(get(b"cc"))
    return envelope_with(values, *lists)


def envelope_with(values: dict[bytes, bytes], written: bytes, to: bytes, cc: bytes) -> bytes:
    """The same with the notations of From, To and Cc. Sender and Reply-To default to From."""
    get = values.get
    sender = _addresses(get(b"sender"))
    reply_to = _addresses(get(b"reply-to"))
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        _text(get(b"date")),
        _text(get(b"subject")),
        written,
        written if sender == b"NIL" else sender,
        written if reply_to == b"NIL" else reply_to,
        to,
        cc,
        _addresses(get(b"bcc")),
        _text(get(b"in-reply-to")),
        _text(get(b"message-id")),
    )


def _text(value: bytes | None) -> bytes:
    if value is None:
        return b"NIL"
    bare = value.strip(b" \t\r\n")
    if len(bare) <= QUOTED_BYTES_MAX and _QUOTABLE.fullmatch(bare):
        return b'"%b"' % bare
    return string(unfold(value))


def _addresses(value: bytes | None) -> bytes:
    return b"NIL" if value is None else address_list_notation(parse_address_list(value))


def address_list_notation(addresses: Addresses) -> bytes:
    """One address field of an ENVELOPE."""
    return b"(" + b"".join(map(_address, addresses)) + b")" if addresses else b"NIL"


def _address(address: Mailbox | GroupMarker) -> bytes:
    """(name route local host); a group begins with (NIL NIL name NIL) and ends with four NILs."""
    if isinstance(address, GroupMarker):
        return b"(NIL NIL %b NIL)" % nstring(address.name)
    name, route, local, host = address
    if (
        name is None
        and route is None
        and _QUOTABLE.fullmatch(both := local + host)
        and len(both) < QUOTED_BYTES_MAX
    ):
        return b'(NIL NIL "%b" "%b")' % (local, host)
    return b"(%b %b %b %b)" % (nstring(name), nstring(route), string(local), string(host))


def body_structure(data: bytes, part: Part, extended: bool = True) -> bytes:
    """BODYSTRUCTURE of a scanned part; with `extended=False` BODY, which has no extension data."""
    if part.type == b"multipart":
        return _multipart(data, part, extended)
    # Type, subtype and encoding are tokens: they need no look before they are quoted.
    basic = b'"%b" "%b" %b %b %b "%b" %d' % (
        part.type,
        part.subtype,
        _parameters(part.parameters, part.type == b"text"),
        nstring(part.content_id),
        nstring(part.description),
        part.encoding,
        part.end - part.body_start,
    )
    if part.type == b"text":
        basic = b"%b %d" % (basic, part.lines)
    elif part.type == b"message" and part.children:
        inner = part.children[0]
        values = message_values(data, inner.header_start, inner.body_start)
        enclosed = body_structure(data, inner, extended)
        basic = b"%b %b %b %d" % (basic, envelope_of(values), enclosed, part.lines)
    return b"(%b %b%b)" % (basic, nstring(part.md5), _extension(part)) if extended else b"(%b)" % basic


def _multipart(data: bytes, part: Part, extended: bool) -> bytes:
    children = b"".join([body_structure(data, child, extended) for child in part.children])
    if not extended:
        return b'(%b "%b")' % (children, part.subtype)
    return b'(%b "%b" %b%b)' % (children, part.subtype, _parameters(part.parameters, False), _extension(part))


def _extension(part: Part) -> bytes:
    """Disposition, language, location, each after a space."""
    if part.disposition is None and not part.language and part.location is None:
        return b" NIL NIL NIL"
    return b" %b %b %b" % (_disposition(part.disposition), _language(part.language), nstring(part.location))


def _parameters(parameters: Parameters, is_text: bool) -> bytes:
    """A text part without a charset is in US-ASCII (RFC 2045 §5.2), and says so."""
    if not parameters:
        return _NO_PARAMETERS if is_text else b"NIL"
    pairs = [string(name) + b" " + string(value) for name, value in parameters]
    if is_text and all(name not in (b"charset", b"charset*") for name, _ in parameters):
        pairs.append(_NO_PARAMETERS[1:-1])
    return b"(" + b" ".join(pairs) + b")"


def _disposition(disposition: tuple[bytes, Parameters] | None) -> bytes:
    if disposition is None:
        return b"NIL"
    return b"(%b %b)" % (string(disposition[0]), _parameters(disposition[1], False))


def _language(language: tuple[bytes, ...]) -> bytes:
    if len(language) < 2:
        return string(language[0]) if language else b"NIL"
    return b"(" + b" ".join(map(string, language)) + b")"
