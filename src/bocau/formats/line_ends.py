"""Line ends of messages: CRLF and nothing else (RFC 5322 §2.3)."""

from collections.abc import Iterator
from typing import Final

PIECE_BYTES: Final = 1024 * 1024
"""What is rewritten at once, so that other threads have their turns."""


def has_bare_line_end(octets: bytes) -> bool:
    """Whether a CR or LF stands alone."""
    pairs = octets.count(b"\r\n")
    return octets.count(b"\n") != pairs or octets.count(b"\r") != pairs


def with_crlf(octets: bytes) -> bytes:
    """Every line end as CRLF: a bare CR or LF would smuggle a second message past the next server."""
    if not has_bare_line_end(octets):
        return octets
    return b"".join([_rewritten(piece) for piece in _pieces(octets)])


def _rewritten(piece: bytes) -> bytes:
    return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def _pieces(octets: bytes) -> Iterator[bytes]:
    """None ends between CR and LF."""
    start = 0
    while start < len(octets):
        stop = start + PIECE_BYTES
        if octets[stop - 1 : stop + 1] == b"\r\n":
            stop += 1
        yield octets[start:stop]
        start = stop
