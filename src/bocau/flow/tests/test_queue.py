"""The queue over time: leases, retries, expiry, fairness, the administrator's verbs, a crash."""

import asyncio
import time
from collections import defaultdict
from typing import Any

import pytest

from bocau.base.errors import NoSuchMessage
from bocau.base.ids import AccountId, QueueId
from bocau.flow.outbound.verdict import Attempt, Fate, Verdict
from bocau.flow.queue import admin
from bocau.flow.queue import runner as runner_module
from bocau.flow.queue.runner import QueueRunner
from bocau.flow.queue.settling import Settling
from bocau.flow.reports.reporter import Reporter
from bocau.flow.tests.conftest import MAIL, NOW, World
from bocau.store.blobs import BlobLost
from bocau.store.queue import Lease, NewQueued, NewQueuedRecipient, RecipientStatus

EVERYBODY = AccountId(0)


class Post:
    """Stands for `Outbound`: verdicts by destination; remembers what it was handed."""

    def __init__(self, **fates: Attempt | Exception) -> None:
        self.fates = fates
        self.handed: list[Lease] = []
        self.running: defaultdict[str, int] = defaultdict(int)
        self.running_max: defaultdict[str, int] = defaultdict(int)
        self.gates: dict[str, asyncio.Event] = {}

    async def deliver(self, lease: Lease) -> Attempt:
        self.handed.append(lease)
        destination = next(r.destination for r in lease.message.recipients if r.number in lease.numbers)
        self.running[destination] += 1
        self.running_max[destination] = max(self.running_max[destination], self.running[destination])
        try:
            if destination in self.gates:
                await self.gates[destination].wait()
            fate = self.fates.get(destination.partition(".")[0])
            if isinstance(fate, Exception):
                raise fate
            verdict = Verdict(Fate.SENT, "2.0.0", "250 ok")
            if fate is not None:
                verdict = next(iter(fate.verdicts.values()))
            return Attempt(
                dict.fromkeys(lease.numbers, verdict), fate is None or fate.is_reached, "no route to host"
            )
        finally:
            self.running[destination] -= 1

    async def close(self) -> None:
        pass


LATER = Attempt({0: Verdict(Fate.DEFERRED, "4.2.0", "450 later")}, True)
DEAD = Attempt({0: Verdict(Fate.DEFERRED, "4.4.1", "no answer")}, False)


async def put(world: World, *addresses: str, count: int = 1, sender: str = "alice@here.test") -> None:
    for _ in range(count):
        await world.flow.submit(world.arrived(*(addresses or ("x@dead.test",)), sender=sender))


def runner(world: World, post: Post) -> QueueRunner:
    return world.runner(post)


def handed(post: Post) -> list[str]:
    return [lease.message.recipients[lease.numbers[0]].domain for lease in post.handed]


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts that hang are left alone at once when the runner stops."""
    monkeypatch.setattr(runner_module, "STOP_SECONDS", 0.01)


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)


@pytest.fixture
async def alice(world: World) -> World:
    await world.account("alice")
    return world


async def test_what_is_delivered_leaves_the_queue(world: World) -> None:
    post = Post()
    await put(world, "x@a.test", "y@a.test", "z@b.test")
    await world.run_queue(lambda: not world.queue(), runner(world, post))
    assert sorted(lease.numbers for lease in post.handed) == [(0, 1), (2,)]


async def test_doorbell_wakes_a_sleeping_runner(world: World) -> None:
    post = Post()
    stop = asyncio.Event()
    task = asyncio.create_task(runner(world, post).run(stop))
    await asyncio.sleep(0.05)
    await put(world, "x@a.test")
    await until(lambda: not world.queue())
    stop.set()
    await task


async def test_retry_waits_for_its_time(world: World) -> None:
    post = Post(a=LATER)
    await put(world, "x@a.test")
    await world.run_queue(lambda: bool(world.log.events("deferred")), runner(world, post))
    (message,) = world.queue()
    assert message.recipients[0].attempts == 1
    due = message.recipients[0].next_attempt_at
    world.clock.time = due - 1
    await world.run_queue(later(0.05), runner(world, post))
    assert len(post.handed) == 1
    world.clock.time = due
    post.fates = {}
    await world.run_queue(lambda: not world.queue(), runner(world, post))


def later(seconds: float) -> Any:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


async def test_what_falls_due_behind_a_look_is_not_slept_over(world: World) -> None:
    post = Post(dead=LATER)
    one = runner(world, post)
    await put(world)
    await world.run_queue(lambda: post.handed, one)
    due_at = world.store.glance(EVERYBODY, lambda tx: tx.queue.next_event_at(int(world.clock.time)))
    world.clock.time = due_at - 0.5
    await one._round()
    world.clock.time = due_at + 0.5
    assert not one._is_stale and one._rest_seconds() == 0


async def test_one_dead_destination_delays_nobody(world: World, no_patience: None) -> None:
    post = Post()
    post.gates["dead.test"] = asyncio.Event()
    await put(world, "x@dead.test", count=30)
    await put(world, "x@live.test", count=30)
    await world.run_queue(lambda: handed(post).count("live.test") == 30, runner(world, post))
    assert post.running_max["dead.test"] == 5 and post.running_max["live.test"] <= 5
    assert handed(post).count("dead.test") == 5


async def test_unreachable_destination_is_spared_then_probed_by_one(world: World) -> None:
    post = Post(dead=DEAD)
    await put(world, count=20)
    one, stop = runner(world, post), asyncio.Event()
    task = asyncio.create_task(one.run(stop))
    await until(lambda: len(post.handed) >= 5 and not one._attempts)
    # The runner looks at the queue again, and leaves the dead alone.
    await put(world, "x@alive.test")
    await until(lambda: "alive.test" in handed(post) and not one._attempts)
    assert handed(post) == [*["dead.test"] * 5, "alive.test"]
    # Each step goes beyond the pause of that moment.
    world.clock.time += 90
    world.bell.ring(["queue"])
    await until(lambda: len(post.handed) >= 7 and not one._attempts)
    assert handed(post)[6:] == ["dead.test"]
    post.fates = {}
    world.clock.time += 1200
    world.bell.ring(["queue"])
    await until(lambda: not world.queue())
    stop.set()
    await task


async def test_forced_retry_goes_even_to_the_dead(world: World) -> None:
    post = Post(dead=DEAD)
    await put(world)
    one = runner(world, post)
    await world.run_queue(lambda: len(world.log.events("deferred")) == 1, one)
    post.fates = {}
    assert await admin.retry(world.store) == 1
    await world.run_queue(lambda: not world.queue(), one)


async def test_expired_is_bounced_once_with_the_last_words(alice: World) -> None:
    post = Post(a=LATER)
    await put(alice, "x@a.test")
    await alice.run_queue(lambda: bool(alice.log.events("deferred")), runner(alice, post))
    alice.clock.time += 5 * 86400
    await alice.run_queue(lambda: not alice.queue(), runner(alice, post))
    bounces = [body for body in alice.inbox("alice") if b"Action: failed" in body]
    assert len(bounces) == 1 and b"450 later" in bounces[0] and b"Status: 4.4.7" in bounces[0]


async def test_delay_is_told_once_after_four_hours(alice: World) -> None:
    post = Post(a=LATER)
    await put(alice, "x@a.test")
    for hours in (0, 3.9, 4.1, 5, 9):
        alice.clock.time = NOW + hours * 3600
        count = len(alice.log.events("deferred"))
        one = runner(alice, post)
        await alice.run_queue(lambda count=count: len(alice.log.events("deferred")) > count, one)
        notes = [body for body in alice.inbox("alice") if b"Action: delayed" in body]
        assert len(notes) == (1 if hours > 4 else 0)
    assert b"450 later" in notes[0] and b"Will-Retry-Until" in notes[0]


async def test_interrupted_attempts_are_made_again(world: World, no_patience: None) -> None:
    post = Post()
    post.gates["a.test"] = asyncio.Event()
    await put(world, "x@a.test", "y@b.test")
    stop = asyncio.Event()
    task = asyncio.create_task(runner(world, post).run(stop))
    await until(lambda: world.queue()[0].recipients[1].status is RecipientStatus.DELIVERED)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [r.status.name for r in world.queue()[0].recipients] == ["LEASED", "DELIVERED"]
    again = Post()
    await world.run_queue(lambda: not world.queue(), runner(world, again))
    assert [lease.numbers for lease in again.handed] == [(0,)]


async def test_hold_release_drop(world: World) -> None:
    post = Post()
    await put(world, "x@a.test", count=3)
    one, two, three = [each.queue_id for each in admin.list_queue(world.store)]
    assert await admin.hold(world.store, one) and not await admin.hold(world.store, one)
    assert await admin.drop(world.store, two) and not await admin.drop(world.store, two)
    await world.run_queue(lambda: len(world.queue()) == 1, runner(world, post))
    world.clock.time += 30 * 86400
    await world.run_queue(later(0.03), runner(world, post))
    assert admin.show(world.store, one).is_held and [lease.message.queue_id for lease in post.handed] == [
        three
    ]
    assert await admin.release(world.store, one) and not await admin.release(world.store, one)
    with pytest.raises(NoSuchMessage):
        admin.show(world.store, QueueId(999))


async def test_administrator_gives_a_message_back(alice: World) -> None:
    await put(alice, "x@a.test")
    (message,) = alice.queue()
    reporter = Reporter(alice.store, alice.directory, alice.settings, alice.clock, alice.log)
    settling = Settling(alice.store, reporter, alice.clock, alice.log)
    await admin.bounce(alice.store, settling, message.queue_id)
    assert alice.queue() == [] and b"Action: failed" in alice.inbox("alice")[0]


async def test_lost_body_is_held_and_a_bug_does_not_stop_the_queue(world: World) -> None:
    world.log.exception = lambda event, error, **facts: world.log.error(event, **facts)
    post = Post(a=BlobLost("gone"), b=RuntimeError("bug"))
    await put(world, "x@a.test", "x@b.test")
    await put(world, "x@c.test")
    await world.run_queue(
        lambda: len(world.queue()) == 1 and len(post.handed) == 3 and not world.queue()[0].is_leased,
        runner(world, post),
    )
    (message,) = world.queue()
    assert message.is_held and {r.status for r in message.recipients} == {RecipientStatus.HELD}


async def test_changed_routes_move_what_waits(world: World) -> None:
    from bocau.rules.routing import Hop

    await put(world, "x@a.test", "y@b.test")
    world.outbound_settings(routes={"a.test": Hop("10.0.0.1", 25), "b.test": Hop("10.0.0.1", 25)})
    post = Post()
    await world.run_queue(lambda: not world.queue(), runner(world, post))
    assert [lease.numbers for lease in post.handed] == [(0, 1)]


async def test_result_survives_a_full_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from bocau.base.errors import DiskFull
    from bocau.flow.queue import settling
    from bocau.store import MailStore

    monkeypatch.setattr(settling, "AGAIN_SECONDS", 0.01)
    post = Post()
    await put(world, "x@a.test")
    failures = 3
    real = MailStore.write

    async def write(self: Any, account: Any, job: Any, **options: Any) -> Any:
        nonlocal failures
        if post.handed and failures:
            failures -= 1
            raise DiskFull("full")
        return await real(self, account, job, **options)

    monkeypatch.setattr(MailStore, "write", write)
    await world.run_queue(lambda: not world.queue(), runner(world, post))
    assert len(post.handed) == 1 and len(world.log.events("result not written")) == 3


async def test_fifty_thousand_waiting_cost_little(world: World) -> None:
    blob = world.store.blobs.stage(MAIL)

    def fill(tx: Any) -> None:
        for number in range(50_000):
            domain = f"d{number % 500}.test"
            recipient = NewQueuedRecipient(f"x@{domain}", domain, domain)
            tx.queue.add(
                NewQueued(
                    "t", blob, 0, "", (recipient,), "7BIT", False, int(NOW) + number, int(NOW) * 2, None
                )
            )

    await world.store.write(EVERYBODY, fill, heavy=True)
    now = int(NOW)

    def look(tx: Any) -> tuple[Any, ...]:
        return (
            tx.queue.due(0, now),
            tx.queue.next_event_at(now),
            tx.queue.expired(now, 9),
            tx.queue.late(now, 9),
        )

    # Of this thread alone: the machine may be busy with others.
    started = time.thread_time()
    due, next_at, expired, late = world.store.glance(EVERYBODY, look)
    leases = await world.store.write(
        EVERYBODY, lambda tx: tx.queue.lease("d0.test", now + 50_000, now, messages=5, recipients=9)
    )
    assert time.thread_time() - started < 0.1
    assert (due, next_at, expired, late, len(leases)) == ({"d0.test"}, now + 1, [], [], 5)
    counts = world.store.glance(EVERYBODY, lambda tx: tx.queue.counts(now))
    assert (counts.message_count, counts.leased_recipients) == (50_000, 5)
    assert len(world.store.glance(EVERYBODY, lambda tx: tx.queue.list(limit=10))) == 10
