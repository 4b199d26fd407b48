"""The emails that columns and index leave in doubt, looked at one by one: listed header → header → body.

A term that was answered for all emails is not asked again; a text is read only where nothing else decides.
"""

import asyncio
import re
from collections.abc import Sequence
from contextlib import closing
from functools import cached_property
from itertools import islice
from time import thread_time
from typing import ClassVar, Final

from bocau.base.ids import AccountId, EmailId
from bocau.formats.header import body_start, fields
from bocau.formats.listing import LISTED_FIELDS
from bocau.formats.search_words import Zone
from bocau.formats.searchable import pieces
from bocau.formats.words import decode_words
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.finding import terms as t
from bocau.services.jmap.finding.evaluating import Evaluator
from bocau.services.jmap.finding.phrases import folded
from bocau.services.jmap.finding.terms import Term
from bocau.services.jmap.ids import SERIAL_BITS
from bocau.store import MailStore
from bocau.store.blobs import BlobLost, Blobs
from bocau.store.columns import Fact
from bocau.store.emailtexts import EmailText, email_texts
from bocau.store.search import Verdict

PORTION: Final = 100
"""Emails looked at before others get their turn."""
CPU_SECONDS_AT_ONCE: Final = 3.5
"""A query that needs more goes on with rests, as long as what it has done; one of an account at a time."""
CPU_SECONDS_MAX: Final = 12.0
"""Of one query."""
HEADER_BYTES: Final = 32 * 1024
"""Read of a long message at first; nearly every header ends before."""
FIELDS_MAX: Final = 2000
_MARKED: Final = re.compile(b"\x01")
_ZONE_NAMES: Final = {
    Zone.FROM: b"from", Zone.TO: b"to", Zone.CC: b"cc", Zone.BCC: b"bcc", Zone.SUBJECT: b"subject",
}  # fmt: skip


async def verified(
    store: MailStore, account_id: AccountId, evaluator: Evaluator, term: Term, doubtful: bytes
) -> list[int]:
    """The positions of those that match. MethodError unsupportedFilter when too many must be read."""
    pace = _Pace(account_id)
    with closing(pace):
        return await _verified(store, account_id, evaluator, term, doubtful, pace)


async def _verified(
    store: MailStore,
    account_id: AccountId,
    evaluator: Evaluator,
    term: Term,
    doubtful: bytes,
    pace: "_Pace",
) -> list[int]:
    found: list[int] = []
    serials = evaluator.pool.columns.fact(Fact.EMAIL_SERIAL)
    waiting = (mark.start() for mark in _MARKED.finditer(doubtful))
    while some := list(islice(waiting, PORTION)):
        began = thread_time()
        email_ids = [EmailId(account_id << SERIAL_BITS | serials[position]) for position in some]
        texts = store.glance(account_id, lambda tx, email_ids=email_ids: email_texts(tx, email_ids))  # type: ignore[misc]
        candidates = [
            Candidate(position, texts[email_id], store.blobs)
            for position, email_id in zip(some, email_ids, strict=True)
            if email_id in texts
        ]
        now = thread_time() - began
        matching, seconds = await asyncio.to_thread(_looked_at, evaluator, term, candidates)
        found += matching
        await pace.spend(now + seconds)
    return found


class _Pace:
    """What one query has taken of the processor. `close` it."""

    _long: ClassVar[set[AccountId]] = set()
    """Accounts that have a long query under way."""

    def __init__(self, account_id: AccountId) -> None:
        self._account_id = account_id
        self._spent = 0.0
        self._is_long = False

    async def spend(self, seconds: float) -> None:
        """Count, and rest where others should go first. MethodError unsupportedFilter."""
        self._spent += seconds
        if self._spent > CPU_SECONDS_MAX:
            raise _too_much()
        if self._spent > CPU_SECONDS_AT_ONCE:
            self._take_long()
            await asyncio.sleep(seconds)

    def _take_long(self) -> None:
        if self._is_long:
            return
        if self._account_id in self._long:
            raise _too_much()
        self._is_long = True
        self._long.add(self._account_id)

    def close(self) -> None:
        if self._is_long:
            self._long.discard(self._account_id)


def _too_much() -> MethodError:
    return MethodError("unsupportedFilter", "too many emails would have to be read: say more words")


class Candidate:
    """One email with what has been read of it."""

    def __init__(self, position: int, text: EmailText, blobs: Blobs) -> None:
        self.position = position
        self._text = text
        self._blobs = blobs

    @cached_property
    def _header(self) -> bytes:
        """The header fields; b"" where the body is lost."""
        ref = self._text.blob
        try:
            start = self._blobs.read(ref, 0, min(HEADER_BYTES, ref.length))
            end = body_start(start)
            return self.data[: body_start(self.data)] if end >= len(start) < ref.length else start[:end]
        except BlobLost:
            return b""

    @cached_property
    def data(self) -> bytes:
        try:
            return bytes(self._blobs.read(self._text.blob))
        except BlobLost:
            return b""

    @cached_property
    def _listed_fields(self) -> "_Fields":
        return _by_name(self._text.listed or b"")

    @cached_property
    def _all_fields(self) -> "_Fields":
        return _by_name(self._header)

    @cached_property
    def body(self) -> list[str]:
        """The texts of the body as they are shown (RFC 8621 §4.4.1)."""
        return [folded(piece.shown_text()) for piece in pieces(self.data)] if self.data else []

    def values(self, name: bytes) -> list[str]:
        """The values of the fields of a name in lower case, `folded`."""
        is_listed = self._text.listed is not None and name in LISTED_FIELDS
        found = (self._listed_fields if is_listed else self._all_fields).get(name, [])
        return [folded(decode_words(value)) for value in found]


_Fields = dict[bytes, list[bytes]]


def _by_name(header: bytes) -> _Fields:
    """The values of the fields by their names in lower case, as they stand."""
    found: _Fields = {}
    for field in fields(header)[:FIELDS_MAX]:
        found.setdefault(field.name.lower(), []).append(header[field.value_start : field.end])
    return found


def _looked_at(evaluator: Evaluator, term: Term, candidates: Sequence[Candidate]) -> tuple[list[int], float]:
    """The positions that match, and the seconds of computing that it took."""
    began = thread_time()
    matching = [one.position for one in candidates if _holds(evaluator, term, one)]
    return matching, thread_time() - began


def _holds(evaluator: Evaluator, term: Term, candidate: Candidate) -> bool:
    match term:
        case t.All(inner):
            return all(_holds(evaluator, one, candidate) for one in cheap_first(inner))
        case t.Either(inner):
            return any(_holds(evaluator, one, candidate) for one in cheap_first(inner))
        case t.Not(negated):
            return not _holds(evaluator, negated, candidate)
        case t.Says() | t.HeaderSays():
            verdict = evaluator.verdicts[term][candidate.position]
            return verdict == Verdict.SURE or (verdict == Verdict.MAYBE and says(term, candidate))
        case _:
            return evaluator.exact(term)[candidate.position] == 1


def cheap_first(terms: Sequence[Term]) -> list[Term]:
    """Texts last, and those of bodies last of all."""
    return sorted(terms, key=_cost)


def _cost(term: Term) -> int:
    match term:
        case t.Says(zones, _):
            return 2 if Zone.BODY in zones else 1
        case t.HeaderSays():
            return 1
        case t.All(inner) | t.Either(inner):
            return max(map(_cost, inner), default=0)
        case t.Not(negated):
            return _cost(negated)
        case _:
            return 0


def says(term: t.TextTerm, candidate: Candidate) -> bool:
    """Whether the text is there."""
    if isinstance(term, t.HeaderSays):
        values = candidate.values(term.name.encode("utf-8", "replace"))
        return any(term.text in value for value in values)
    names = [_ZONE_NAMES[zone] for zone in term.zones if zone in _ZONE_NAMES]
    if any(term.text in value for name in names for value in candidate.values(name)):
        return True
    return Zone.BODY in term.zones and any(term.text in text for text in candidate.body)
