"""One POP3 session per account, over all workers (RFC 1939 §4): byte `account_id` of one lock file.

A lock of an open file description (Linux) is the kernel's: it goes with the process, however that ends. It
keeps processes apart; the set keeps the sessions of this process apart.
"""

import fcntl
import os
import struct
from pathlib import Path
from typing import Final

from bocau.base.errors import InUse, TryLater
from bocau.base.ids import AccountId

FILE_NAME: Final = "pop-locks"
_FLOCK: Final = "hhqqi"
"""struct flock: type, whence, start, length, pid."""


class PopLocks:
    """One per process; opened with the first session, after the fork."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._fd = -1
        self._held: set[AccountId] = set()

    def acquire(self, account_id: AccountId) -> None:
        """InUse when another session of this or another process has it; TryLater when the disk fails."""
        try:
            is_ours = account_id not in self._held and self._set(fcntl.F_WRLCK, account_id)
        except OSError as error:
            raise TryLater(f"no lock on the mailbox: {error.strerror}") from error
        if not is_ours:
            raise InUse("another POP3 session has this mailbox")
        self._held.add(account_id)

    def release(self, account_id: AccountId) -> None:
        self._set(fcntl.F_UNLCK, account_id)
        self._held.discard(account_id)

    def _set(self, kind: int, account_id: AccountId) -> bool:
        if self._fd < 0:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        request = struct.pack(_FLOCK, kind, os.SEEK_SET, account_id, 1, 0)
        try:
            fcntl.fcntl(self._fd, fcntl.F_OFD_SETLK, request)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._held.clear()
