"""What the index says of the emails of a set of columns, message by message."""

from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

from bocau.store.columns import Columns, Fact
from bocau.store.search.index import Question, SearchIndex

SPREAD_MAX: Final = 50_000_000
"""Serials between the first and the last email; with more they are searched without the index."""


class _Places(NamedTuple):
    """Where each message's answer stands among the answers for base, base + 1 …"""

    base: int
    spread: int
    of: "array[int] | None"
    """None: one after the other, for the messages hold a run of serials."""

    @property
    def size_bytes(self) -> int:
        return 0 if self.of is None else len(self.of) * self.of.itemsize


def ask_columns(
    index: SearchIndex, account_id: int, columns: Columns, questions: Sequence[Question]
) -> list[bytes]:
    """For each question a Verdict for each message; `Fact.EMAIL_SERIAL` must have been asked for. Reads
    files."""
    places = _places(columns)
    if not len(columns) or places.spread > SPREAD_MAX:
        return [b"\x01" * len(columns) for _ in questions]
    answers = index.ask(account_id, places.base, places.spread, questions)
    if places.of is None:
        return answers
    return [bytes(map(answer.__getitem__, places.of)) for answer in answers]


def _places(columns: Columns) -> _Places:
    known: _Places | None = columns.roster.derived.get(_Places)
    if known is None:
        serials = columns.fact(Fact.EMAIL_SERIAL)
        base = min(serials, default=0)
        spread = max(serials, default=0) - base + 1
        is_run = spread == len(serials) and serials == array("q", range(base, base + spread))
        of = None if is_run else array("q", [serial - base for serial in serials])
        known = columns.roster.derived[_Places] = _Places(base, spread, of)
    return known
