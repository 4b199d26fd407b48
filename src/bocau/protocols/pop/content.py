"""A message as a multi-line answer: dot-stuffed, ended by a line with one dot (RFC 1939 §3, §7)."""

from typing import Final

END: Final = b".\r\n"
_LF: Final = 0x0A
_DOT: Final = 0x2E


class Stuffer:
    """Stuffs a body that comes in pieces, block by block.

    A bare LF counts as a line end too: clients that split there would take "LF . CR LF" for the end, and read
    the rest of the message as answers of the server.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = _LF

    def stuff(self, piece: bytes) -> bytes:
        """One piece, ready to be sent."""
        if not piece:
            return piece
        starts_dotted = self._last == _LF and piece[0] == _DOT
        self._last = piece[-1]
        if b"\n." in piece:
            piece = piece.replace(b"\n.", b"\n..")
        return b"." + piece if starts_dotted else piece

    def end(self) -> bytes:
        """The last line; a body without a final line end gets one."""
        return END if self._last == _LF else b"\r\n" + END


class TopCutter:
    """Cuts the header, the blank line and the first `lines` lines of the body out of a message in pieces."""

    def __init__(self, lines: int) -> None:
        self._left = lines
        self._is_in_body = False
        # As if a line end came before: a message may begin with the blank line, and has no header then.
        self._tail = b"\r\n"
        self.is_done = False

    def cut(self, piece: bytes) -> bytes:
        """What of this piece belongs to the answer."""
        if self.is_done:
            return b""
        start = 0
        if not self._is_in_body:
            start = self._header_end(piece)
            if start < 0:
                return piece
            self._is_in_body = True
        return piece[: self._body_end(piece, start)]

    def _header_end(self, piece: bytes) -> int:
        """Where the body begins in this piece; -1 while the header goes on."""
        seen = len(self._tail)
        joined = self._tail + piece
        at = joined.find(b"\r\n\r\n")
        if at < 0:
            self._tail = joined[-3:]
            return -1
        return at + 4 - seen

    def _body_end(self, piece: bytes, at: int) -> int:
        while self._left:
            end = piece.find(b"\n", at)
            if end < 0:
                return len(piece)
            at = end + 1
            self._left -= 1
        self.is_done = True
        return at
