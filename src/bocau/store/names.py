"""Mailbox names: NFC, levels separated by "/", nothing that a file system or a client could stumble over.

RFC 9051 §5.1 (INBOX in any case), RFC 5198 (NFC); reliability: path-like names never reach a path.
"""

import unicodedata
from typing import Final

from bocau.base.errors import BadName

SEPARATOR: Final = "/"
NAME_BYTES_MAX: Final = 1000
DEPTH_MAX: Final = 50
INBOX: Final = "INBOX"
_CONTROLS: Final = frozenset(("Cc", "Cs", "Zl", "Zp"))
"""Controls, lone surrogates, line and paragraph separators."""
_WILDCARDS: Final = "%*"


def fold_inbox(name: str) -> str:
    """INBOX as the first level, in any (ASCII) case, is "INBOX"."""
    if name[:5].upper() == INBOX and name[5:6] in ("", SEPARATOR) and name[:5].isascii():
        return INBOX + name[5:]
    return name


def checked_name(name: str) -> str:
    """The name as it is kept. BadName says what is wrong with it."""
    name = fold_inbox(unicodedata.normalize("NFC", name))
    levels = name.split(SEPARATOR)
    if len(levels) > DEPTH_MAX:
        raise BadName(f"more than {DEPTH_MAX} levels")
    if any(unicodedata.category(character) in _CONTROLS for character in name):
        raise BadName("control characters in the name")
    if any(wildcard in name for wildcard in _WILDCARDS):
        raise BadName("% and * are wildcards")
    if len(name.encode()) > NAME_BYTES_MAX:
        raise BadName(f"longer than {NAME_BYTES_MAX} bytes")
    for level in levels:
        if not level or level in (".", "..") or level != level.strip(" "):
            raise BadName("a level is empty, a dot, or begins or ends with a space")
    return name


def parents(name: str) -> list[str]:
    """The names above, outermost first."""
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:depth]) for depth in range(1, len(levels))]
