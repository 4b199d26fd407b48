"""Fair turns, limits, and the dead spared; no clock, no network."""

from hypothesis import given
from hypothesis import strategies as st

from bocau.flow.queue.scheduler import Scheduler


def start(scheduler: Scheduler, now: float = 0.0) -> dict[str, int]:
    chosen = scheduler.choose(now)
    for destination, count in chosen.items():
        for _ in range(count):
            scheduler.started(destination)
    return chosen


def test_slots_go_round_and_no_destination_takes_them_all() -> None:
    scheduler = Scheduler(5, 12)
    scheduler.due({"a", "b", "c"})
    assert start(scheduler) == {"a": 4, "b": 4, "c": 4}
    scheduler = Scheduler(5, 100)
    scheduler.due({"a"})
    assert start(scheduler) == {"a": 5} and start(scheduler) == {}


def test_whoever_waited_longest_is_next() -> None:
    scheduler = Scheduler(5, 1)
    scheduler.due({"a", "b", "c"})
    turns = []
    for _ in range(6):
        (destination,) = start(scheduler)
        turns.append(destination)
        scheduler.ended(destination, 0.0, 0.5, is_reached=True)
    assert turns == ["a", "b", "c", "a", "b", "c"]


def test_the_dead_are_spared_longer_and_longer_and_probed_by_one() -> None:
    scheduler = Scheduler(5, 100)
    scheduler.due({"a"})
    start(scheduler)
    for _ in range(5):
        scheduler.ended("a", 0.0, 0.5, is_reached=False, reason="no route")
    assert start(scheduler, 59.0) == {} and scheduler.wake_at() == 60.0
    assert scheduler.reason("a") == "no route"
    scheduler.due({"a"})
    assert start(scheduler, 59.0) == {}
    assert start(scheduler, 60.0) == {"a": 1} and start(scheduler, 60.0) == {}
    scheduler.ended("a", 60.0, 0.5, is_reached=False)
    assert start(scheduler, 61.0) == {} and scheduler.wake_at() == 60.0 + 108.0
    scheduler.forced({"a"})
    assert start(scheduler, 61.0) == {"a": 1}
    scheduler.ended("a", 62.0, 0.5, is_reached=True)
    assert start(scheduler, 62.0) == {"a": 5}


def test_exhausted_destinations_are_forgotten() -> None:
    scheduler = Scheduler(5, 100)
    scheduler.due({"a", "b"})
    scheduler.exhausted("a")
    assert start(scheduler) == {"b": 5}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["due", "ok", "dead", "none", "wait"]))))
def test_limits_hold_whatever_happens(moves: list[tuple[str, str]]) -> None:
    scheduler = Scheduler(3, 7)
    running: dict[str, int] = {}
    now = 0.0
    for destination, move in moves:
        if move == "due":
            scheduler.due({destination})
        elif move == "none":
            scheduler.exhausted(destination)
        elif move == "wait":
            now += 100.0
        elif running.get(destination):
            running[destination] -= 1
            scheduler.ended(destination, now, 0.5, is_reached=move == "ok")
        for chosen, count in start(scheduler, now).items():
            running[chosen] = running.get(chosen, 0) + count
        assert sum(running.values()) <= 7 and all(count <= 3 for count in running.values())
        assert scheduler.free_slots == 7 - sum(running.values())
