"""What the text keys of a search ask the full-text index, and what its answers say of a mailbox.

FROM, TO, CC, BCC, SUBJECT    one zone of the index: certain for a single word
HEADER <any other field>      the words of all other fields, and of the names: never certain
BODY · TEXT                   the body's words · those of every zone
"""

import asyncio
from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.formats.search_words import OWN_ZONES, Zone
from bocau.formats.searchable import unaccented
from bocau.protocols.imap import search as s
from bocau.protocols.imap.search import Key
from bocau.store.columns import Columns, Fact
from bocau.store.search import Question, needle_of, question_of

if TYPE_CHECKING:
    from bocau.base.ids import AccountId
    from bocau.store import ReaderStore
    from bocau.store.search import SearchIndex

SPREAD_MAX: Final = 50_000_000
"""Serials between a mailbox's first and last email; with more it is searched without the index."""


class _Places(NamedTuple):
    """Where each message's answer stands among the answers for base, base + 1 …"""

    base: int
    spread: int
    of: "array[int] | None"
    """None: one after the other, for the mailbox holds a run of serials."""

    @property
    def size_bytes(self) -> int:
        return 0 if self.of is None else len(self.of) * self.of.itemsize


def question_of_key(key: Key) -> Question:
    """Of a text key."""
    match key:
        case s.HeaderHas(name, text):
            return _header_question(name, unaccented(text))
        case s.BodyHas(text):
            return question_of((Zone.BODY,), needle_of(unaccented(text)))
        case s.TextHas(text):
            return question_of(tuple(Zone), needle_of(unaccented(text)))
        case _:
            raise AssertionError("not a text key")


def _header_question(name: str, text: str) -> Question:
    zone = OWN_ZONES.get(name.encode("utf-8", "replace"), Zone.OTHER)
    in_value = question_of((zone,), needle_of(text))
    if zone is not Zone.OTHER and text:
        return in_value
    named = question_of((Zone.NAMES,), needle_of(f" {unaccented(name)} "))
    # Which of the fields the words stand in is not known.
    return Question(named.clauses + in_value.clauses, False)


async def verdicts_of(
    store: "ReaderStore", account_id: "AccountId", columns: Columns, keys: Sequence[Key]
) -> Mapping[Key, bytes]:
    """For each text key a Verdict for each message of the mailbox."""
    if not keys:
        return {}
    return await asyncio.to_thread(_verdicts, store.search, account_id, columns, keys)


def _verdicts(
    index: "SearchIndex", account_id: "AccountId", columns: Columns, keys: Sequence[Key]
) -> dict[Key, bytes]:
    places = _places(columns)
    if not len(columns) or places.spread > SPREAD_MAX:
        return {key: b"\x01" * len(columns) for key in keys}
    answers = index.ask(account_id, places.base, places.spread, list(map(question_of_key, keys)))
    if places.of is None:
        return dict(zip(keys, answers, strict=True))
    return {key: bytes(map(answer.__getitem__, places.of)) for key, answer in zip(keys, answers, strict=True)}


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
