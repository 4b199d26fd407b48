"""kill -9 of any process under load: the ledger holds, and a worker's death harms its own sessions only."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from crash.ledger import Ledger, plain_imap
from crash.operations import BROKEN, NotDone, World, append, check_sent, deliver, submit
from crash.sink import Sink
from crash.victim import Victim, Zygote
from harness import eventually

BETWEEN_KILLS_SECONDS = 2.5
SESSIONS_MAX = 60


@pytest.fixture
def busy_world(tmp_path: Path, zygote: Zygote) -> Iterator[World]:
    with Sink() as sink:
        settings = (
            f"submission.smarthost={sink.host}:{sink.port}",
            "submission.smarthost_tls=none",
            "submission.messages_per_hour=100000",
        )
        with Victim(tmp_path, zygote, workers=2, users=1, settings=settings) as victim:
            yield World(victim, Ledger(), sink)
            victim.assert_no_traceback()


def keep_doing(
    operation: Callable[[World], object], world: World, end: threading.Event, done: Counter[str], name: str
) -> None:
    while not end.is_set():
        try:
            operation(world)
            done[name] += 1
        except (NotDone, *BROKEN):
            done["broken"] += 1
            time.sleep(0.05)


def kill_one(victim: Victim, role: str) -> None:
    """A worker, the background process, or the supervisor, whose children stop by themselves."""
    pids = {"worker": victim.children()[0], "background": victim.children()[-1], "supervisor": victim.pid}
    before = set(victim.children())
    os.kill(pids[role], signal.SIGKILL)
    if role == "supervisor":
        assert victim._process is not None
        victim._process.wait()
        victim._end()
        victim._wait_for_the_last()
        victim.start()
    else:
        eventually(lambda: len(victim.children()) == len(before) and pids[role] not in victim.children())


def test_nothing_acknowledged_is_lost_when_processes_die_under_load(busy_world: World) -> None:
    world, end, done = busy_world, threading.Event(), Counter[str]()
    jobs = [("deliver", deliver), ("deliver", deliver), ("append", append), ("submit", submit)]
    threads = [threading.Thread(target=keep_doing, args=(job, world, end, done, name)) for name, job in jobs]
    for thread in threads:
        thread.start()
    roles = ["worker", "background", "supervisor"]
    random.shuffle(roles)
    try:
        for role in roles:
            time.sleep(BETWEEN_KILLS_SECONDS)
            kill_one(world.victim, role)
        time.sleep(BETWEEN_KILLS_SECONDS)
    finally:
        end.set()
        for thread in threads:
            thread.join(60)
    assert min(done[name] for name, _ in jobs) > 3, f"{roles}: {done}"
    world.ledger.check(world.victim)
    for number in [str(entry["id"]) for entry in world.victim.queued()]:
        world.victim.command("queue", "retry", number)
    check_sent(world)
    world.victim.assert_sound()


def test_the_death_of_a_worker_harms_its_own_sessions_only(busy_world: World) -> None:
    victim = busy_world.victim
    append(busy_world)
    workers = victim.children()[:2]
    with ExitStack() as stack:
        at_rest, sessions = {pid: sockets(pid) for pid in workers}, []
        while not all(sockets(pid) > at_rest[pid] for pid in workers):
            assert len(sessions) < SESSIONS_MAX, "one worker takes all connections"
            sessions.append(stack.enter_context(plain_imap(victim, "alice")))
            sessions[-1].select()
        os.kill(workers[0], signal.SIGKILL)
        eventually(lambda: len(victim.children()) == 3)
        alive = 0
        for session in sessions:
            with suppress(*BROKEN):
                alive += session.noop()[0] == "OK"
        assert 0 < alive < len(sessions)
        append(busy_world)
    busy_world.ledger.check(victim)
    victim.assert_sound()


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    count = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            count += os.readlink(link).startswith("socket:")
    return count
