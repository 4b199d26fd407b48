"""The least time between two logins of an account, over all workers (RFC 2449 §6.5): one file of times.

The caller holds the account's lock, so nobody writes the same place at the same time. A crash loses nothing
that matters: the next login comes a little early.
"""

import os
import struct
from pathlib import Path
from typing import Final

from bocau.base.errors import TryLater
from bocau.base.ids import AccountId

FILE_NAME: Final = "pop-logins"
_TIME: Final = struct.Struct("<d")


class TooEarly(TryLater):
    """The account was here a moment ago."""


class LoginDelays:
    """One per process; opened with the first session, after the fork. `seconds` 0: no delay."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._path = folder / FILE_NAME
        self._seconds = seconds
        self._fd = -1

    def note(self, account_id: AccountId, now: float) -> None:
        """Note a login at Unix time `now`. TooEarly, which is not noted."""
        if not self._seconds:
            return
        try:
            place = account_id * _TIME.size
            found = os.pread(self._file(), _TIME.size, place)
            last = _TIME.unpack(found)[0] if len(found) == _TIME.size else 0.0
            # A time to come is that of a clock that was put back: it does not lock anybody out.
            if 0 <= now - last < self._seconds:
                raise TooEarly("too early")
            os.pwrite(self._file(), _TIME.pack(now), place)
        except OSError as error:
            raise TryLater(f"no note of the login: {error.strerror}") from error

    def _file(self) -> int:
        if self._fd < 0:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._fd
