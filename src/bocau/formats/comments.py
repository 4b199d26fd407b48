"""Comments of structured header fields (RFC 5322 §3.2.2): nested, escaped, bounded by one linear pass."""

import re
from typing import Final

_MARK: Final = re.compile(rb'[()"]|\\.', re.DOTALL)
_PAREN: Final = re.compile(rb"[()]|\\.", re.DOTALL)


def comment_end(data: bytes, start: int) -> int:
    """Where the comment that opens at `start` ends: after its last parenthesis, or with `data`."""
    depth = 0
    for match in _PAREN.finditer(data, start):
        mark = match[0]
        if mark == b"(":
            depth += 1
        elif mark == b")":
            depth -= 1
            if depth == 0:
                return match.end()
    return len(data)


def strip_comments(data: bytes) -> bytes:
    """The value without its comments, each replaced by one space; quoted strings are left alone."""
    kept: list[bytes] = []
    position, depth, is_quoted = 0, 0, False
    for match in _MARK.finditer(data):
        mark = match[0]
        if mark == b'"' and depth == 0:
            is_quoted = not is_quoted
        elif mark == b"(" and not is_quoted:
            if depth == 0:
                kept.append(data[position : match.start()])
            depth += 1
        elif mark == b")" and depth:
            depth -= 1
            position = match.end()
    if depth == 0:
        kept.append(data[position:])
    return b" ".join(kept)
