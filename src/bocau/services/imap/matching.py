"""SEARCH keys against one message (RFC 9051 §6.4.4): cheap facts first, bodies where nothing else decides.

A test answers True, False or None: "not with what has been read so far". So each message is read only as far
as its answer needs: flags row → whole row → header → body.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from enum import IntEnum
from typing import Final

from bocau.formats.header import fields
from bocau.formats.mime import Part
from bocau.formats.picking import fields_named
from bocau.formats.searchable import pieces, unaccented
from bocau.formats.words import decode_words
from bocau.protocols.imap import search as s
from bocau.protocols.imap.dates import MONTH_NUMBERS
from bocau.protocols.imap.search import Clock, Key, Relation
from bocau.services.imap.flags import BITS
from bocau.services.imap.object_ids import email_object_id
from bocau.services.imap.view import Runs, View
from bocau.store import Message

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_DAY: Final = timedelta(days=1)
_SENT_DAY: Final = re.compile(rb'\(?"?[^"0-9]{0,10}([0-9]{1,2}) +([A-Za-z]{3}) +([0-9]{4})')
_HEADER_VALUES_MAX: Final = 2000
_FIELD_NAME: Final = re.compile(r"[!-9;-~]+")


class Depth(IntEnum):
    """How far a message has to be read for a key."""

    NUMBER = 0
    ROW = 1
    MESSAGE = 2
    HEADER = 3
    BODY = 4


class Candidate:
    """One message with what has been read of it."""

    __slots__ = ("_fields", "data", "flags", "header", "keywords", "message", "modseq", "tree", "uid")

    def __init__(self, uid: int, modseq: int, flags: int, keywords: str) -> None:
        self.uid = uid
        self.modseq = modseq
        self.flags = flags
        self.keywords = keywords
        self.message: Message | None = None
        self.header: bytes | None = None
        self.data: bytes | None = None
        self.tree: Part | None = None
        self._fields: list[tuple[str, str]] | None = None

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names and decoded values of the header, folded; `header` must be there."""
        if self._fields is None:
            header = self.header or b""
            self._fields = [
                (
                    field.name.decode("ascii"),
                    unaccented(decode_words(header[field.value_start : field.end])),
                )
                for field in fields(header)[:_HEADER_VALUES_MAX]
            ]
        return self._fields


Test = Callable[[Candidate], bool | None]


def depth(key: Key) -> Depth:
    """How far messages have to be read at most."""
    match key:
        case s.All(keys):
            return max(map(depth, keys), default=Depth.NUMBER)
        case s.Either(one, other):
            return max(depth(one), depth(other))
        case s.Not(inner):
            return depth(inner)
        case s.Everything() | s.Numbers():
            return Depth.NUMBER
        case s.HasKeyword() | s.IsRecent() | s.ChangedSince():
            return Depth.ROW
        case s.Dated() | s.Aged() | s.SizeAbove() | s.SizeBelow() | s.EmailIs():
            return Depth.MESSAGE
        case s.HeaderHas():
            return Depth.HEADER
        case s.BodyHas() | s.TextHas():
            return Depth.BODY
        case s.Fuzzy() | s.ThreadIs():
            raise AssertionError("`resolved` first")


def restricted(key: Key, view: View) -> Runs:
    """Where matches can stand at all: the sets that every match must be in."""
    everything = [(0, view.count)] if view.count else []
    if isinstance(key, s.Numbers):
        return runs_of(key, view)
    if isinstance(key, s.All):
        for inner in key.keys:
            if isinstance(inner, s.Numbers | s.All):
                everything = _intersection(everything, restricted(inner, view))
    return everything


def runs_of(key: s.Numbers, view: View) -> Runs:
    """Numbers that do not exist match nothing; in a search that is no mistake."""
    if key.by_uid or key.numbers.is_saved:
        return view.chosen(key.numbers, by_uid=True)
    ranges = key.numbers.resolved(view.count)
    runs = [(max(low, 1) - 1, min(high, view.count)) for low, high in ranges]
    return [(start, stop) for start, stop in runs if start < stop]


def _intersection(ones: Runs, others: Runs) -> Runs:
    result, i, k = [], 0, 0
    while i < len(ones) and k < len(others):
        start, stop = max(ones[i][0], others[k][0]), min(ones[i][1], others[k][1])
        if start < stop:
            result.append((start, stop))
        if ones[i][1] < others[k][1]:
            i += 1
        else:
            k += 1
    return result


def compiled(key: Key, view: View, recent_uid: int, now: int = 0) -> Test:
    """The test of a search program (`resolved`); `now`: unix seconds."""
    return _Compiler(view, recent_uid, now).test(key)


class _Compiler:
    def __init__(self, view: View, recent_uid: int, now: int) -> None:
        self.view = view
        self.recent_uid = recent_uid
        self.now = now

    def test(self, key: Key) -> Test:
        match key:
            case s.Everything():
                return lambda candidate: True
            case s.All(keys):
                return _all([self.test(k) for k in sorted(keys, key=depth)])
            case s.Either(one, other):
                return _either(self.test(one), self.test(other))
            case s.Not(inner):
                return _not(self.test(inner))
            case s.Numbers():
                return self._within(key)
            case s.HasKeyword(name):
                return _has_keyword(name)
            case s.IsRecent():
                limit = self.recent_uid
                return lambda candidate: candidate.uid > limit
            case s.ChangedSince(modseq):
                return lambda candidate: candidate.modseq >= modseq
            case s.HeaderHas(name, text):
                return _header_has(name, unaccented(text))
            case s.BodyHas(text):
                return _body_has(unaccented(text))
            case s.TextHas(text):
                return _text_has(unaccented(text))
            case _:
                return _of_message(key, self.now)

    def _within(self, key: s.Numbers) -> Test:
        ranges = self.view.uid_ranges(runs_of(key, self.view))
        starts = [low for low, _ in ranges]

        def test(candidate: Candidate) -> bool:
            place = bisect_right(starts, candidate.uid)
            return place > 0 and candidate.uid <= ranges[place - 1][1]

        return test


def _all(tests: Sequence[Test]) -> Test:
    def test(candidate: Candidate) -> bool | None:
        answer: bool | None = True
        for one in tests:
            found = one(candidate)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return test


def _either(one: Test, other: Test) -> Test:
    def test(candidate: Candidate) -> bool | None:
        first = one(candidate)
        if first:
            return True
        second = other(candidate)
        if second:
            return True
        return None if first is None or second is None else False

    return test


def _not(inner: Test) -> Test:
    def test(candidate: Candidate) -> bool | None:
        found = inner(candidate)
        return None if found is None else not found

    return test


def _has_keyword(name: str) -> Test:
    bit = BITS.get(name)
    if bit is not None:
        mask = int(bit)
        return lambda candidate: candidate.flags & mask != 0
    holds = holds_keyword(name)
    return lambda candidate: holds(candidate.keywords)


def holds_keyword(name: str) -> Callable[[str], bool]:
    """A test of a message's keywords, which are a text."""
    wanted = name.lower()
    return lambda keywords: bool(keywords) and wanted in keywords.lower().split(" ")


def _of_message(key: Key, now: int) -> Test:
    holds = _message_test(key, now)

    def test(candidate: Candidate) -> bool | None:
        return None if candidate.message is None else holds(candidate.message)

    return test


def _message_test(key: Key, now: int) -> Callable[[Message], bool]:
    match key:
        case s.Aged(seconds, is_older):
            bound = now - seconds
            return lambda message: message.received_at <= bound if is_older else message.received_at >= bound
        case s.SizeAbove(size):
            return lambda message: message.size_bytes > size
        case s.SizeBelow(size):
            return lambda message: message.size_bytes < size
        case s.EmailIs(object_id):
            return lambda message: email_object_id(message.email_id) == object_id
        case s.Dated(Clock.SENT, relation, day):
            return lambda message: sent_is(message.sent_at, message.envelope, relation, day)
        case s.Dated(Clock.RECEIVED, relation, day):
            return lambda message: _related(_utc_day(message.received_at), relation, day)
        case s.Dated(Clock.SAVED, relation, day):
            return lambda message: _related(_utc_day(message.saved_at), relation, day)
        case _:
            raise AssertionError(f"no test for {type(key).__name__}")


def _utc_day(seconds: int) -> date:
    return date.fromordinal(_EPOCH_ORDINAL + seconds // 86400)


def _related(day: date, relation: Relation, wanted: date) -> bool:
    if relation is Relation.BEFORE:
        return day < wanted
    return day == wanted if relation is Relation.ON else day >= wanted


def sent_is(sent_at: int | None, envelope: bytes, relation: Relation, wanted: date) -> bool:
    """The day as the sender wrote it, whatever the zone (RFC 9051 §6.4.4 SENTBEFORE)."""
    if sent_at is None:
        return False
    day = _utc_day(sent_at)
    if abs(day - wanted) <= _DAY:
        day = _written_day(envelope) or day
    return _related(day, relation, wanted)


def _written_day(envelope: bytes) -> date | None:
    found = _SENT_DAY.match(envelope)
    if found is None:
        return None
    try:
        return date(int(found[3]), MONTH_NUMBERS[found[2].upper()], int(found[1]))
    except (KeyError, ValueError):
        return None


def _header_has(name: str, text: str) -> Test:
    if _FIELD_NAME.fullmatch(name) is None:
        return lambda candidate: False
    found = fields_named(frozenset((name.encode("ascii"),)))

    def test(candidate: Candidate) -> bool | None:
        header = candidate.header
        if header is None:
            return None
        return any(
            text in unaccented(decode_words(field.partition(b":")[2])) for field in found.findall(header)
        )

    return test


def _body_has(text: str) -> Test:
    if not text:
        return lambda candidate: True

    def test(candidate: Candidate) -> bool | None:
        if candidate.data is None:
            return None
        return any(text in piece.text() for piece in pieces(candidate.data, candidate.tree))

    return test


def _text_has(text: str) -> Test:
    in_body = _body_has(text)

    def test(candidate: Candidate) -> bool | None:
        if candidate.header is None:
            return None
        if any(text in f"{name}: {value}" for name, value in candidate.fields):
            return True
        return in_body(candidate)

    return test
