"""POST /jmap/upload/{accountId}: a body into the store, piece by piece (RFC 8620 §6.1)."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import BinaryIO, Final, cast

from bocau.base.errors import LimitReached, OverQuota, PeerGone
from bocau.base.ids import AccountId
from bocau.base.wiretext import number
from bocau.runtime.asgi import Receive, Scope, header
from bocau.runtime.turns import Turns
from bocau.services.jmap import ids
from bocau.services.jmap.blobs import upload_blob_id
from bocau.services.jmap.context import Arguments, JmapRooms
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.media_types import said_type
from bocau.store.blobs.growing import GrowingBlob
from bocau.store.uploads import Upload, add_upload, check_room

LENGTH_DIGITS_MAX: Final = 2**53
TURNS_NAME: Final = "uploads.lock"
"""A file beside the database: see `runtime.turns`."""


class Uploading:
    """All uploads of one process; counted with those of the others."""

    def __init__(self, rooms: JmapRooms) -> None:
        self._rooms = rooms
        self._turns = Turns(rooms.folder / TURNS_NAME, rooms.settings.limits.max_concurrent_upload)

    async def take(self, account: AccountId, scope: Scope, receive: Receive) -> Arguments:
        """Read the body of a request and keep it. RequestError, PeerGone, TryLater."""
        self._check_length(header(scope, b"content-length"))
        with self._turn(account), closing(GrowingBlob(lambda: spool(self._rooms))) as body:
            await self._read(receive, body)
            found = await self.keep(account, said_type(header(scope, b"content-type")), body)
        return told(account, found)

    async def keep(self, account: AccountId, kind: str, body: GrowingBlob) -> Upload:
        """Put a body that came in into the store."""
        try:
            return await keep_upload(self._rooms, account, kind, body)
        except OverQuota as error:
            raise RequestError("limit", 507, str(error), "maxSizeUpload") from None

    def _check_length(self, said: str) -> None:
        if said and number(said.encode("latin-1"), maximum=LENGTH_DIGITS_MAX) > self._size_max:
            raise self._too_large()

    @property
    def _size_max(self) -> int:
        return self._rooms.settings.limits.max_size_upload

    def _too_large(self) -> RequestError:
        return RequestError("limit", 413, f"at most {self._size_max} bytes", "maxSizeUpload")

    async def _read(self, receive: Receive, body: GrowingBlob) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise PeerGone("the client went away")
            piece = message.get("body", b"")
            if body.size_bytes + len(piece) > self._size_max:
                raise self._too_large()
            if piece:
                await body.add(piece)
            if not message.get("more_body", False):
                return

    @contextmanager
    def _turn(self, account: AccountId) -> Iterator[None]:
        with ExitStack() as held:
            try:
                held.enter_context(self._turns.turn(account))
            except LimitReached:
                raise RequestError(
                    "limit", 400, "too many uploads at the same time", "maxConcurrentUpload"
                ) from None
            yield


async def keep_upload(rooms: JmapRooms, account: AccountId, kind: str, body: GrowingBlob) -> Upload:
    """Stage a body and keep it as an upload. OverQuota, DiskFull, TryLater."""
    now = int(rooms.clock.now())
    rooms.store.glance(account, lambda tx: check_room(tx, body.size_bytes, now))
    ref = await body.stage(rooms.store.blobs, account)
    return await rooms.store.write(account, lambda tx: add_upload(tx, kind, ref))


def spool(rooms: JmapRooms) -> BinaryIO:
    """A nameless file beside the data, for a body too long for memory."""
    return cast("BinaryIO", tempfile.TemporaryFile(dir=rooms.folder))


def told(account: AccountId, found: Upload) -> Arguments:
    """The answer to an upload."""
    return {
        "accountId": ids.account_id(account),
        "blobId": upload_blob_id(found.upload_id),
        "type": found.type,
        "size": found.blob.length,
    }
