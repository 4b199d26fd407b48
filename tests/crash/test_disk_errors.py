"""A disk that fails once, at every call of every operation: a clear no, nothing half done, no restart.

strace lets the Nth call of one kind fail with EIO or ENOSPC; then the disk is well again.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from crash.operations import BROKEN, OPERATIONS, NotDone, Operation, World, check_sent
from crash.test_kill_sweep import EVERY, POINTS_MAX
from crash.victim import Strace
from harness import eventually

# The first two find a server that has yet to make its pack.
DISK_CALLS = ("openat", "fsync", "pwrite64", "pwritev,pwritev2", "fdatasync", "ftruncate", "rename")
SYNCS = ("fsync", "fdatasync")
SOCKET_CALLS = ("write",)
"""They hit sockets, pipes and the log: a connection may break."""
ERRORS = ("EIO", "ENOSPC")
SPREAD = (1, 2, 5, 12, 30)
"""N of each call in the short sweep."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_error_of_the_disk_is_a_temporary_no(world: World, operation: Operation) -> None:
    points = 0
    for error, calls in zip(("EIO", "ENOSPC") * 4, (*DISK_CALLS, *SOCKET_CALLS), strict=True):
        points += sweep(world, operation, calls, error, SPREAD)
    assert points >= 3, "the sweep has hit nothing"


@pytest.mark.long
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_any_error_of_the_disk_is_a_temporary_no(world: World, operation: Operation, error: str) -> None:
    points = {calls: sweep(world, operation, calls, error, EVERY) for calls in (*DISK_CALLS, *SOCKET_CALLS)}
    print(f"{operation} {error}: {sum(points.values())} faults {points}")


def sweep(world: World, operation: Operation, calls: str, error: str, numbers: Sequence[int]) -> int:
    """Fail at each N of `calls`, in rising order; returns how many of them the operation reached."""
    for points, n in enumerate(numbers):
        if not fail_at(world, operation, calls, error, n):
            return points
    assert n < POINTS_MAX
    return len(numbers)


def fail_at(world: World, operation: Operation, calls: str, error: str, n: int) -> bool:
    """One point; False when the operation ended before the Nth call."""
    victim = world.victim
    operation.prepare(world)
    before = victim.children()
    options = ("-yy", f"-etrace={calls}", f"-einject={calls}:error={error}:when={n}")
    strace = Strace(victim.directory / "trace", [operation.pid(world)], *options)
    broken = None
    world.ledger.refusals_are_final = calls not in SYNCS
    with strace:
        try:
            operation.run(world)
        except NotDone:
            pass
        except BROKEN as caught:
            broken = caught
    world.ledger.refusals_are_final = True
    if not strace.was_injected:
        assert broken is None, broken
        return False
    where = f"{operation} with {error} at {calls} {n}\n{strace.text[-2000:]}\n{victim.log(3000)}"
    if broken is not None:
        assert calls in SOCKET_CALLS or not hits(strace.text, "/data/"), f"{broken!r}: {where}"
    if hits(strace.text, "eventfd"):
        # The event loop's own wake-up, which cannot fail in life: libuv ends the process, the supervisor
        # starts another one.
        eventually(lambda: len(victim.children()) == len(before))
    else:
        assert victim.children() == before, f"a process died: {where}"
    settle_queue(world)
    world.ledger.check(victim)
    operation.prepare(world)
    try:
        operation.run(world)
    except (NotDone, *BROKEN) as caught:
        raise AssertionError(f"not recovered: {caught!r}: {where}") from caught
    settle_queue(world)
    world.ledger.check(victim)
    victim.assert_sound()
    return True


def hits(trace: str, part: str) -> bool:
    """Whether a call that was made to fail has `part` in its arguments."""
    return any(part in line for line in trace.splitlines() if "(INJECTED)" in line)


def settle_queue(world: World) -> None:
    """What was submitted arrives; an attempt that failed here is tried again at once."""
    for entry in queued(world):
        with suppress(AssertionError):
            world.victim.command("queue", "release", entry)
            world.victim.command("queue", "retry", entry)
    check_sent(world)


def queued(world: World) -> Iterator[str]:
    for message in world.victim.queued():
        yield str(message["id"])
