"""A message opened for showing: its octets and its parts."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from bocau.base.errors import Refused
from bocau.base.ids import AccountId, EmailId
from bocau.formats.body_parts import BodyPart, FlatBody, flat, leaves, numbered
from bocau.formats.mime import Part, part_at, scan
from bocau.store import BlobRef
from bocau.store.blobs import READ_NOW_BYTES_MAX
from bocau.store.emails import email_blob

if TYPE_CHECKING:
    from bocau.services.jmap.context import JmapRooms

Result = TypeVar("Result")

BYTES_MAX: Final = 64 * 1024 * 1024
"""A longer message is not shown, only downloaded."""
STEPS_MAX: Final = 100


class NothingToShow(Refused):
    """No such message or part."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A message, or one enclosed in it."""

    data: bytes
    root: BodyPart
    prefix: str
    """What stands before the numbers of its parts in the whole message: "" or as "2."."""

    @property
    def body(self) -> FlatBody:
        return flat(self.root)

    @property
    def header(self) -> bytes:
        return self.data[self.root.part.header_start : self.root.part.body_start]

    def number(self, part: BodyPart) -> str:
        """Of a part, counted from the whole message."""
        return f"{self.prefix}{part.number}"

    def leaves(self) -> Iterator[BodyPart]:
        return leaves(self.root)


async def computed(data: bytes, work: Callable[[], Result]) -> Result:
    """What takes a message apart: at once, or, of a long one, in a thread."""
    return work() if len(data) <= READ_NOW_BYTES_MAX else await asyncio.to_thread(work)


async def open_message(rooms: "JmapRooms", account: AccountId, email_id: int, path: str) -> Opened:
    """`path`: "" for the email; else the number of a message/rfc822 part, or of a text part that is shown as
    if it were the message. NothingToShow, BlobLost."""
    ref = rooms.store.glance(account, lambda tx: email_blob(tx, EmailId(email_id)))
    if ref is None or ref.length > BYTES_MAX:
        raise NothingToShow("no such message")
    data, root = await _scanned(rooms, ref)
    return _at(data, root, path)


async def part_of(rooms: "JmapRooms", account: AccountId, email_id: int, path: str) -> tuple[bytes, Part]:
    """The message's octets, and the part of that number. NothingToShow, BlobLost."""
    ref = rooms.store.glance(account, lambda tx: email_blob(tx, EmailId(email_id)))
    steps = tuple(int(step) for step in path.split(".")) if path else ()
    if ref is None or ref.length > BYTES_MAX or not 0 < len(steps) <= STEPS_MAX:
        raise NothingToShow("no such part")
    data, root = await _scanned(rooms, ref)
    part = part_at(root, steps)
    if part is None:
        raise NothingToShow("no such part")
    return data, part


async def _scanned(rooms: "JmapRooms", ref: BlobRef) -> tuple[bytes, Part]:
    if ref.length <= READ_NOW_BYTES_MAX:
        data = rooms.store.blobs.read(ref)
        return data, scan(data)
    async with rooms.large:
        data = await asyncio.to_thread(rooms.store.blobs.read, ref)
        return data, await asyncio.to_thread(scan, data)


def _at(data: bytes, root: Part, path: str) -> Opened:
    if not path:
        return Opened(data, numbered(root), "")
    steps = tuple(int(step) for step in path.split("."))
    part = part_at(root, steps) if len(steps) <= STEPS_MAX else None
    if part is None:
        raise NothingToShow("no such part")
    if part.type == b"message" and part.children:
        return Opened(data, numbered(part.children[0]), f"{path}.")
    if part.type == b"text":
        outer, _, last = path.rpartition(".")
        return Opened(data, BodyPart(part, last, ()), f"{outer}." if outer else "")
    raise NothingToShow("this part is not shown")
