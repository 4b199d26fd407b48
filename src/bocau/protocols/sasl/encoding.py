"""SASL messages on a line: strict base64 with a limit (RFC 4648 §4; RFC 4954 §4, RFC 5034 §4, RFC 9051
§6.2.2)."""

import binascii
from base64 import b64decode, b64encode
from typing import Final

from bocau.base.errors import SyntaxFault, TooLong

RESPONSE_BYTES_MAX: Final = 12_288
"""RFC 4954 §4: the longest base64 line of an exchange, without CRLF."""


def decode_response(line: bytes) -> bytes:
    """Read one base64 line of the client; SyntaxFault, TooLong. "*" (cancel) is the session's business."""
    if len(line) > RESPONSE_BYTES_MAX:
        raise TooLong("SASL response too long")
    try:
        return b64decode(line, validate=True)
    except binascii.Error:
        raise SyntaxFault("not base64") from None


def decode_initial_response(argument: bytes) -> bytes:
    """Read an initial response, where "=" stands for the empty one (RFC 4954 §4)."""
    return b"" if argument == b"=" else decode_response(argument)


def encode(data: bytes) -> bytes:
    """One line, without CRLF."""
    return b64encode(data)


def decode_text(data: bytes) -> str:
    """UTF-8 without NUL (RFC 4616 §2); SyntaxFault."""
    if b"\0" in data:
        raise SyntaxFault("NUL in a SASL response")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxFault("not UTF-8") from None
