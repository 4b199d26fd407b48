"""Images from elsewhere, fetched by the server so that no sender learns who read, when, and from where.

    signed URL → memory → disk → Fetcher (public web only, images only) → kept, or a small grey square

What is kept is kept by account: nobody learns from the time it takes what a colleague has been sent.
"""

import asyncio
import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Final

from bocau.base.errors import BocauError
from bocau.base.ids import AccountId
from bocau.formats.image_types import image_type
from bocau.runtime.clock import Clock
from bocau.runtime.fetch import Fetcher, Image
from bocau.services.web.image_files import ImageFiles

MEMORY_BYTES_MAX: Final = 16 * 1024 * 1024
MEMORY_OF_ONE_MAX: Final = 512 * 1024
PER_MINUTE_MAX: Final = 300
"""Images of one account that are fetched, by one worker; more are squares."""
AT_ONCE_MAX: Final = 6
"""Of one account."""
FAILURE_SECONDS: Final = 120
FAILURES_MAX: Final = 10_000
ACCOUNTS_MAX: Final = 10_000

# 1 × 1, grey.
PLACEHOLDER: Final = Image(
    bytes.fromhex("47494638396101000100800000c8c8c800000021f90400000000002c00000000010001000002024401003b"),
    "image/gif",
)


class _Visitor:
    """What one account has under way."""

    def __init__(self, now: float) -> None:
        self.slots = asyncio.Semaphore(AT_ONCE_MAX)
        self.since = now
        self.count = 0

    def may_fetch(self, now: float) -> bool:
        if now - self.since >= 60:
            self.since, self.count = now, 0
        self.count += 1
        return self.count <= PER_MINUTE_MAX


class ImageProxy:
    """One per process; the folder belongs to all of them."""

    def __init__(self, fetcher: Fetcher, folder: Path, clock: Clock) -> None:
        self._fetcher = fetcher
        self._files = ImageFiles(folder, clock)
        self._clock = clock
        self._memory: OrderedDict[str, Image] = OrderedDict()
        self._memory_bytes = 0
        self._failed: OrderedDict[str, float] = OrderedDict()
        self._fetching: dict[str, asyncio.Task[Image | None]] = {}
        self._visitors: OrderedDict[AccountId, _Visitor] = OrderedDict()

    async def image(self, account: AccountId, url: str) -> tuple[Image, bool]:
        """The image, or PLACEHOLDER and False."""
        key = hashlib.sha256(f"{account} {url}".encode()).hexdigest()
        found = self._known(key)
        if found is None and not self._has_failed(key):
            found = await self._once(key, account, url)
        return (PLACEHOLDER, False) if found is None else (found, True)

    async def _once(self, key: str, account: AccountId, url: str) -> Image | None:
        """The same image that is asked for twice at the same time is fetched once."""
        task = self._fetching.get(key)
        if task is None:
            task = self._fetching[key] = asyncio.create_task(self._find(key, account, url))
            task.add_done_callback(lambda done: self._fetching.pop(key, None))
        return await asyncio.shield(task)

    async def _find(self, key: str, account: AccountId, url: str) -> Image | None:
        data = await self._files.read(key)
        kind = image_type(data) if data is not None else None
        if data is not None and kind is not None:
            found = Image(data, kind)
        else:
            fetched = await self._fetch(account, url)
            if fetched is None:
                self._fail(key)
                return None
            found = fetched
            await self._files.write(key, found.data)
        self._remember(key, found)
        return found

    async def _fetch(self, account: AccountId, url: str) -> Image | None:
        now = self._clock.monotonic()
        visitor = self._visitors.setdefault(account, _Visitor(now))
        self._visitors.move_to_end(account)
        if len(self._visitors) > ACCOUNTS_MAX:
            self._visitors.popitem(last=False)
        if not visitor.may_fetch(now):
            return None
        async with visitor.slots:
            try:
                return await self._fetcher.get_image(url)
            except BocauError:
                return None

    def _known(self, key: str) -> Image | None:
        found = self._memory.get(key)
        if found is not None:
            self._memory.move_to_end(key)
        return found

    def _remember(self, key: str, image: Image) -> None:
        if len(image.data) > MEMORY_OF_ONE_MAX or key in self._memory:
            return
        self._memory[key] = image
        self._memory_bytes += len(image.data)
        while self._memory_bytes > MEMORY_BYTES_MAX:
            self._memory_bytes -= len(self._memory.popitem(last=False)[1].data)

    def _has_failed(self, key: str) -> bool:
        return self._failed.get(key, 0.0) > self._clock.monotonic()

    def _fail(self, key: str) -> None:
        self._failed.pop(key, None)
        self._failed[key] = self._clock.monotonic() + FAILURE_SECONDS
        if len(self._failed) > FAILURES_MAX:
            self._failed.popitem(last=False)
