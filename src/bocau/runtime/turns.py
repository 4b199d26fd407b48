"""How much of something an account does at a time, counted over all processes of the server.

A turn is one byte of a file, locked by fcntl(2): the kernel forgets the locks of a process that dies, and
taking one is a system call of some microseconds.

    account 7, turn 2  →  byte 7 * TURNS_MAX + 2
"""

import fcntl
import os
import weakref
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bocau.base.errors import LimitReached
from bocau.base.ids import AccountId

TURNS_MAX: Final = 1024
"""Of one account."""


class Turns:
    """At most `count_max` at a time for each account; the processes that count together name the same file.

    One process opens a file once: closing it would give back the turns of another opening.
    """

    def __init__(self, path: Path, count_max: int) -> None:
        assert 0 < count_max <= TURNS_MAX
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._file)
        self._count_max = count_max
        # The kernel gives a process what the process has already.
        self._taken: defaultdict[AccountId, set[int]] = defaultdict(set)

    @contextmanager
    def turn(self, account: AccountId) -> Iterator[None]:
        """Take one and give it back. LimitReached."""
        number = self._take(account)
        try:
            yield
        finally:
            self._give_back(account, number)

    def _take(self, account: AccountId) -> int:
        taken = self._taken[account]
        for number in range(self._count_max):
            if number not in taken and self._lock(account, number):
                taken.add(number)
                return number
        if not taken:
            del self._taken[account]
        raise LimitReached(f"{self._count_max} at the same time")

    def _lock(self, account: AccountId, number: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, account * TURNS_MAX + number)
        except BlockingIOError:
            return False
        return True

    def _give_back(self, account: AccountId, number: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, account * TURNS_MAX + number)
        taken = self._taken[account]
        taken.remove(number)
        if not taken:
            del self._taken[account]
