"""Who follows which account, and what each has yet to be told.

The first change is told at once, then at most one telling a second: changes between are told together.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bocau.base.errors import NoSuchAccount, TryLater
from bocau.base.ids import AccountId
from bocau.services.jmap import ids
from bocau.services.jmap.callers import Callers
from bocau.services.jmap.context import Caller, JmapRooms
from bocau.services.jmap.errors import RequestError
from bocau.services.jmap.push.types import QUOTA, news_since, states
from bocau.store import Reading

FOLLOWERS_PER_ACCOUNT_MAX: Final = 50
"""Streams of one account on one worker."""
FOLLOWERS_MAX: Final = 5000
"""Streams of one worker: half of the connections that it takes."""
SECONDS_BETWEEN: Final = 1.0
CHECKED_AT_ONCE: Final = 100
"""Followers that are asked for their credentials before others get a turn."""
RETRY_SECONDS: Final = 1.0
CHECK_SECONDS: Final = 60.0
"""How often all followers are asked: a token or a session may end by the clock alone, without a ring."""


class Ended(Exception):
    """The stream is over: the server stops, or its credentials are void."""


class News(NamedTuple):
    """What a stream is told."""

    changed: dict[str, str]
    """Type → state."""
    modseq: int
    """Of the account: the id of the event, the client's `pushState`."""

    def told(self, account: AccountId) -> dict[str, Any]:
        """The StateChange object (RFC 8620 §7.1)."""
        return {"@type": "StateChange", "changed": {ids.account_id(account): self.changed}}


class Follower:
    """One stream; `next` waits for what to tell."""

    def __init__(self, caller: Caller, wanted: Collection[str] | None) -> None:
        self.caller = caller
        self.wanted = wanted
        """Types; None: all."""
        self._loop = asyncio.get_running_loop()
        self._pending: dict[str, str] = {}
        self._modseq = 0
        self._free_at = 0.0
        self._woken = asyncio.Event()
        self._is_ended = False

    @property
    def account(self) -> AccountId:
        return self.caller.login.account_id

    def want(self, types: Collection[str] | None) -> None:
        """Other types from now on; what waits to be told of the former ones is not told."""
        self.wanted = types
        self._pending = {name: state for name, state in self._pending.items() if self._wants(name)}

    def hear(self, news: News) -> None:
        """Put down what is to be told."""
        found = {name: state for name, state in news.changed.items() if self._wants(name)}
        if found:
            self._pending |= found
            self._modseq = news.modseq
            self._woken.set()

    def _wants(self, name: str) -> bool:
        return self.wanted is None or name in self.wanted

    def end(self) -> None:
        self._is_ended = True
        self._woken.set()

    async def next(self, seconds: float) -> News | None:
        """What is to be told, as soon as it may be; None when nothing was within this time. Ended."""
        deadline = self._loop.time() + seconds
        while True:
            if self._is_ended:
                raise Ended
            now = self._loop.time()
            if self._pending and self._free_at <= now:
                return self._take(now)
            if now >= deadline:
                return None
            await self._wait(min(deadline, self._free_at) if self._pending else deadline)

    def _take(self, now: float) -> News:
        news = News(self._pending, self._modseq)
        self._pending, self._free_at = {}, now + SECONDS_BETWEEN
        return news

    async def _wait(self, until: float) -> None:
        self._woken.clear()
        try:
            async with asyncio.timeout_at(until):
                await self._woken.wait()
        except TimeoutError:
            pass


@dataclass
class _Followed:
    """An account that somebody follows."""

    modseq: int
    quota: str
    """Its state that was told last."""
    end: Callable[[], None] = lambda: None
    followers: set[Follower] = field(default_factory=set)


class Feed:
    """All streams of one process."""

    def __init__(self, rooms: JmapRooms, callers: Callers) -> None:
        self._rooms = rooms
        self._callers = callers
        self._followed: dict[AccountId, _Followed] = {}
        self._count = 0
        self._checking: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        if rooms.doorbell is not None:
            rooms.doorbell.listen("directory", self._directory_changed)

    def follow(self, caller: Caller, wanted: Collection[str] | None) -> Follower:
        """A new stream from now on; `leave` ends it. RequestError limit."""
        account = caller.login.account_id
        followed = self._followed.get(account)
        count = len(followed.followers) if followed is not None else 0
        if self._count >= FOLLOWERS_MAX or count >= FOLLOWERS_PER_ACCOUNT_MAX:
            raise RequestError("limit", 429, "too many streams at the same time", "maxConcurrentRequests")
        follower = Follower(caller, wanted)
        if followed is None:
            followed = self._followed[account] = _Followed(*self._now(account))
            followed.end = self._rooms.store.listen(account, lambda: self._heard(account))
        followed.followers.add(follower)
        self._count += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check_by_clock)
        if self._is_closed:
            follower.end()
        return follower

    def _now(self, account: AccountId) -> tuple[int, str]:
        try:
            return self._rooms.store.glance(account, lambda tx: (tx.modseq(), states(tx, (QUOTA,))[QUOTA]))
        except NoSuchAccount:
            return 0, ""

    def leave(self, follower: Follower) -> None:
        followed = self._followed[follower.account]
        followed.followers.remove(follower)
        self._count -= 1
        if not followed.followers:
            followed.end()
            del self._followed[follower.account]

    def catch_up(self, follower: Follower, since: int) -> None:
        """Tell a client that comes back what has changed since it was told `since`."""
        news = self._rooms.store.glance(follower.account, lambda tx: _news(tx, since))
        if news is not None:
            follower.hear(news)

    def close(self) -> None:
        """The server stops: all streams end."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for follower in self._all():
            follower.end()

    def _all(self) -> list[Follower]:
        return [one for followed in self._followed.values() for one in followed.followers]

    # --- called by the doorbell -------------------------------------------------------

    def _heard(self, account: AccountId) -> None:
        followed = self._followed.get(account)
        if followed is None:
            return
        try:
            news = self._rooms.store.glance(account, lambda tx: _news(tx, followed.modseq, followed.quota))
        except NoSuchAccount:
            for follower in followed.followers:
                follower.end()
            return
        except TryLater:
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._heard, account)
            return
        if news is not None:
            followed.modseq = news.modseq
            followed.quota = news.changed.get(QUOTA, followed.quota)
            for follower in followed.followers:
                follower.hear(news)

    def _directory_changed(self) -> None:
        if self._checking is None or self._checking.done():
            self._checking = asyncio.get_running_loop().create_task(self._check_credentials())

    def _check_by_clock(self) -> None:
        self._timer = None
        if self._count and not self._is_closed:
            self._timer = asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check_by_clock)
            self._directory_changed()

    async def _check_credentials(self) -> None:
        """A password was changed, an account disabled, a session ended: such streams end now."""
        for count, follower in enumerate(self._all(), start=1):
            if not self._callers.is_still_valid(follower.caller):
                follower.end()
            if count % CHECKED_AT_ONCE == 0:
                await asyncio.sleep(0)


def _news(reading: Reading, since: int, quota: str | None = None) -> News | None:
    modseq = reading.modseq()
    if modseq <= since:
        return None
    return News(news_since(reading, since, quota), modseq)
