"""A reader of IMAP's parenthesised notation (RFC 9051 §9), to prove that ours can be read."""

import re

_TOKEN = re.compile(rb'\(|\)|"((?:[^"\\\r\n]|\\["\\])*)"|\{([0-9]+)\}\r\n|NIL|[0-9]+| ')


def read(data: bytes) -> list[object]:
    """The whole value as nested lists of bytes, int and None; AssertionError where the grammar is broken."""
    stack: list[list[object]] = [[]]
    position = 0
    while position < len(data):
        match = _TOKEN.match(data, position)
        assert match, data[position : position + 40]
        position = match.end()
        token = match[0]
        if token == b"(":
            stack.append([])
        elif token == b")":
            inner = stack.pop()
            assert inner, "empty list"
            stack[-1].append(inner)
        elif token.startswith(b"{"):
            stack[-1].append(data[position : position + int(match[2])])
            position += int(match[2])
        elif token.startswith(b'"'):
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", match[1]))
        elif token != b" ":
            stack[-1].append(None if token == b"NIL" else int(token))
    assert len(stack) == 1 and len(stack[0]) == 1
    (value,) = stack[0]
    assert isinstance(value, list)
    return value
