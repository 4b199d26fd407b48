"""A range of results, counted from either end (RFC 9394 §3.1, RFC 5267 §4.4)."""

from dataclasses import dataclass

from bocau.protocols.imap.primitives import Cursor


@dataclass(frozen=True, slots=True)
class Partial:
    """Results `first` to `last` as the client wrote it: from 1, or from the end by -1 (RFC 9394 §3.1)."""

    first: int
    last: int

    def within(self, count: int) -> tuple[int, int]:
        """The half-open run of positions that it means among `count` results."""
        low, high = sorted((self.first, self.last))
        if low < 0:
            low, high = count + low + 1, count + high + 1
        start = min(max(low, 1), count + 1)
        return start - 1, max(start - 1, min(high, count))


def partial_range(cursor: Cursor) -> Partial:
    """1:500, or -1:-100: both from the same end (RFC 9394 §3.1)."""
    sign = -1 if cursor.peek(b"-") else 1
    first = _place(cursor, sign)
    cursor.expect(b":")
    return Partial(first, _place(cursor, sign))


def _place(cursor: Cursor, sign: int) -> int:
    if sign < 0:
        cursor.expect(b"-")
    return sign * cursor.number(minimum=1)
