"""Pieces of the messages that the server itself writes for somebody (RFC 3834, RFC 8098)."""

import binascii
import re
from collections.abc import Sequence
from typing import Final

from bocau.formats.address import Address
from bocau.formats.header import body_start, fold, get
from bocau.formats.words import encode_words

MESSAGE_ID_OCTETS_MAX: Final = 900
REFERENCES_OCTETS_MAX: Final = 8000
"""With more, only the message answered to is referred to."""

_ATEXT_ONLY: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]+")
_SPECIAL: Final = re.compile(r'(["\\])')
_CONTROLS: Final = {code: " " for code in (*range(32), 127)}
_TEXT_CONTROLS: Final = {code: None for code in (*range(9), 11, 12, 13, *range(14, 32), 127)}


def mailbox(name: str, address: Address) -> bytes:
    """`Name <local@domain>`, safe from injected line ends; the address alone without a name."""
    spec = str(address).encode("utf-8", "replace")
    name = name.translate(_CONTROLS).strip()
    if not name:
        return b"<" + spec + b">"
    return phrase(name) + b" <" + spec + b">"


def phrase(name: str) -> bytes:
    """A display name: as it stands, quoted, or in encoded words (RFC 5322 §3.2.5)."""
    if _ATEXT_ONLY.fullmatch(name) and "=?" not in name:
        return name.encode("ascii")
    if name.isascii() and "=?" not in name:
        return b'"' + _SPECIAL.sub(r"\\\1", name).encode("ascii") + b'"'
    return encode_words(name)


def text_part(text: str, subtype: str = "plain") -> bytes:
    """A whole part: header fields, an empty line, the text as quoted-printable with CRLF."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TEXT_CONTROLS)
    if not lines.endswith("\n"):
        lines += "\n"
    encoded = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True)
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n".encode("ascii")
        + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        + encoded.replace(b"\n", b"\r\n")
    )


def multipart(kind: str, parts: Sequence[bytes], message_id: str) -> bytes:
    """The field that says so and the body; the boundary is met in none of the parts."""
    stem = b"=_" + re.sub(rb"[^A-Za-z0-9.]", b"", message_id.encode("utf-8", "replace"))[:50]
    number = 0
    while any(stem + b"_%d" % number in part for part in parts):
        number += 1
    boundary = stem + b"_%d" % number
    body = b"".join([b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts])
    header = f"Content-Type: multipart/{kind};\r\n".encode("ascii") + b' boundary="%b"\r\n' % boundary
    eight_bit = b"" if all(part.isascii() for part in parts) else b"Content-Transfer-Encoding: 8bit\r\n"
    return header + eight_bit + b"\r\n" + body + b"--" + boundary + b"--\r\n"


def answering(message: bytes) -> bytes:
    """In-Reply-To and References for an answer to this message (RFC 5322 §3.6.4)."""
    header = message[: body_start(message)]
    message_id = _printable(get(header, b"message-id"), MESSAGE_ID_OCTETS_MAX)
    if not message_id:
        return b""
    before = _printable(get(header, b"references"), REFERENCES_OCTETS_MAX)
    references = before + b" " + message_id if before else message_id
    return b"In-Reply-To: %b\r\nReferences: %b\r\n" % (message_id, fold(b" ".join(references.split()), 12))


def _printable(value: bytes | None, limit: int) -> bytes:
    if value is None or len(value) > limit or not value.isascii():
        return b""
    text = value.decode("ascii").strip()
    return text.encode("ascii") if text.isprintable() else b""
