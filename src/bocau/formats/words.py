"""Encoded words: other scripts in header fields (RFC 2047), and raw UTF-8 (RFC 6532).

=?utf-8?q?Xin_ch=C3=A0o?=  ⇄  Xin chào
"""

import binascii
import re
from typing import Final

from bocau.formats.charset import decode_charset

ENCODED_WORD_MAX: Final = 60
"""Octets of an encoded word of ours: lines stay below 76 with a field name before it (RFC 2047 §2)."""
VALUE_BYTES_MAX: Final = 64 * 1024
"""A longer value is decoded up to here."""

_WORD: Final = re.compile(rb"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?\r\n]*+)\?=")
_FOLD: Final = re.compile(rb"[ \t]*+\r?\n(?=[ \t])")
_CONTROLS: Final = {code: None for code in range(32) if code != 9} | {9: " ", 127: None}


def unfold(value: bytes) -> bytes:
    """RFC 5322 §2.2.3: the value without its line ends, and without white space around it."""
    value = value.strip(b" \t\r\n")
    return value.replace(b"\r", b"").replace(b"\n", b"") if b"\n" in value or b"\r" in value else value


def decode_words(value: bytes) -> str:
    """A field value as text: unfolded, encoded words decoded, raw octets as UTF-8 or else Windows-1252.

    Never raises. Control characters (a decoded line end above all) never come out."""
    text = unfold(value[:VALUE_BYTES_MAX])
    if b"=?" not in text:
        decoded = decode_charset(text)
    else:
        decoded = _decode_marked(text)
    return decoded if decoded.isprintable() else decoded.translate(_CONTROLS)


def _decode_marked(text: bytes) -> str:
    """Join neighbours of one charset before decoding: senders split characters between words."""
    pieces: list[tuple[bytes, bytes]] = []
    position = 0
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        if between.strip(b" \t") or not pieces or position == 0:
            pieces.append((between, b""))
        pieces.append((_payload(match[2], match[3]), match[1].lower()))
        position = match.end()
    pieces.append((text[position:], b""))
    return "".join(_decode_runs(pieces))


def _payload(kind: bytes, payload: bytes) -> bytes:
    if kind in b"qQ":
        return binascii.a2b_qp(payload, header=True)
    return decode_base64(payload)


def _decode_runs(pieces: list[tuple[bytes, bytes]]) -> list[str]:
    decoded: list[str] = []
    run: list[bytes] = []
    charset = b""
    for octets, name in pieces:
        if name != charset:
            decoded.append(decode_charset(b"".join(run), charset))
            run, charset = [], name
        run.append(octets)
    decoded.append(decode_charset(b"".join(run), charset))
    return decoded


def decode_base64(data: bytes) -> bytes:
    """Base64, forgiving: foreign octets are skipped, a broken end is cut (RFC 2045 §6.8). Never raises."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        pass
    clean = _NOT_BASE64.sub(b"", data)
    whole = clean[: len(clean) - (len(clean) % 4 == 1)]
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]++")


def encode_words(text: str) -> bytes:
    """Text for an unstructured field or a phrase: as it stands if printable ASCII, else encoded words."""
    if text.isascii() and text.isprintable() and "=?" not in text:
        return text.encode("ascii")
    return b"\r\n ".join(encoded_words(text))


def encoded_words(text: str) -> list[bytes]:
    """Text as encoded words, whatever it holds; they are told apart by white space that is no part of it."""
    return [_encoded_word(chunk) for chunk in _chunks(text)]


def _encoded_word(octets: bytes) -> bytes:
    return b"=?utf-8?b?" + binascii.b2a_base64(octets, newline=False) + b"?="


def _chunks(text: str) -> list[bytes]:
    """UTF-8 cut between characters so that each piece fits one encoded word."""
    room = (ENCODED_WORD_MAX - len("=?utf-8?b??=")) // 4 * 3
    chunks: list[bytes] = []
    chunk = b""
    for char in text:
        octets = char.encode("utf-8", "replace")
        if len(chunk) + len(octets) > room:
            chunks.append(chunk)
            chunk = b""
        chunk += octets
    return [*chunks, chunk]
