r"""The body after DATA (RFC 5321 §4.5.2): ends only at CRLF.CRLF, dots unstuffed, whole blocks at a time.

    held back + block → find CRLF.CRLF → count CR, LF, CRLF → CRLF. becomes CRLF → piece
                      ↖ what may be the beginning of a CRLF.CRLF waits for the next block

The CRLF that ended the DATA command counts: ".\r\n" alone is an empty message.
"""

from typing import Final

_END: Final = b"\r\n.\r\n"
_STUFFED: Final = b"\r\n."
_BEGINNINGS: Final = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")


class DataCollector:
    """One DATA body. `feed` gives (piece, rest): rest is None until the end was seen."""

    __slots__ = ("_held", "_skip", "has_bare_line_end")

    def __init__(self) -> None:
        self._held = b"\r\n"
        self._skip = 2
        self.has_bare_line_end = False
        """A CR or LF that is not of a CRLF was seen (SMTP smuggling: CVE-2023-51764)."""

    def feed(self, block: bytes) -> tuple[bytes, bytes | None]:
        block = self._held + block
        end = block.find(_END)
        if end >= 0:
            return self._unstuffed(block[: end + 2]), block[end + 5 :]
        self._held = _beginning_of_end(block)
        piece = block[: len(block) - len(self._held)]
        return (self._unstuffed(piece) if piece else b""), None

    def _unstuffed(self, piece: bytes) -> bytes:
        """No piece ends inside a CRLF or a CRLF-dot, so each can be looked at by itself."""
        line_count = piece.count(b"\r\n")
        if piece.count(b"\n") != line_count or piece.count(b"\r") != line_count:
            self.has_bare_line_end = True
        plain = piece.replace(_STUFFED, b"\r\n")
        skip, self._skip = self._skip, 0
        return plain[skip:] if skip else plain


def _beginning_of_end(block: bytes) -> bytes:
    for beginning in _BEGINNINGS:
        if block.endswith(beginning):
            return beginning
    return b""
