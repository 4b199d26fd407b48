"""Trace ids."""

from bocau.services.smtp import TraceIds
from bocau.services.smtp.tests.stage import Clock


def test_unique_in_one_moment_over_processes_and_when_the_clock_steps_back():
    clock = Clock()
    ids = [TraceIds(clock, process) for process in (1, 2, 4_194_303)]
    seen = [make() for make in ids for _ in range(1000)]
    clock.time -= 5
    seen += [make() for make in ids for _ in range(1000)]
    assert len(set(seen)) == 6000
    assert all(len(each) == 16 and each.isalnum() and each.islower() | each.isdigit() for each in seen)


def test_sorted_by_time():
    clock = Clock()
    make = TraceIds(clock, 1)
    first = make()
    clock.time += 1
    assert make() > first
