"""RETR and TOP: bodies, byte for byte (RFC 1939 §5, §7)."""

from collections.abc import Awaitable

from bocau.protocols.pop import Retrieve, Stuffer, TopAsked, TopCutter
from bocau.services.pop.session import PopSession
from bocau.store import BlobLost, BlobRef
from bocau.store.blobs import READ_NOW_BYTES_MAX


def retrieve(session: PopSession, event: Retrieve) -> Awaitable[None] | None:
    drop = session.drop
    index = drop.index(event.number)
    ref = drop.ref(index)
    session.retrieved_count += 1
    if ref.length > READ_NOW_BYTES_MAX:
        return _stream(session, index, ref)
    stuffer = Stuffer()
    body = stuffer.stuff(_body(session, index, ref))
    session.connection.write(session.server.accept(f"{ref.length} octets"), body, stuffer.end())
    drop.retrieved(index)
    return None


def _body(session: PopSession, index: int, ref: BlobRef) -> bytes:
    """The body now; looked up again when it was moved meanwhile."""
    try:
        return session.rooms.store.blobs.read(ref)
    except BlobLost:
        session.drop.forget_refs()
        return session.rooms.store.blobs.read(session.drop.ref(index))


async def _stream(session: PopSession, index: int, ref: BlobRef) -> None:
    connection, stuffer = session.connection, Stuffer()
    connection.write(session.server.accept(f"{ref.length} octets"))
    async for piece in session.rooms.store.blobs.stream(ref):
        connection.write(stuffer.stuff(piece))
        if connection.wants_flush:
            await connection.flush()
    connection.write(stuffer.end())
    session.drop.retrieved(index)


async def top(session: PopSession, event: TopAsked) -> None:
    index = session.drop.index(event.number)
    ref = session.drop.ref(index)
    connection, stuffer, cutter = session.connection, Stuffer(), TopCutter(event.lines)
    if ref.length <= READ_NOW_BYTES_MAX:
        top = stuffer.stuff(cutter.cut(_body(session, index, ref)))
        connection.write(session.server.accept(), top, stuffer.end())
        return
    connection.write(session.server.accept())
    async for piece in session.rooms.store.blobs.stream(ref):
        connection.write(stuffer.stuff(cutter.cut(piece)))
        if cutter.is_done:
            break
        if connection.wants_flush:
            await connection.flush()
    connection.write(stuffer.end())
