"""Replies: made once and sent as bytes; read back by a client (RFC 5321 §4.2, RFC 2034, RFC 3463)."""

import re
from typing import Final

from bocau.base.errors import SyntaxFault, TooLong
from bocau.protocols.smtp.limits import REPLY_BYTES_MAX

_UNSAFE: Final = re.compile(r"[^ -~]")
_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED: Final = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |\Z)")


class Reply:
    """A reply: code, enhanced code ("" for none), lines of text, and `wire`, ready to send."""

    __slots__ = ("code", "enhanced", "lines", "wire")

    def __init__(self, code: int, enhanced: str, *lines: str) -> None:
        self.code = code
        self.enhanced = enhanced
        self.lines = lines or ("",)
        self.wire = self._format()

    def _format(self) -> bytes:
        """What a peer chose (names, addresses) can only show as printable ASCII: no line can be forged."""
        prefix = f"{self.enhanced} " if self.enhanced else ""
        *before, last = [_UNSAFE.sub("?", line) for line in self.lines]
        rows = [f"{self.code}-{prefix}{line}\r\n" for line in before]
        return "".join((*rows, f"{self.code} {prefix}{last}\r\n")).encode("ascii")

    @property
    def is_positive(self) -> bool:
        return self.code < 400

    def __repr__(self) -> str:
        return f"Reply({self.code}, {self.enhanced!r}, {', '.join(map(repr, self.lines))})"


class ReplyReader:
    """A client's side: bytes in, whole replies out, the text as it was said (UTF-8, replaced where bad).

    Raises SyntaxFault when the lines are no reply, TooLong above REPLY_BYTES_MAX."""

    def __init__(self) -> None:
        self._buffer = b""
        self._rows: list[bytes] = []
        self._size = 0

    def receive(self, data: bytes) -> None:
        self._buffer += data

    @property
    def has_input(self) -> bool:
        """Whether bytes are left that belong to a later reply."""
        return bool(self._buffer)

    def next_reply(self) -> Reply | None:
        while (end := self._buffer.find(b"\n")) >= 0:
            row, self._buffer = self._buffer[:end].removesuffix(b"\r"), self._buffer[end + 1 :]
            self._count(end + 1)
            match = _LINE.fullmatch(row)
            if match is None:
                raise SyntaxFault("not a reply")
            self._rows.append(match[3] or b"")
            if match[2] != b"-":
                return self._whole(int(match[1]))
        if self._size + len(self._buffer) > REPLY_BYTES_MAX:
            raise TooLong("endless reply")
        return None

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > REPLY_BYTES_MAX:
            raise TooLong("endless reply")

    def _whole(self, code: int) -> Reply:
        rows = [row.decode("utf-8", "replace") for row in self._rows]
        self._rows, self._size = [], 0
        enhanced = _ENHANCED.match(rows[0])
        if enhanced is None:
            return Reply(code, "", *rows)
        return Reply(code, enhanced[1], *(row.removeprefix(enhanced[1]).removeprefix(" ") for row in rows))
