"""Fetched images on disk, beside the data: a cache that may be deleted at any time."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from bocau.runtime.clock import Clock

BYTES_MAX: Final = 256 * 1024 * 1024
"""Of all files; the oldest go first."""
AGE_SECONDS_MAX: Final = 7 * 86_400
WRITES_BETWEEN_SWEEPS: Final = 64


class ImageFiles:
    """Names are SHA-256 in hexadecimal. A disk that fails is a cache that knows nothing."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._writes = 0

    async def read(self, name: str) -> bytes | None:
        return await asyncio.to_thread(self._read, name)

    async def write(self, name: str, data: bytes) -> None:
        await asyncio.to_thread(self._write, name, data)

    def _read(self, name: str) -> bytes | None:
        path = self._folder / name
        try:
            is_fresh = self._clock.now() - path.stat().st_mtime < AGE_SECONDS_MAX
            return path.read_bytes() if is_fresh else None
        except OSError:
            return None

    def _write(self, name: str, data: bytes) -> None:
        path = self._folder / name
        partial = path.with_name(f"{name}.{os.getpid()}")
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            partial.write_bytes(data)
            partial.replace(path)
            self._writes += 1
            if self._writes % WRITES_BETWEEN_SWEEPS == 1:
                self._sweep()
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """What is too old goes, then the oldest until the rest fits."""
        files = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                files.append((status.st_mtime, status.st_size, entry.path))
        files.sort(reverse=True)
        kept, oldest = 0, self._clock.now() - AGE_SECONDS_MAX
        for changed_at, size, path in files:
            kept += size
            if kept > BYTES_MAX or changed_at < oldest:
                Path(path).unlink(missing_ok=True)
