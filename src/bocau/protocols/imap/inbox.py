"""Octets that have arrived and not been read yet: as lines, or so many of a literal."""

from bocau.base.errors import TooLong


class Inbox:
    """Each octet is looked at once for the end of a line, however small the pieces are in which it comes."""

    __slots__ = ("_data", "_pos", "_scanned")

    def __init__(self) -> None:
        self.clear()

    def __len__(self) -> int:
        return len(self._data) - self._pos

    def clear(self) -> None:
        """Throw away what waits."""
        self._data = b""
        self._pos = self._scanned = 0

    def add(self, data: bytes) -> None:
        if self._pos == len(self._data):
            self._data, self._pos, self._scanned = data, 0, 0
        else:
            self._data = self._data[self._pos :] + data
            self._scanned -= self._pos
            self._pos = 0

    @property
    def has_line(self) -> bool:
        """Whether more than the beginning of a line waits."""
        return self._data.find(b"\n", self._pos) >= 0

    def line(self, bytes_max: int) -> bytes | None:
        """Take the next line without its LF; None while it is not whole. TooLong, even then."""
        end = self._data.find(b"\n", self._scanned)
        if (len(self._data) if end < 0 else end) - self._pos > bytes_max:
            raise TooLong("line too long")
        if end < 0:
            self._scanned = len(self._data)
            return None
        line = self._data[self._pos : end]
        self._pos = self._scanned = end + 1
        return line

    def take(self, count: int) -> bytes:
        """Take `count` octets, or as many as are here."""
        piece = self._data[self._pos : self._pos + count]
        self._pos += len(piece)
        self._scanned = self._pos
        return piece
