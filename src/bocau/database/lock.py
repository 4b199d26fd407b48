"""The fair lock between the processes that write one database.

SQLite's own lock is polled: a busy process can starve another one for seconds. Waiters of flock() queue in
the kernel, and the kernel frees the lock of a process that dies.
"""

import fcntl
import os
from pathlib import Path


class ProcessLock:
    """An advisory lock on a file of its own."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def try_acquire(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def acquire(self) -> None:
        """Wait for our turn, however long; call it in a thread."""
        fcntl.flock(self._fd, fcntl.LOCK_EX)

    def release(self) -> None:
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._fd)
