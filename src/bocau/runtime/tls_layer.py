"""TLS between a transport and a connection's inbox, over two memory buffers.

    ciphertext in → feed() → plaintext          plaintext → seal() → ciphertext out

The event loops' own TLS keeps plaintext that came before the upgrade; here the upgrade is one assignment, so
nothing can slip past it, on any loop (docs/decisions/0004).
"""

import ssl
from typing import Final

RECORD_BYTES_MAX: Final = 16 * 1024
"""RFC 8446 §5.1: the plaintext of one record."""
FEED_BYTES: Final = 32 * 1024
"""Ciphertext is fed in such pieces: a memory buffer never gives back the size it once had."""
OWN_OUTPUT_BYTES_MAX: Final = 64 * 1024
"""What the protocol itself (key updates, alerts) may have waiting to be sent."""


class TlsLayer:
    """One TLS session. Raises ssl.SSLError when the peer breaks the protocol; take_output() has the alert."""

    __slots__ = ("_incoming", "_outgoing", "_tls", "is_ended", "is_established")

    def __init__(self, context: ssl.SSLContext, *, server_side: bool, server_name: str | None) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side, server_name)
        self.is_established = False
        self.is_ended = False
        """The peer has said that it sends no more (close_notify)."""
        if not server_side:
            self._shake_hands()

    @property
    def ssl_object(self) -> ssl.SSLObject:
        return self._tls

    def feed(self, ciphertext: memoryview) -> bytes:
        """Take what arrived; returns the plaintext in it."""
        pieces: list[bytes] = []
        for at in range(0, len(ciphertext), FEED_BYTES):
            self._incoming.write(ciphertext[at : at + FEED_BYTES])
            if self.is_established or self._shake_hands():
                self._open_records(pieces)
        if self._outgoing.pending > OWN_OUTPUT_BYTES_MAX:
            raise ssl.SSLError("the peer makes us talk and does not listen")
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.is_established = True
        return True

    def _open_records(self, pieces: list[bytes]) -> None:
        tls, incoming = self._tls, self._incoming
        try:
            while incoming.pending or tls.pending():
                piece = tls.read(RECORD_BYTES_MAX)
                if not piece:
                    self.is_ended = True
                    return
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.is_ended = True

    def seal(self, plaintext: bytes | memoryview) -> bytes:
        """Ciphertext of `plaintext`, after whatever the protocol itself had to say."""
        tls, outgoing = self._tls, self._outgoing
        if len(plaintext) <= RECORD_BYTES_MAX:
            tls.write(plaintext)
            return outgoing.read()
        pieces: list[bytes] = []
        with memoryview(plaintext) as view:
            for at in range(0, len(view), RECORD_BYTES_MAX):
                tls.write(view[at : at + RECORD_BYTES_MAX])
                pieces.append(outgoing.read())
        return b"".join(pieces)

    @property
    def must_speak(self) -> bool:
        """Whether there is output that the peer waits for.

        A TLS 1.3 server's session tickets are not: they travel with the first reply, in one segment.
        """
        if not self._outgoing.pending:
            return False
        return not (self.is_established and self._tls.server_side and self._tls.version() == "TLSv1.3")

    def take_output(self) -> bytes:
        """What the protocol itself wants to send (handshake, tickets, alerts)."""
        return self._outgoing.read()

    def end(self) -> bytes:
        """Our close_notify, if it can still be said."""
        if self.is_established:
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                pass
        return self._outgoing.read()
