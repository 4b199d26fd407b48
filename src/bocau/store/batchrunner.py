"""Carries batches out, portion by portion, fair over accounts; run by the background process.

doorbell "batch" → open batches → one portion of each in turn → … until none is open
once an hour     → those finished long ago are forgotten

A batch whose portions cannot be written now is tried again; a client hears of progress a few times a second.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from bocau.base.errors import BocauError, Refused
from bocau.base.ids import AccountId
from bocau.runtime.waker import Listen, Waker
from bocau.store.batches import BELL, Batch, Status, batch, forget, note, old_batches, open_batches
from bocau.store.batchwork import do_portion, pass_over, undo_portion
from bocau.store.mailstore import MailStore
from bocau.store.writing import Writing

AT_ONCE: Final = 100
"""Batches that take turns."""
NOTE_SECONDS: Final = 0.25
"""Between two words of progress to the clients of an account."""
PAUSE_SECONDS: Final = 0.005
"""After each portion: others write meanwhile."""
RESCAN_SECONDS: Final = 30.0
"""A lost doorbell is made good by a look this often."""
RETRY_SECONDS: Final = 5.0
SWEEP_SECONDS: Final = 3600.0
_NOBODY: Final = AccountId(0)


class BatchRunner:
    """One per server."""

    def __init__(
        self,
        store: MailStore,
        listen: Listen,
        must_wait: Callable[[str], None],
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`must_wait`: told why work cannot go on."""
        self._store = store
        self._listen = listen
        self._must_wait = must_wait
        self._now = now
        self._monotonic = monotonic
        self._waker = Waker()
        self._noted_at: dict[tuple[AccountId, int], float] = {}
        self._swept_at = -SWEEP_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        await self._waker.keep_at(lambda: self._round(stop), self._listen, BELL, stop)

    async def _round(self, stop: asyncio.Event) -> float:
        """How long to rest then, in seconds."""
        try:
            await self.work(stop)
            await self._sweep()
        except (BocauError, OSError) as exc:
            self._must_wait(str(exc))
            return RETRY_SECONDS
        return RESCAN_SECONDS

    async def work(self, stop: asyncio.Event | None = None) -> None:
        """Until no batch is open."""
        while some := self._store.glance(_NOBODY, lambda tx: open_batches(tx.sql, AT_ONCE)):
            for account_id, batch_id in some:
                if stop is not None and stop.is_set():
                    return
                await self._portion(account_id, batch_id)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _portion(self, account_id: AccountId, batch_id: int) -> None:
        key, now = (account_id, batch_id), self._monotonic()
        is_due = now - self._noted_at.get(key, -NOTE_SECONDS) >= NOTE_SECONDS
        job = partial(_work_on, batch_id=batch_id, is_due=is_due)
        try:
            after = await self._store.write(account_id, job, heavy=True)
        except Refused as exc:
            self._must_wait(f"a portion of batch {batch_id} of account {account_id} is left out: {exc}")
            after = await self._store.write(account_id, partial(_leave_out, batch_id=batch_id))
        if after is None or after.finished_at is not None:
            self._noted_at.pop(key, None)
        elif is_due:
            self._noted_at[key] = now

    async def _sweep(self) -> None:
        if self._monotonic() - self._swept_at < SWEEP_SECONDS:
            return
        while some := self._store.glance(_NOBODY, lambda tx: old_batches(tx.sql, int(self._now()))):
            for account_id, batch_id in some:
                await self._store.write(account_id, partial(forget, batch_id=batch_id))
        self._swept_at = self._monotonic()


def _work_on(tx: Writing, batch_id: int, *, is_due: bool) -> Batch | None:
    """One portion, in one transaction; None: there is nothing to do any more."""
    found = batch(tx, batch_id)
    if found is None or found.finished_at is not None:
        return None
    after = undo_portion(tx, found) if found.status is Status.UNDOING else do_portion(tx, found)
    if is_due or after.finished_at is not None:
        note(tx, batch_id)
    return after


def _leave_out(tx: Writing, batch_id: int) -> Batch | None:
    found = batch(tx, batch_id)
    if found is None or found.finished_at is not None:
        return None
    note(tx, batch_id)
    return pass_over(tx, found)
