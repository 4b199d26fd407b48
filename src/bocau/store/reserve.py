"""Room kept on the disk for the day when it is full: to delete mail takes some room, too.

free below FREE_BYTES_MIN → no new bodies (DiskFull)      rows cannot be written → the reserve is given up
"""

import os
from pathlib import Path
from typing import Final

from bocau.base.errors import DiskFull

RESERVE_BYTES: Final = 8 * 1024 * 1024
"""Enough for the log of many thousand deletions."""
FREE_BYTES_MIN: Final = 16 * 1024 * 1024
"""Mail is refused before the disk is full, and stays refused when all that is free is the reserve itself."""
FILL_BYTES_MIN: Final = 4 * FREE_BYTES_MIN
"""The reserve is taken from a disk that has this much left."""


class Reserve:
    """A file that holds nothing but room; whichever process is in need removes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self) -> None:
        """Take the reserve if it is not there and the disk has plenty. Never fails."""
        if self._path.exists() or free_bytes(self._path.parent) < FILL_BYTES_MIN:
            return
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            os.posix_fallocate(fd, 0, RESERVE_BYTES)
        except OSError:
            self.release()
        finally:
            os.close(fd)

    def release(self) -> bool:
        """Give it up; False when there was none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


def free_bytes(folder: Path) -> int:
    """What the disk has left for us."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def check_free(folder: Path, size_bytes: int) -> None:
    """Raises DiskFull when a body of this size would take what deleting needs."""
    if free_bytes(folder) - size_bytes < FREE_BYTES_MIN:
        raise DiskFull("the disk is almost full")
