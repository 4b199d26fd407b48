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

CHANGED_MAX: Final = 30
"""So many threads that have won or lost an email are seen to one by one; each looks through all emails."""


def collapsed(pool: Pool, steps: Steps, order: "array[int]") -> "array[int]":
    """All emails of the pool, which stand in this order. Long where it is not kept: any thread."""
    name = ("collapsed", steps)
    kept = kept_order(pool, steps, name)
    if kept is not None and kept.message_count == len(pool) and not kept.torn:
        return kept.positions
    if kept is not None and len(pool) - kept.message_count + len(kept.torn) <= CHANGED_MAX:
        made = _mended(pool, steps, kept)
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


def _mended(pool: Pool, steps: Steps, kept: Order) -> "array[int]":
    """With the first emails of the threads that something has happened to."""
    threads, key = pool.columns.fact(Fact.THREAD_SERIAL), sort_key(pool, steps)
    positions = array("I", kept.positions)
    changed = kept.torn.union(threads[kept.message_count :])
    for thread in changed:
        places = sorted(_places(threads, thread), key=key)
        # At most one of them is there: the first one before the newest came, if it has not gone.
        for position in places:
            at = bisect_left(positions, key(position), key=key)
            if at < len(positions) and positions[at] == position:
                positions.pop(at)
        if places:
            positions.insert(bisect_left(positions, key(places[0]), key=key), places[0])
    return positions


def _places(threads: "array[int]", thread: int) -> Iterator[int]:
    """Where the emails of a thread are."""
    at = -1
    try:
        while True:
            at = threads.index(thread, at + 1)
            yield at
    except ValueError:
        return
