"""What the text keys of a search ask the full-text index, and what its answers say of a mailbox.

FROM, TO, CC, BCC, SUBJECT    one zone of the index: certain for a single word
HEADER <any other field>      the words of all other fields, and of the names: never certain
BODY · TEXT                   the body's words · those of every zone
"""

import asyncio
from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from bocau.formats.search_words import OWN_ZONES, Zone
from bocau.formats.searchable import unaccented
from bocau.protocols.imap import search as s
from bocau.protocols.imap.search import Key
from bocau.store.columns import Columns, Fact
from bocau.store.search import Question, needle_of

if TYPE_CHECKING:
    from bocau.base.ids import AccountId
    from bocau.store import ReaderStore
    from bocau.store.search import SearchIndex

SPREAD_MAX: Final = 50_000_000
"""Serials between a mailbox's first and last email; with more it is searched without the index."""


def questions_of(key: Key) -> tuple[Question, ...]:
    """All of them must be answered with yes."""
    match key:
        case s.HeaderHas(name, text):
            return _header_questions(name, unaccented(text))
        case s.BodyHas(text):
            return (Question((Zone.BODY,), needle_of(unaccented(text))),)
        case s.TextHas(text):
            return (Question(tuple(Zone), needle_of(unaccented(text))),)
        case _:
            raise AssertionError("not a text key")


def _header_questions(name: str, text: str) -> tuple[Question, ...]:
    zone = OWN_ZONES.get(name.encode("utf-8", "replace"), Zone.OTHER)
    in_value = Question((zone,), needle_of(text))
    if zone is not Zone.OTHER and text:
        return (in_value,)
    named = Question((Zone.NAMES,), needle_of(f" {unaccented(name)} "))
    if not text:
        return (named,)
    # Which of the fields the word stands in is not known.
    return named, in_value._replace(needle=in_value.needle._replace(is_sure=False))


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
    serials = columns.fact(Fact.EMAIL_SERIAL)
    base = min(serials, default=0)
    spread = max(serials, default=0) - base + 1
    if not serials or spread > SPREAD_MAX:
        return {key: b"\x01" * len(serials) for key in keys}
    questions = {question: None for key in keys for question in questions_of(key)}
    answers = dict(zip(questions, index.ask(account_id, base, spread, list(questions)), strict=True))
    is_run = spread == len(serials) and serials == array("q", range(base, base + spread))
    # Where each message's answer stands; the serials themselves where the mailbox holds a run of them.
    places = None if is_run else [serial - base for serial in serials]
    return {key: _joined([answers[q] for q in questions_of(key)], places) for key in keys}


def _joined(answers: Sequence[bytes], places: Sequence[int] | None) -> bytes:
    """The least certain of several answers, in the order of the messages."""
    joined = answers[0]
    for other in answers[1:]:
        joined = bytes(map(min, joined, other))
    return joined if places is None else bytes(map(joined.__getitem__, places))
