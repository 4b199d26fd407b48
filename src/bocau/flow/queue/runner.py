"""The queue runner: one per data directory, in the background process.

    doorbell "queue" ─┐
    next due time    ─┼→ sweep (expired, late) → refresh (what is due) → choose → lease → attempt → settle
    attempt over     ─┘

Leases of a runner that is gone are given back at the start, so a crash sends again at most what was under
way.
"""

import asyncio
import random
from typing import Final, Protocol

from bocau.base.errors import TryLater
from bocau.base.ids import QueueId
from bocau.directory import Directory
from bocau.flow.local.parcel import NO_ACCOUNT
from bocau.flow.outbound.verdict import Attempt, Fate, Verdict
from bocau.flow.queue.conclusion import Conclusion, conclude, conclude_expired, conclude_late
from bocau.flow.queue.scheduler import Scheduler
from bocau.flow.queue.settling import Settling
from bocau.flow.reports.reporter import Reporter
from bocau.flow.settings import FlowSettings
from bocau.rules.routing import RoutingTable
from bocau.runtime.clock import Clock
from bocau.runtime.log import Log
from bocau.runtime.waker import Listen, Waker
from bocau.store import MailStore, Writing
from bocau.store.blobs import BlobLost
from bocau.store.queue import AT_ONCE, Lease, QueuedMessage

LEASE_SECONDS: Final = 4 * 3600
"""Longer than any attempt; only a runner that is gone leaves a lease."""
FOREVER: Final = 2**62
OVERLAP_SECONDS: Final = 600
"""How far back each look for due recipients goes: a commit may come later than the time it carries."""
RESCAN_SECONDS: Final = 600.0
"""A lost doorbell is made good by a look at everything this often."""
REFRESH_SHARE: Final = 5.0
"""A look at what is due may cost at most one part in so many of the time."""
SWEEP_MESSAGES_MAX: Final = 100
LEASE_RECIPIENTS_MAX: Final = 1000
LEASE_MESSAGES_MAX: Final = 100
"""In one write."""
STOP_SECONDS: Final = 10.0
"""How long attempts under way may go on when the server stops."""
HOUR_SECONDS: Final = 3600


class Deliverer(Protocol):
    """What the runner needs of `flow.outbound.Outbound`."""

    async def deliver(self, lease: Lease) -> Attempt: ...
    async def close(self) -> None: ...


class QueueRunner:
    def __init__(
        self,
        store: MailStore,
        directory: Directory,
        outbound: Deliverer,
        listen: Listen,
        clock: Clock,
        log: Log,
        settings: FlowSettings,
    ) -> None:
        self._store = store
        self._outbound = outbound
        self._listen = listen
        self._clock = clock
        self._log = log
        self._table: RoutingTable = settings.outbound.table
        self._settling = Settling(store, Reporter(store, directory, settings, clock, log), clock, log)
        self._scheduler = Scheduler(
            settings.outbound.connections_per_destination, settings.outbound.connections_max
        )
        self._waker = Waker()
        self._attempts: set[asyncio.Task[None]] = set()
        self._has_begun = False
        self._leases_are_doubtful = False
        self._is_stale = True
        self._rescan_at = 0.0
        self._refresh_at = 0.0
        self._seen_until = 0
        self._swept_until = 0
        self._swept_hour = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is under way (at most STOP_SECONDS)."""
        self._has_begun = False
        try:
            async with self._waker.listening(self._listen, "queue", stop, self._ring):
                while not stop.is_set():
                    self._waker.clear()
                    await self._round()
                    if not await self._waker.rest(self._rest_seconds()):
                        self._is_stale = True
        finally:
            await self._end()

    def _ring(self) -> None:
        self._is_stale = True
        self._waker.ring()

    async def _begin(self) -> None:
        """Take over from a runner that is gone, and follow changed routes."""
        self._is_stale = True

        def job(tx: Writing) -> int:
            for destination, domain in tx.queue.destinations():
                current = self._table.destination(domain)
                if current != destination:
                    tx.queue.regroup(domain, current)
            return tx.queue.free_leases(FOREVER)

        freed = await self._store.write(NO_ACCOUNT, job, heavy=True)
        self._has_begun = True
        if freed:
            self._log.warning("attempts were interrupted", recipients=freed)

    async def _end(self) -> None:
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=STOP_SECONDS)
        for task in self._attempts:
            task.cancel()
        await asyncio.gather(*self._attempts, return_exceptions=True)
        await self._outbound.close()

    async def _round(self) -> None:
        try:
            if not self._has_begun:
                await self._begin()
            await self._sweep()
            if self._leases_are_doubtful:
                await self._take_back()
            self._refresh()
            if not self._leases_are_doubtful:
                await self._start()
        except TryLater as exc:
            self._log.warning("queue is waiting", why=str(exc))
            self._is_stale = True
            self._refresh_at = self._clock.monotonic() + 1.0

    def _rest_seconds(self) -> float:
        """Until the next due time."""
        monotonic = self._clock.monotonic()
        if self._is_stale:
            return max(0.0, self._refresh_at - monotonic)
        seconds = [self._rescan_at - monotonic]
        # Not after this moment: what has fallen due since the sweep would wait for the next one.
        next_at = self._store.glance(NO_ACCOUNT, lambda tx: tx.queue.next_event_at(self._swept_until))
        if next_at is not None:
            seconds.append(next_at - self._clock.now())
        wake_at = self._scheduler.wake_at()
        if wake_at is not None and self._scheduler.free_slots:
            seconds.append(wake_at - monotonic)
        return max(0.0, min(seconds))

    # --- what is due --------------------------------------------------------------

    def _refresh(self) -> None:
        """Learn which destinations have something due."""
        started = self._clock.monotonic()
        if not self._is_stale or started < self._refresh_at:
            return
        now = int(self._clock.now())
        is_rescan = started >= self._rescan_at
        since = AT_ONCE if is_rescan else self._seen_until - OVERLAP_SECONDS
        due, forced = self._store.glance(
            NO_ACCOUNT, lambda tx: (tx.queue.due(since, now), tx.queue.due(AT_ONCE, AT_ONCE))
        )
        self._scheduler.due(due)
        self._scheduler.forced(forced)
        self._seen_until = now
        self._is_stale = False
        ended = self._clock.monotonic()
        self._refresh_at = ended + (ended - started) * REFRESH_SHARE
        if is_rescan:
            self._rescan_at = ended + RESCAN_SECONDS
            self._scheduler.forget(ended, RESCAN_SECONDS)

    async def _start(self) -> None:
        """Lease as much as there are slots for, in one write at a time."""
        while chosen := self._chosen():
            now = int(self._clock.now())

            def job(tx: Writing, chosen: dict[str, int] = chosen, now: int = now) -> list[list[Lease]]:
                return [
                    list(
                        tx.queue.lease(
                            destination,
                            now,
                            now + LEASE_SECONDS,
                            messages=count,
                            recipients=LEASE_RECIPIENTS_MAX,
                        )
                    )
                    for destination, count in chosen.items()
                ]

            try:
                found = await self._store.write(NO_ACCOUNT, job)
            except TryLater:
                self._leases_are_doubtful = True
                raise
            for destination, leases in zip(chosen, found, strict=True):
                if not leases:
                    self._scheduler.exhausted(destination)
                for lease in leases:
                    self._launch(destination, lease)

    async def _take_back(self) -> None:
        """Free leases of a write that failed in its sync: it may be committed all the same.

        Our own attempts end first; each end rings."""
        if not self._attempts:
            await self._store.write(NO_ACCOUNT, lambda tx: tx.queue.free_leases(FOREVER))
            self._leases_are_doubtful = False

    def _chosen(self) -> dict[str, int]:
        chosen = self._scheduler.choose(self._clock.monotonic())
        return dict(list(chosen.items())[:LEASE_MESSAGES_MAX])

    # --- attempts -----------------------------------------------------------------

    def _launch(self, destination: str, lease: Lease) -> None:
        self._scheduler.started(destination)
        task = asyncio.create_task(self._attempt(destination, lease))
        self._attempts.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._attempts.discard(task)
        self._waker.ring()

    async def _attempt(self, destination: str, lease: Lease) -> None:
        attempt = Attempt(is_reached=True)
        try:
            attempt = await self._outbound.deliver(lease)
            await self._settle(lease, attempt)
        except BlobLost as exc:
            # Corrupt is not deleted: an administrator decides.
            self._log.error("body lost, message held", **_facts(lease.message), why=str(exc))
            await self._put_back(lease, f"the body cannot be read: {exc}", is_held=True)
        except TryLater as exc:
            self._log.error("attempt failed", **_facts(lease.message), why=str(exc))
            await self._put_back(lease, str(exc), is_held=False)
        except Exception as exc:
            self._log.exception("attempt failed", exc, **_facts(lease.message))
            await self._put_back(lease, "internal error", is_held=False)
        finally:
            self._scheduler.ended(
                destination,
                self._clock.monotonic(),
                random.random(),
                is_reached=attempt.is_reached,
                reason=attempt.reason,
            )

    async def _settle(self, lease: Lease, attempt: Attempt) -> None:
        message = lease.message
        self._note(message, attempt)
        now = int(self._clock.now())
        chances = [random.random() for _ in attempt.verdicts]
        await self._settling.settle(message, conclude(message, attempt.verdicts, now, chances))

    async def _put_back(self, lease: Lease, why: str, *, is_held: bool) -> None:
        verdict = Verdict(Fate.DEFERRED, "4.3.0", why)
        verdicts = dict.fromkeys(lease.numbers, verdict)
        conclusion = conclude(
            lease.message, verdicts, int(self._clock.now()), [random.random() for _ in verdicts]
        )
        queue_id = lease.message.queue_id

        def hold(tx: Writing) -> None:
            tx.queue.hold(queue_id)

        await self._settling.settle(lease.message, conclusion, hold if is_held else None)

    def _note(self, message: QueuedMessage, attempt: Attempt) -> None:
        """One line per recipient: from its 250 to its end a message is found by its id."""
        addresses = {r.number: r.address for r in message.recipients}
        for number, verdict in attempt.verdicts.items():
            self._log.info(
                verdict.fate.value,
                **_facts(message),
                to=addresses[number],
                relay=verdict.at or verdict.relay,
                status=verdict.status,
                reply=verdict.reply,
            )

    # --- what time does -----------------------------------------------------------

    async def _sweep(self) -> None:
        """Bounce what is too old, tell of what is late, forget old counts."""
        now = self._swept_until = int(self._clock.now())
        expired, late = self._store.glance(
            NO_ACCOUNT,
            lambda tx: (
                tx.queue.expired(now, SWEEP_MESSAGES_MAX),
                tx.queue.late(now, SWEEP_MESSAGES_MAX),
            ),
        )
        done = 0
        for queue_id in expired:
            done += await self._expire(queue_id, now)
        for queue_id in late:
            done += await self._warn(queue_id)
        if done >= SWEEP_MESSAGES_MAX:
            self._waker.ring()  # There may be more.
        hour = now // HOUR_SECONDS
        if hour != self._swept_hour:
            await self._store.write(NO_ACCOUNT, lambda tx: tx.queue.forget_submissions(hour))
            self._swept_hour = hour

    async def _expire(self, queue_id: QueueId, now: int) -> bool:
        message = self._message(queue_id)
        # What is being tried this moment ends by itself: its attempt knows that time is up.
        if message is None or message.is_leased:
            return False
        self._log.info("expired", **_facts(message))
        await self._settling.settle(message, conclude_expired(message, self._reason(message), now))
        return True

    async def _warn(self, queue_id: QueueId) -> bool:
        message = self._message(queue_id)
        if message is None:
            return False
        self._log.info("delayed", **_facts(message))
        conclusion = conclude_late(message, self._reason(message))
        if not message.reverse_path:
            conclusion = Conclusion()
        await self._settling.settle(message, conclusion, lambda tx: tx.queue.clear_warning(queue_id))
        return True

    def _message(self, queue_id: QueueId) -> QueuedMessage | None:
        return self._store.glance(NO_ACCOUNT, lambda tx: tx.queue.show(queue_id))

    def _reason(self, message: QueuedMessage) -> str:
        reasons = [self._scheduler.reason(r.destination) for r in message.recipients if r.is_open]
        return next(filter(None, reasons), "")


def _facts(message: QueuedMessage) -> dict[str, object]:
    return {"id": message.trace_id, "queue_id": message.queue_id}
