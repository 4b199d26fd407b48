"""Only the first email of each thread (RFC 8621 §4.4.3).

Of all emails of a pool this is kept with its roster; what comes later is put in its place.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from bocau.services.jmap.finding.pool import Pool
from bocau.services.jmap.finding.sorting import Steps, keep_order, kept_order, sort_key
from bocau.store.columns import Fact, Order

INSERTED_MAX: Final = 20
"""So many new emails are put in their places one by one; each looks through all threads."""


def collapsed(pool: Pool, steps: Steps, order: "array[int]") -> "array[int]":
    """All emails of the pool, which stand in this order. Long where it is not kept: any thread."""
    name = ("collapsed", steps)
    kept = kept_order(pool, steps, name)
    if kept is not None and kept.message_count == len(pool):
        return kept.positions
    if kept is not None and len(pool) - kept.message_count <= INSERTED_MAX:
        made = _inserted(pool, steps, kept)
    else:
        made = first_of_threads(pool, order)
    keep_order(pool, steps, name, made)
    return made


def first_of_threads(pool: Pool, positions: "array[int]") -> "array[int]":
    """Those whose thread has not been met before."""
    threads = pool.columns.fact(Fact.THREAD_SERIAL)
    met: set[int] = set()
    found = array("I")
    for position in positions:
        thread = threads[position]
        if thread not in met:
            met.add(thread)
            found.append(position)
    return found


def _inserted(pool: Pool, steps: Steps, kept: Order) -> "array[int]":
    threads, key = pool.columns.fact(Fact.THREAD_SERIAL), sort_key(pool, steps)
    positions = array("I", kept.positions)
    for new in range(kept.message_count, len(pool)):
        first = min(_places(threads, threads[new], new), key=key, default=None)
        place = bisect_left(positions, key(new), key=key)
        if first is not None and key(first) < key(new):
            continue
        positions.insert(place, new)
        if first is not None:
            positions.pop(bisect_left(positions, key(first), key=key))
    return positions


def _places(threads: "array[int]", thread: int, stop: int) -> Iterator[int]:
    """Where the emails of a thread are, before `stop`."""
    at = -1
    try:
        while True:
            at = threads.index(thread, at + 1, stop)
            yield at
    except ValueError:
        return
