"""kill -9 under a JMAP client: what was acknowledged is there once, goes out once, and batches go on."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from crash.jmap_operations import (
    BROKEN_HTTP,
    Person,
    batch_status,
    change_some,
    check_apart,
    counts,
    import_one,
    keep_blob,
    save_draft,
    send,
    start_batch,
)
from crash.ledger import ARCHIVE, INBOX, Ledger, plain_imap
from crash.operations import NotDone, World, arrived, check_sent
from crash.sink import Sink
from crash.test_random_kills import kill_one
from crash.victim import Victim, Zygote
from harness import eventually

BETWEEN_KILLS_SECONDS_MAX = 60.0
KEPT_UP_SECONDS_MAX = 0.5
"""After every job was done since the last kill: the next one hits any moment of their work."""
HELD_SECONDS = 2.0
BATCH_MESSAGES = 600
KILLS_IN_LONG_RUN = 40
Job = Callable[[Person], object]
JOBS: dict[str, Job] = {
    "import": import_one,
    "change": change_some,
    "draft": save_draft,
    "upload": keep_blob,
    "send": send,
    "hold": partial(send, held_seconds=HELD_SECONDS),
}


@pytest.fixture
def busy_world(tmp_path: Path, zygote: Zygote) -> Iterator[World]:
    with Sink() as sink:
        settings = (
            f"submission.smarthost={sink.host}:{sink.port}",
            "submission.smarthost_tls=none",
            "submission.messages_per_hour=100000",
            "submission.recipients_per_day=100000",
        )
        with Victim(tmp_path, zygote, workers=2, users=1, settings=settings) as victim:
            yield World(victim, Ledger(), sink)
            victim.assert_no_traceback()


def keep_doing(person: Person, name: str, end: threading.Event, done: Counter[str]) -> None:
    while not end.is_set():
        try:
            JOBS[name](person)
            done[name] += 1
        except (NotDone, *BROKEN_HTTP):
            done["broken"] += 1
            time.sleep(0.05)


def kill_all(victim: Victim) -> None:
    victim.kill9()
    victim.start()


def progressed(done: Counter[str], before: Counter[str]) -> bool:
    """Whether every job has been done since."""
    return all(done[name] > before[name] for name in JOBS)


def under_load(world: World, kills: list[Callable[[Victim], None]]) -> Counter[str]:
    """All jobs at once while `kills` happen; then every promise is checked."""
    person, end, done = Person(world), threading.Event(), Counter[str]()
    _ = person.boxes, person.identity
    threads = [threading.Thread(target=keep_doing, args=(person, name, end, done)) for name in JOBS]
    for thread in threads:
        thread.start()
    try:
        for kill in (*kills, None):
            before = done.copy()
            eventually(lambda before=before: progressed(done, before), BETWEEN_KILLS_SECONDS_MAX)
            time.sleep(random.uniform(0.0, KEPT_UP_SECONDS_MAX))
            if kill is not None:
                kill(world.victim)
    finally:
        end.set()
        for thread in threads:
            thread.join(90)
    world.ledger.check(world.victim)
    check_apart(person)
    for number in [str(entry["id"]) for entry in world.victim.queued()]:
        world.victim.command("queue", "retry", number)
    check_sent(world)
    world.victim.assert_sound()
    return done


def test_nothing_acknowledged_by_jmap_is_lost_when_processes_die(busy_world: World) -> None:
    kills = [kill_all, partial(kill_one, role="worker"), partial(kill_one, role="background"), kill_all]
    under_load(busy_world, kills)


@pytest.mark.long
def test_nothing_acknowledged_by_jmap_is_lost_in_many_kills(busy_world: World) -> None:
    one = [partial(kill_one, role=role) for role in ("worker", "background", "supervisor")]
    done = under_load(busy_world, random.choices([kill_all, *one], k=KILLS_IN_LONG_RUN))
    print(
        f"{KILLS_IN_LONG_RUN} kills: {dict(done)}, {busy_world.ledger.ambiguous_count} done without a reply"
    )


def test_what_is_held_goes_out_once_though_the_server_was_killed(busy_world: World) -> None:
    """No kill while the other server is spoken to: nothing excuses a second copy."""
    person = Person(busy_world)
    for _ in range(5):
        send(person, held_seconds=4.0)
    for _ in range(2):
        kill_all(busy_world.victim)
    wanted = sorted(busy_world.sent)
    eventually(lambda: set(wanted) <= set(arrived(busy_world.sink)), 30)
    eventually(lambda: not busy_world.victim.queued())
    assert sorted(arrived(busy_world.sink)) == wanted
    busy_world.victim.assert_sound()


def test_a_batch_goes_on_after_a_kill_and_so_does_its_undoing(busy_world: World) -> None:
    person = Person(busy_world, "bob")
    with plain_imap(busy_world.victim, "bob") as imap:
        for _ in range(BATCH_MESSAGES // 100):
            message = b"Subject: one of many\r\n\r\ntext\r\n"
            more = b" ".join(b"(\\Seen) {%d+}\r\n%b" % (len(message), message) for _ in range(100))
            imap.send(b"m APPEND INBOX " + more + b"\r\n")
            while not (line := imap.readline()).startswith(b"m "):
                pass
            assert line.startswith(b"m OK"), line
    assert counts(person) == {INBOX: BATCH_MESSAGES, ARCHIVE: 0}
    batch = start_batch(person)
    kill_all(busy_world.victim)
    eventually(lambda: batch_status(person, batch) == "done")
    assert counts(person) == {INBOX: 0, ARCHIVE: BATCH_MESSAGES}
    person.ask(("EmailBatch/set", {"update": {batch: {"status": "undone"}}}))
    kill_all(busy_world.victim)
    eventually(lambda: batch_status(person, batch) == "undone")
    assert counts(person) == {INBOX: BATCH_MESSAGES, ARCHIVE: 0}
    busy_world.victim.assert_sound()
