"""A BDAT chunk (RFC 3030 §2): so many octets, whatever they are."""

from dataclasses import dataclass

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import UINT63_MAX, number


@dataclass(frozen=True, slots=True)
class ChunkAnnounced:
    """`BDAT size [LAST]`."""

    size: int
    is_last: bool


def parse_bdat(argument: bytes) -> ChunkAnnounced:
    """SyntaxFault when the size cannot be read: then nobody can tell its octets from commands."""
    size, _, last = argument.partition(b" ")
    if last and last.upper() != b"LAST":
        raise SyntaxFault("BDAT size [LAST]")
    return ChunkAnnounced(number(size, maximum=UINT63_MAX), bool(last))


class ChunkReader:
    """Counts one chunk's octets off the stream."""

    __slots__ = ("_last_byte", "has_bare_line_end", "is_last", "left", "size")

    def __init__(self, chunk: ChunkAnnounced, last_byte: bytes = b"") -> None:
        self.size = chunk.size
        self.left = chunk.size
        self.is_last = chunk.is_last
        self.has_bare_line_end = False
        self._last_byte = last_byte
        """The message's octet before this piece, for a CRLF that is cut in two."""

    @property
    def last_byte(self) -> bytes:
        return self._last_byte

    def take(self, block: bytes, *, is_text: bool) -> tuple[bytes, bytes]:
        """(the chunk's part of the block, the rest)."""
        piece = block[: self.left]
        self.left -= len(piece)
        if is_text and piece:
            self._check(piece)
        return piece, block[len(piece) :]

    def _check(self, piece: bytes) -> None:
        """A CR at the end of a piece is judged with the next one, or by `ends_bare` at the end."""
        joined = self._last_byte + piece if self._last_byte == b"\r" else piece
        self._last_byte = joined[-1:]
        line_count = joined.count(b"\r\n")
        carriage_returns = joined.count(b"\r") - (self._last_byte == b"\r")
        if carriage_returns != line_count or joined.count(b"\n") != line_count:
            self.has_bare_line_end = True

    @property
    def ends_bare(self) -> bool:
        """Whether the message would end here with half a CRLF."""
        return self._last_byte == b"\r"
