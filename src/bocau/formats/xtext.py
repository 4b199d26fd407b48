"""xtext: how ENVID and ORCPT travel in SMTP parameters (RFC 3461 §4, RFC 6533 §3)."""

import re
from typing import Final

_HEX: Final = re.compile(rb"\+([0-9A-F]{2})")
_EMBEDDED: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_PLAIN: Final = re.compile(r"[!-*,-<>-~]*")


def decode_xtext(text: str) -> str:
    """Undo `+HH` (and, in utf-8 addresses, `\\x{HEX}`); what is malformed stays as it is."""
    octets = _HEX.sub(lambda match: bytes((int(match[1], 16),)), text.encode("utf-8", "replace"))
    return _EMBEDDED.sub(_character, octets.decode("utf-8", "replace"))


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def encode_xtext(text: str) -> str:
    """Write printable ASCII but "+" and "=" as it is, every other octet of the UTF-8 form as `+HH`."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode("utf-8", "replace")
    )
