"""Maildir++ folder names: ".Sent.2024" for "Sent/2024", in modified UTF-7 (RFC 3501 §5.1.3).

A dot within a level is written as its modified UTF-7 shift, "&AC4-": no folder name is ambiguous.
"""

import binascii
import re
from typing import Final

from bocau.base.errors import BadName
from bocau.protocols.imap.names import encode_utf7
from bocau.store.names import INBOX, SEPARATOR

_SHIFT: Final = re.compile(r"&([^-]*)-")


def folder_of(mailbox: str) -> str:
    """The folder of a mailbox; "" for INBOX, which is the tree's root."""
    if mailbox == INBOX:
        return ""
    return "".join("." + _encode(level) for level in mailbox.split(SEPARATOR))


def mailbox_of(folder: str) -> str:
    """Back. BadName when the folder's name is no Maildir++ name."""
    if not folder:
        return INBOX
    if not folder.startswith(".") or folder in (".", ".."):
        raise BadName(f"{folder!r} is not a Maildir++ folder")
    return SEPARATOR.join(_decode(level) for level in folder[1:].split("."))


def _encode(level: str) -> str:
    return encode_utf7(level).decode("ascii").replace(".", "&AC4-")


def _decode(level: str) -> str:
    if not level.isascii():  # some servers write plain UTF-8
        return level
    return _SHIFT.sub(_unshift, level)


def _unshift(match: re.Match[str]) -> str:
    coded = match[1].replace(",", "/")
    if not coded:
        return "&"
    try:
        return binascii.a2b_base64(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except ValueError:
        raise BadName(f"{match[0]!r} is not modified UTF-7") from None
