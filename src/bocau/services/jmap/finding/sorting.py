"""Orders of a pool (RFC 8620 §5.5, RFC 8621 §4.4.2).

a comparator → one number an email → stable sorts, last comparator first; equal ones by their serials

An order that does not depend on keywords is kept with the roster; what comes later is put in its place.
"""

from array import array
from bisect import bisect
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.finding import terms as t
from bocau.services.jmap.finding.evaluating import in_threads
from bocau.services.jmap.finding.filters import keyword
from bocau.services.jmap.finding.pool import Pool
from bocau.store.columns import NEVER, Fact, Order
from bocau.store.ordering import OrderKey

COMPARATORS_MAX: Final = 8
ORDERS_MAX: Final = 8
"""Kept with one roster; the oldest goes."""
INSERTED_MAX: Final = 500
"""So many new emails are put in their places one by one; with more all are sorted again."""
COLLATIONS: Final = ("i;unicode-casemap",)
"""How texts are compared (RFC 5051)."""


class By(StrEnum):
    """What to order by."""

    RECEIVED_AT = "receivedAt"
    SENT_AT = "sentAt"
    SIZE = "size"
    FROM = "from"
    TO = "to"
    SUBJECT = "subject"
    HAS_KEYWORD = "hasKeyword"
    ALL_IN_THREAD = "allInThreadHaveKeyword"
    SOME_IN_THREAD = "someInThreadHaveKeyword"


KEYWORD_ORDERS: Final = (By.HAS_KEYWORD, By.ALL_IN_THREAD, By.SOME_IN_THREAD)
THREAD_ORDERS: Final = (By.ALL_IN_THREAD, By.SOME_IN_THREAD)
TEXT_KEYS: Final = {By.FROM: OrderKey.FROM_NAME, By.TO: OrderKey.TO_NAME, By.SUBJECT: OrderKey.SUBJECT}
_FACTS: Final = {
    By.RECEIVED_AT: (Fact.RECEIVED_AT,),
    By.SENT_AT: (Fact.SENT_AT, Fact.RECEIVED_AT),
    By.SIZE: (Fact.SIZE,),
    By.ALL_IN_THREAD: (Fact.THREAD_SERIAL,),
    By.SOME_IN_THREAD: (Fact.THREAD_SERIAL,),
}


class Step(NamedTuple):
    """One comparator."""

    by: By
    is_ascending: bool = True
    keyword: str = ""


DEFAULT: Final = (Step(By.RECEIVED_AT, is_ascending=False),)
Steps = tuple[Step, ...]


def parse_sort(said: Any) -> Steps:
    """MethodError invalidArguments, unsupportedSort."""
    if said is None:
        return ()
    if not isinstance(said, list):
        raise invalid_arguments("sort is a list of comparators")
    if len(said) > COMPARATORS_MAX:
        raise MethodError("unsupportedSort", f"more than {COMPARATORS_MAX} comparators")
    return tuple(map(_step, said))


def _step(said: Any) -> Step:
    if not isinstance(said, dict) or not isinstance(said.get("property"), str):
        raise invalid_arguments("a comparator has a property")
    is_ascending, collation = said.get("isAscending"), said.get("collation")
    if not isinstance(is_ascending, bool | None) or not isinstance(collation, str | None):
        raise invalid_arguments("isAscending is true or false, collation a text")
    if collation is not None and collation not in COLLATIONS:
        raise MethodError("unsupportedSort", f"no such collation: {collation}"[:200])
    if said["property"] not in list(By):
        raise MethodError("unsupportedSort", f"cannot sort by {said['property']}"[:200])
    by = By(said["property"])
    has_keyword = by in KEYWORD_ORDERS
    # Other properties are let pass: jmapc puts those of the whole query into each comparator.
    return Step(by, is_ascending is not False, keyword("keyword", said.get("keyword")) if has_keyword else "")


def facts_for(steps: Steps) -> tuple[Fact, ...]:
    """The columns to ask for."""
    return (Fact.EMAIL_SERIAL, *(fact for step in steps for fact in _FACTS.get(step.by, ())))


def needs_keywords(steps: Steps) -> bool:
    """Whether the order may change with keywords."""
    return any(step.by in KEYWORD_ORDERS for step in steps)


def needs_threads(steps: Steps) -> bool:
    """Whether the order of an email depends on its thread."""
    return any(step.by in THREAD_ORDERS for step in steps)


def order_of(pool: Pool, steps: Steps) -> "array[int]":
    """All positions, in this order. Long where it is not kept: any thread."""
    kept = kept_order(pool, steps, steps)
    if kept is None:
        made = _sorted(pool, steps)
    elif kept.message_count == len(pool):
        return kept.positions
    else:
        made = _inserted(pool, steps, kept)
    keep_order(pool, steps, steps, made)
    return made


def kept_order(pool: Pool, steps: Steps, name: object) -> Order | None:
    """What is kept under a name, if it lasts and but few emails came since."""
    kept = pool.roster.orders.get(name) if _lasts(pool, steps) else None
    if kept is not None and kept.left:
        kept = pool.roster.orders[name] = kept.caught_up()
    return kept if kept is not None and len(pool) - kept.message_count <= INSERTED_MAX else None


def keep_order(pool: Pool, steps: Steps, name: object, positions: "array[int]") -> None:
    """Keep an order of these steps with the roster, if it lasts."""
    if not _lasts(pool, steps):
        return
    orders = pool.roster.orders
    while len(orders) >= ORDERS_MAX and name not in orders:
        orders.pop(next(iter(orders)), None)
    orders[name] = Order(positions, len(pool))


def _lasts(pool: Pool, steps: Steps) -> bool:
    return pool.is_settled and not needs_keywords(steps)


def _sorted(pool: Pool, steps: Steps) -> "array[int]":
    serials = pool.columns.fact(Fact.EMAIL_SERIAL)
    positions = sorted(range(len(pool)), key=serials.__getitem__, reverse=_is_newest_first(steps))
    for step in reversed(steps):
        numbers = _numbers(pool, step)
        positions.sort(key=numbers.__getitem__, reverse=not step.is_ascending)
    return array("I", positions)


def _is_newest_first(steps: Steps) -> bool:
    """How emails that are equal stand: as the first comparator has them."""
    return not steps[0].is_ascending


def _inserted(pool: Pool, steps: Steps, kept: Order) -> "array[int]":
    key = sort_key(pool, steps)
    positions = array("I", kept.positions)
    for position in range(kept.message_count, len(pool)):
        positions.insert(bisect(positions, key(position), key=key), position)
    return positions


def sort_key(pool: Pool, steps: Steps) -> Callable[[int], tuple[int, ...]]:
    """What a position sorts by, as one value."""
    columns = [_numbers(pool, step) for step in steps]
    signs = [1 if step.is_ascending else -1 for step in steps]
    columns.append(pool.columns.fact(Fact.EMAIL_SERIAL))
    signs.append(-1 if _is_newest_first(steps) else 1)
    pairs = list(zip(columns, signs, strict=True))
    return lambda position: tuple([sign * column[position] for column, sign in pairs])


def _numbers(pool: Pool, step: Step) -> Sequence[int]:
    columns = pool.columns
    match step.by:
        case By.RECEIVED_AT:
            return columns.fact(Fact.RECEIVED_AT)
        case By.SIZE:
            return columns.fact(Fact.SIZE)
        case By.SENT_AT:
            sent, received = columns.fact(Fact.SENT_AT), columns.fact(Fact.RECEIVED_AT)
            if NEVER not in sent:
                return sent
            return [one if one != NEVER else other for one, other in zip(sent, received, strict=True)]
        case By.HAS_KEYWORD:
            return pool.keyworded(step.keyword)
        case By.ALL_IN_THREAD:
            return in_threads(pool, step.keyword, t.Share.ALL)
        case By.SOME_IN_THREAD:
            return in_threads(pool, step.keyword, t.Share.SOME)
        case By.FROM | By.TO | By.SUBJECT:
            return pool.texts[TEXT_KEYS[step.by]].values
