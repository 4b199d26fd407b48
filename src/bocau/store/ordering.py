"""Whole mailboxes in the order of a key, worked out once for a set of messages and kept with its roster.

a fact, or the rank of a text in the mailbox  →  one number a message  →  stable sorts, last key first
"""

import json
from array import array
from collections.abc import Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

from bocau.base.ids import MailboxId
from bocau.store import access
from bocau.store.columncache import COLUMNS, ColumnCache
from bocau.store.columns import NEVER, Columns, Fact, Roster
from bocau.store.reading import Reading

ORDERS_MAX: Final = 16
"""Orders and threads kept with one roster."""


class OrderKey(Enum):
    """What to order by; the value of a text is the name of its column."""

    ARRIVAL = Fact.RECEIVED_AT
    SIZE = Fact.SIZE
    DATE = "date"
    """The Date field, else the arrival."""
    SUBJECT = "subject_keys"
    """The base subject."""
    FROM = "from_keys"
    TO = "to_keys"
    CC = "cc_keys"
    FROM_NAME = "from_names"
    TO_NAME = "to_names"


class Step(NamedTuple):
    """One key of an order."""

    key: OrderKey
    is_reverse: bool = False


class Numbers:
    """One number a message, kept with the roster."""

    __slots__ = ("is_complete", "values")

    def __init__(self, values: "array[int]", *, is_complete: bool = True) -> None:
        self.values = values
        self.is_complete = is_complete
        """False: some emails have no keys yet, so this does not last."""

    @property
    def size_bytes(self) -> int:
        return len(self.values) * self.values.itemsize


def needed_facts(keys: Sequence[OrderKey]) -> tuple[Fact, ...]:
    """What to ask the cache for."""
    found: list[Fact] = []
    for key in keys:
        if isinstance(key.value, Fact):
            found.append(key.value)
        elif key is OrderKey.DATE:
            found += (Fact.SENT_AT, Fact.RECEIVED_AT)
    return tuple(dict.fromkeys(found))


def ranks(reading: Reading, mailbox_id: MailboxId, image: Columns, key: OrderKey) -> Numbers:
    """A number for each message, in the order of the key; the facts must be there. Equal keys: equal numbers.

    Of a text 0 means that it is empty.
    """
    if isinstance(key.value, Fact):
        return Numbers(image.fact(key.value))
    kept: Numbers | None = image.roster.derived.get(key)
    if kept is None:
        kept = _dates(image) if key is OrderKey.DATE else _text_ranks(reading, mailbox_id, key.value)
        if kept.is_complete:
            image.roster.derived[key] = kept
    return kept


def _dates(image: Columns) -> Numbers:
    sent, received = image.fact(Fact.SENT_AT), image.fact(Fact.RECEIVED_AT)
    if NEVER not in sent:
        return Numbers(sent)
    return Numbers(
        array("q", [one if one != NEVER else other for one, other in zip(sent, received, strict=True)])
    )


def _text_ranks(reading: Reading, mailbox_id: MailboxId, column: str) -> Numbers:
    access.require(reading, mailbox_id, access.Deed.READ)
    text = reading.sql.value(getattr(COLUMNS, column), (reading.account_id, mailbox_id))
    texts: list[str | None] = json.loads(text)
    different = set(texts)
    is_complete = None not in different
    different -= {None}
    different.add("")
    ordered = sorted(different)  # type: ignore[type-var]
    number_of: dict[Any, int] = dict(zip(ordered, range(len(ordered)), strict=True))
    number_of[None] = 0
    return Numbers(array("I", map(number_of.__getitem__, texts)), is_complete=is_complete)


def ordered(
    cache: ColumnCache, reading: Reading, mailbox_id: MailboxId, steps: tuple[Step, ...]
) -> tuple[Roster, Numbers]:
    """The positions of all messages in an order; those that are equal stay in the order of the mailbox.

    Long where it has not been asked before: for `MailStore.read`.
    """
    image = cache.of(reading, mailbox_id, *needed_facts([step.key for step in steps]))
    derived = image.roster.derived
    kept: Numbers | None = derived.get(steps)
    if kept is None:
        columns = [ranks(reading, mailbox_id, image, step.key) for step in steps]
        positions = list(range(len(image)))
        for step, column in zip(reversed(steps), reversed(columns), strict=True):
            positions.sort(key=column.values.__getitem__, reverse=step.is_reverse)
        kept = Numbers(array("I", positions), is_complete=all(column.is_complete for column in columns))
        if kept.is_complete:
            keep(derived, steps, kept)
    return image.roster, kept


def rank_columns(
    cache: ColumnCache, reading: Reading, mailbox_id: MailboxId, steps: tuple[Step, ...]
) -> tuple[Roster, dict[OrderKey, Numbers]]:
    """The numbers that an order is made of, for who mixes them with others."""
    image = cache.of(reading, mailbox_id, *needed_facts([step.key for step in steps]))
    return image.roster, {step.key: ranks(reading, mailbox_id, image, step.key) for step in steps}


def known_order(
    cache: ColumnCache, reading: Reading, mailbox_id: MailboxId, steps: tuple[Step, ...]
) -> tuple[Roster, Numbers] | None:
    """The same where it has been worked out before, for a glance."""
    image = cache.glanced(reading, mailbox_id)
    kept = None if image is None else image.roster.derived.get(steps)
    return None if image is None or kept is None else (image.roster, kept)


def keep(derived: dict[object, Any], name: tuple[object, ...], value: Any) -> None:
    """Keep an order or threads with a roster; the oldest goes."""
    orders = [key for key in list(derived) if isinstance(key, tuple)]
    for key in orders[: max(0, len(orders) - ORDERS_MAX + 1)]:
        derived.pop(key, None)
    derived[name] = value
