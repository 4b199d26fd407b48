"""kill -9 at every system call of every operation: what was acknowledged is there once.

One point of the sweep: strace kills the process at its Nth call of one kind, then the whole server is killed
and started again on its data. The sweep of a call ends with the first N that the operation does not reach.
The short one tries few N, the long one all.
"""

import time
from collections.abc import Sequence
from contextlib import suppress

import pytest

from crash.jmap_operations import JMAP_OPERATIONS
from crash.operations import BROKEN, OPERATIONS, NotDone, Operation, World, check_sent
from crash.victim import Strace

DURABLE_CALLS = ("fsync", "pwrite64", "pwritev,pwritev2", "fdatasync")
"""The first finds a server that has yet to make its pack."""
OTHER_CALLS = (
    "write",
    "writev",
    "rename,renameat,renameat2",
    "link,linkat",
    "unlink,unlinkat",
    "sendto,sendmsg",
)
POINTS_MAX = 200
"""More of one call in one operation would be a fault of the test."""
EVERY = range(1, POINTS_MAX + 1)
SPREAD = (1, 2, 4, 8, 16, 32, 64)
"""N of the durable calls in the short sweep."""
FIRST = (1,)
"""N of the other calls in the short sweep."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_acknowledged_is_there_once_after_a_kill_at_a_disk_call(world: World, operation: Operation) -> None:
    points = sum(sweep(world, operation, calls, SPREAD) for calls in DURABLE_CALLS)
    points += sum(sweep(world, operation, calls, FIRST) for calls in OTHER_CALLS)
    assert points >= 3, "the sweep has hit nothing"


@pytest.mark.long
@pytest.mark.parametrize("operation", (*OPERATIONS, *JMAP_OPERATIONS), ids=str)
def test_acknowledged_is_there_once_after_a_kill_at_any_call(world: World, operation: Operation) -> None:
    started = time.monotonic()
    points = {
        calls: sweep(world, operation, calls, EVERY)
        for calls in (*DURABLE_CALLS, *OTHER_CALLS, "ftruncate", "flock")
    }
    print(
        f"{operation}: {sum(points.values())} kills {points} in {time.monotonic() - started:.0f} s, "
        f"{world.ledger.ambiguous_count} done without a reply"
    )


def sweep(world: World, operation: Operation, calls: str, numbers: Sequence[int]) -> int:
    """Kill at each N of `calls`, in rising order; returns how many of them the operation reached."""
    for points, n in enumerate(numbers):
        if not kill_at(world, operation, calls, n):
            return points
    assert n < POINTS_MAX
    return len(numbers)


def kill_at(world: World, operation: Operation, calls: str, n: int) -> bool:
    """One point; False when the operation ended before the Nth call."""
    victim = world.victim
    operation.prepare(world)
    options = (f"-etrace={calls}", f"-einject={calls}:signal=KILL:when={n}")
    strace = Strace(victim.directory / "trace", [operation.pid(world)], *options)
    with strace, suppress(NotDone, *BROKEN):
        operation.run(world)
    if not strace.was_injected:
        return False
    victim.kill9()
    victim.start()
    world.ledger.check(victim)
    check_sent(world)
    victim.assert_sound()
    return True
