"""The write-ahead log's file, put on disk by us once a commit has let go of the lock.

With `synchronous = NORMAL` SQLite leaves this fdatasync out of COMMIT. Done here, after the unlock and before
any job is told, it promises the same as FULL, but other processes commit meanwhile, and one flush of the disk
serves them all (docs/decisions/0002).
"""

import os
from pathlib import Path

from bocau.base.errors import TryLater


class LogFile:
    """The log of one database; SQLite keeps the file for as long as a connection of ours is open."""

    def __init__(self, database: Path) -> None:
        self._path = f"{database}-wal"
        self._fd = -1
        self.is_doubtful = False
        """A sync failed: what is in the log may never reach the disk, until a checkpoint has copied it."""

    def sync(self) -> None:
        """Put every commit so far on disk. TryLater: the log is doubtful then.

        Never DiskFull: that says that nothing was done, and this comes after the commit."""
        try:
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            os.fdatasync(self._fd)
        except OSError as error:
            self.is_doubtful = True
            raise TryLater(f"disk: the log was not synced: {error.strerror}") from error

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
