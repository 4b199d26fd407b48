"""A queued message as the wire wants it: the envelope, and the body in pieces."""

from collections.abc import AsyncIterator
from typing import Final

from bocau.formats.address import Address, parse_address
from bocau.formats.header import body_start
from bocau.protocols.smtp.client import ForwardPath, Transaction
from bocau.protocols.smtp.events import Body
from bocau.store.blobs import Blobs
from bocau.store.queue import QueuedMessage, QueuedRecipient

READ_NOW_BYTES: Final = 256 * 1024


class Letter:
    """Reads its blob when it is needed; the first piece is kept, since most letters are no longer."""

    def __init__(self, message: QueuedMessage, blobs: Blobs) -> None:
        self.message = message
        self._blobs = blobs
        self._head = blobs.read(message.blob, message.skip_bytes, message.skip_bytes + READ_NOW_BYTES)
        self.reverse_path: Address | None = (
            parse_address(message.reverse_path) if message.reverse_path else None
        )
        # RFC 6531 §3.4: plain addresses above a plain header need no SMTPUTF8, however the mail came in.
        self._is_header_utf8 = message.smtputf8 and not self._head[: body_start(self._head)].isascii()

    def transaction(self, recipients: list[QueuedRecipient]) -> Transaction:
        """The envelope for some of its recipients."""
        message = self.message
        paths = tuple(ForwardPath(parse_address(r.address), r.notify, r.orcpt) for r in recipients)
        needs_smtputf8 = (
            self._is_header_utf8
            or any(path.address.needs_smtputf8 for path in paths)
            or (self.reverse_path is not None and self.reverse_path.needs_smtputf8)
        )
        return Transaction(
            reverse_path=self.reverse_path,
            recipients=paths,
            size_bytes=message.size_bytes,
            body=Body(message.body_type),
            needs_smtputf8=needs_smtputf8,
            ret=message.ret,
            envid=message.envid,
        )

    async def body(self) -> AsyncIterator[bytes]:
        """The content, at most 256 KB at a time."""
        yield self._head
        start = self.message.skip_bytes + len(self._head)
        if start < self.message.blob.length:
            async for piece in self._blobs.stream(self.message.blob, start):
                yield piece
