"""How often an account may have this server speak to others, counted by one worker."""

from collections import OrderedDict, deque
from typing import Final

from bocau.base.errors import LimitReached
from bocau.base.ids import AccountId

HOUR_SECONDS: Final = 3600
ACCOUNTS_MAX: Final = 10_000
"""The one that asked longest ago is forgotten for another one."""


class Hourly:
    """At most `count_max` within any hour, for each account."""

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._recent: OrderedDict[AccountId, deque[float]] = OrderedDict()

    def count(self, account: AccountId, now: float) -> None:
        """One more at `now`, in seconds of a clock that goes on. LimitReached."""
        times = self._recent.setdefault(account, deque())
        self._recent.move_to_end(account)
        if len(self._recent) > ACCOUNTS_MAX:
            self._recent.popitem(last=False)
        while times and times[0] < now - HOUR_SECONDS:
            times.popleft()
        if len(times) >= self._count_max:
            raise LimitReached(f"at most {self._count_max} an hour")
        times.append(now)
