"""SEARCH keys against a whole mailbox at once, column by column (RFC 9051 §6.4.4).

A judgement has two selectors, one byte a message: which messages match for certain, and which may. They are
kept as long numbers, so that AND, OR and NOT are one operation. What lies between is looked at one by one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from bocau.base.errors import SyntaxFault
from bocau.base.ids import EmailId
from bocau.base.wiretext import UINT63_MAX, number
from bocau.protocols.imap import search as s
from bocau.protocols.imap.search import Clock, Key, Relation
from bocau.services.imap.flags import BITS
from bocau.services.imap.matching import holds_keyword, runs_of
from bocau.services.imap.object_ids import email_object_id
from bocau.services.imap.view import View
from bocau.store.columns import NEVER, Columns, Fact
from bocau.store.search import Verdict

SERIAL_BITS: Final = 32
"""Of an email's id; the bits above are the account's."""
MAILBOXES_KEPT: Final = 8
"""For so many sizes of mailboxes the selector of all their messages is kept: a byte a message."""
DAY_SECONDS: Final = 86_400
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_SURE: Final = bytes(value == Verdict.SURE for value in range(256))
_POSSIBLE: Final = bytes(value != Verdict.NO for value in range(256))
_CLOCKS: Final = {
    Clock.RECEIVED: Fact.RECEIVED_AT,
    Clock.SAVED: Fact.SAVED_AT,
    Clock.SENT: Fact.SENT_AT,
}


class Judgement(NamedTuple):
    """Which messages match."""

    sure: int
    possible: int


class Evaluator:
    """One search of one mailbox. Plain computing: any thread."""

    def __init__(
        self, columns: Columns, view: View, *, recent_uid: int, now: int, verdicts: Mapping[Key, bytes]
    ) -> None:
        """`verdicts`: what the index says of the text keys, one Verdict a message."""
        self._columns = columns
        self._count = len(columns)
        self._view = view
        self._recent_uid = recent_uid
        self._now = now
        self._verdicts = verdicts
        self._all = _ones(self._count)

    def of(self, key: Key) -> Judgement:
        """Judge every message."""
        match key:
            case s.Everything():
                return Judgement(self._all, self._all)
            case s.All(keys):
                return self._every(keys)
            case s.Either(one, other):
                first, second = self.of(one), self.of(other)
                return Judgement(first.sure | second.sure, first.possible | second.possible)
            case s.Not(inner):
                judged = self.of(inner)
                return Judgement(self._all ^ judged.possible, self._all ^ judged.sure)
            case s.HeaderHas() | s.BodyHas() | s.TextHas():
                verdicts = self._verdicts[key]
                return Judgement(_number(verdicts.translate(_SURE)), _number(verdicts.translate(_POSSIBLE)))
            case s.Dated(Clock.SENT, relation, day):
                return self._sent(relation, day)
            case _:
                sure = self._exact(key)
                return Judgement(sure, sure)

    def _every(self, keys: Sequence[Key]) -> Judgement:
        sure = possible = self._all
        for key in keys:
            judged = self.of(key)
            sure &= judged.sure
            possible &= judged.possible
            if not possible:
                break
        return Judgement(sure, possible)

    def _exact(self, key: Key) -> int:
        columns = self._columns
        match key:
            case s.Numbers():
                return self._within(self._view.uid_ranges(runs_of(key, self._view)))
            case s.HasKeyword(name) if name in BITS:
                return _number(columns.flagged(int(BITS[name])))
            case s.HasKeyword(name):
                return _number(columns.keyworded(holds_keyword(name)))
            case s.IsRecent():
                return self._span(bisect_right(columns.uids, self._recent_uid), self._count)
            case s.EmailIs(object_id):
                return self._email(object_id)
            case _:
                return _number(bytes(self._compared(key)))

    def _compared(self, key: Key) -> list[bool]:
        columns = self._columns
        match key:
            case s.ChangedSince(modseq):
                return [value >= modseq for value in columns.modseqs or ()]
            case s.SizeAbove(size):
                return [value > size for value in columns.fact(Fact.SIZE)]
            case s.SizeBelow(size):
                return [value < size for value in columns.fact(Fact.SIZE)]
            case s.Aged(seconds, is_older):
                bound = self._now - seconds
                times = columns.fact(Fact.RECEIVED_AT)
                return (
                    [value <= bound for value in times] if is_older else [value >= bound for value in times]
                )
            case s.Dated(clock, relation, day):
                start = _seconds(day)
                low = start if relation is not Relation.BEFORE else NEVER + 1
                high = start + DAY_SECONDS if relation is Relation.ON else -NEVER
                if relation is Relation.BEFORE:
                    high = start
                return [low <= value < high for value in columns.fact(_CLOCKS[clock])]
            case _:
                raise AssertionError(f"no column for {type(key).__name__}")

    def _sent(self, relation: Relation, day: date) -> Judgement:
        """By the day that the sender wrote: its zone may move it by almost a day against UTC."""
        times, start = self._columns.fact(Fact.SENT_AT), _seconds(day)
        before, after = start - DAY_SECONDS, start + DAY_SECONDS
        if relation is Relation.BEFORE:
            sure = bytes([NEVER < value < before for value in times])
            possible = bytes([NEVER < value < after for value in times])
        elif relation is Relation.SINCE:
            sure = bytes([value >= after for value in times])
            possible = bytes([value >= before for value in times])
        else:
            sure = b""
            possible = bytes([before <= value < after + DAY_SECONDS for value in times])
        return Judgement(_number(sure), _number(possible))

    def _email(self, object_id: bytes) -> int:
        try:
            email_id = EmailId(number(object_id[1:], maximum=UINT63_MAX))
        except SyntaxFault:
            return 0
        if email_object_id(email_id) != object_id or email_id >> SERIAL_BITS != self._view.account_id:
            return 0
        serial = email_id & ((1 << SERIAL_BITS) - 1)
        positions = self._columns.roster.positions_of_emails((serial,))
        return sum(self._span(position, position + 1) for position in positions)

    def _within(self, uid_ranges: Sequence[tuple[int, int]]) -> int:
        uids, found = self._columns.uids, 0
        for low, high in uid_ranges:
            found |= self._span(bisect_left(uids, low), bisect_right(uids, high))
        return found

    def shown(self) -> int:
        """The messages that the client knows of."""
        uids = self._view.uids
        return self._span(0, bisect_right(self._columns.uids, uids[-1])) if len(uids) else 0

    def _span(self, start: int, stop: int) -> int:
        """The positions start…stop."""
        if start >= stop:
            return 0
        if start == 0 and stop == self._count:
            return self._all
        return (self._all & ((1 << 8 * stop) - 1)) >> 8 * start << 8 * start


@lru_cache(maxsize=MAILBOXES_KEPT)
def _ones(count: int) -> int:
    """All of `count` messages."""
    return _number(b"\x01" * count)


def _number(selector: bytes) -> int:
    return int.from_bytes(selector, "little")


def selector(joined: int, count: int) -> bytes:
    """One byte for each of `count` messages."""
    return joined.to_bytes(count, "little")


def _seconds(day: date) -> int:
    return (day.toordinal() - _EPOCH_ORDINAL) * DAY_SECONDS


def facts_of(keys: Sequence[Key]) -> tuple[Fact, ...]:
    """The columns that these keys ask for."""
    facts: dict[Fact, None] = {}
    for key in keys:
        match key:
            case s.SizeAbove() | s.SizeBelow():
                facts[Fact.SIZE] = None
            case s.Aged():
                facts[Fact.RECEIVED_AT] = None
            case s.Dated(clock, _, _):
                facts[_CLOCKS[clock]] = None
            case s.EmailIs() | s.HeaderHas() | s.BodyHas() | s.TextHas():
                facts[Fact.EMAIL_SERIAL] = None
    return tuple(facts)
