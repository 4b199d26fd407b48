"""DEFLATE between a connection and its transport or TLS (RFC 4978, RFC 1951): raw, flushed after each write.

    compressed in → feed() → plain, at most INFLATE_BYTES_MAX → more() → more() …
    plain out → seal() → blocks, each complete in itself

What a client sends may swell a thousandfold: no more is inflated than the parser has asked for. What we send
is compressed without memory of what was sent before: a connection that says nothing keeps nothing, and what
one answer holds tells nothing about another (CRIME needs one context for a secret and for what the attacker
chooses). Making a compressor anew costs 6 µs.
"""

import zlib
from typing import Final

INFLATE_BYTES_MAX: Final = 64 * 1024
"""Inflated at once, ahead of the parser."""
WINDOW_BITS: Final = -15
"""Raw, 32 KB: the client chooses its window, so ours must be the largest."""
LEVEL: Final = 1
AFTER_BYTES_MAX: Final = 64 * 1024
"""Kept of what comes after the end of the peer's stream, for who ends compression (RFC 8437 §4.1)."""
BLOCK_BYTES: Final = 64 * 1024
"""Compressed together."""
SAMPLE_BYTES: Final = 4 * 1024
"""Of a block, compressed to see what is worth doing with all of it."""
SHRINKS_WELL: Final = 0.65
"""Below this share, matches are sought; else (base64) only octets are recoded, at a third of the cost."""
SHRINKS: Final = 0.95
"""Above this share, the block goes as it is."""


class DeflateLayer:
    """Both directions of one connection. Raises zlib.error when the peer's stream is broken."""

    __slots__ = ("_after", "_inflater", "_waiting", "has_waiting")

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(WINDOW_BITS)
        self._waiting = b""
        self._after = b""
        self.has_waiting = False
        """Whether there is more to inflate of what has come."""

    def feed(self, compressed: bytes) -> bytes:
        """Take what arrived; returns what may be read now."""
        if self._inflater.eof:
            self._after += compressed
            if len(self._after) > AFTER_BYTES_MAX:
                raise zlib.error("the peer's stream has ended")
            return b""
        self._waiting += compressed
        return self.more()

    def more(self) -> bytes:
        """The next piece of what has arrived."""
        inflater = self._inflater
        plain = inflater.decompress(self._waiting, INFLATE_BYTES_MAX)
        self._waiting = inflater.unconsumed_tail
        # A full piece: there may be more inside the inflater, with nothing left to feed it.
        self.has_waiting = len(plain) == INFLATE_BYTES_MAX or bool(self._waiting)
        return plain

    @property
    def rest(self) -> bytes:
        """What came after the end of the peer's stream, if the peer has ended it."""
        return self._inflater.unused_data + self._after

    def seal(self, plain: bytes | memoryview) -> bytes:
        """All of `plain`, compressed and flushed."""
        if len(plain) <= BLOCK_BYTES:
            return _block(plain)
        with memoryview(plain) as view:
            return b"".join([_block(view[at : at + BLOCK_BYTES]) for at in range(0, len(view), BLOCK_BYTES)])


def _block(plain: bytes | memoryview) -> bytes:
    level, strategy = LEVEL, zlib.Z_DEFAULT_STRATEGY
    if len(plain) > 4 * SAMPLE_BYTES:
        middle = len(plain) // 2
        share = len(zlib.compress(plain[middle : middle + SAMPLE_BYTES], LEVEL)) / SAMPLE_BYTES
        if share > SHRINKS:
            level = zlib.Z_NO_COMPRESSION
        elif share > SHRINKS_WELL:
            strategy = zlib.Z_HUFFMAN_ONLY
    compressor = zlib.compressobj(level, zlib.DEFLATED, WINDOW_BITS, zlib.DEF_MEM_LEVEL, strategy)
    return compressor.compress(plain) + compressor.flush(zlib.Z_SYNC_FLUSH)
