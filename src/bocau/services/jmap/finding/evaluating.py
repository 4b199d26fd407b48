"""Terms against all emails of a pool at once (RFC 8621 §4.4.1).

A judgement has two selectors, one byte an email: which match for certain, and which may. They are kept as
long numbers, so that AND, OR and NOT are one operation. What lies between is looked at one by one (see
`verifying`).
"""

from collections.abc import Mapping
from itertools import compress
from typing import Final, NamedTuple

from bocau.services.jmap.finding import terms as t
from bocau.services.jmap.finding.pool import Pool
from bocau.services.jmap.finding.terms import Term, TextTerm
from bocau.store.columns import Fact, inverted
from bocau.store.search import Verdict

_SURE: Final = bytes(value == Verdict.SURE for value in range(256))
_POSSIBLE: Final = bytes(value != Verdict.NO for value in range(256))


class Judgement(NamedTuple):
    """Which emails match."""

    sure: int
    possible: int


class Evaluator:
    """One filter on one pool. Plain computing: any thread."""

    def __init__(self, pool: Pool, verdicts: Mapping[TextTerm, bytes]) -> None:
        """`verdicts`: what the index says of the text terms, one Verdict an email."""
        self.pool = pool
        self.verdicts = verdicts
        self._all = _number(b"\x01" * len(pool))
        self._exact: dict[Term, bytes] = {}

    def of(self, term: Term) -> Judgement:
        """Judge every email."""
        match term:
            case t.All(inner):
                sure = possible = self._all
                for one in inner:
                    judged = self.of(one)
                    sure, possible = sure & judged.sure, possible & judged.possible
                return Judgement(sure, possible)
            case t.Either(inner):
                sure = possible = 0
                for one in inner:
                    judged = self.of(one)
                    sure, possible = sure | judged.sure, possible | judged.possible
                return Judgement(sure, possible)
            case t.Not(negated):
                judged = self.of(negated)
                return Judgement(self._all ^ judged.possible, self._all ^ judged.sure)
            case t.Says() | t.HeaderSays():
                verdicts = self.verdicts[term]
                return Judgement(_number(verdicts.translate(_SURE)), _number(verdicts.translate(_POSSIBLE)))
            case _:
                sure = _number(self.exact(term))
                return Judgement(sure, sure)

    def exact(self, term: Term) -> bytes:
        """The selector of a term that columns answer."""
        known = self._exact.get(term)
        if known is None:
            known = self._exact[term] = selected(self.pool, term)
        return known

    def matching(self, term: Term) -> tuple[bytes, bytes]:
        """Selectors of the emails that match, and of those in doubt."""
        sure, possible = self.of(term)
        count = len(self.pool)
        return sure.to_bytes(count, "little"), (possible & ~sure).to_bytes(count, "little")


def _number(selector: bytes) -> int:
    return int.from_bytes(selector, "little")


def selected(pool: Pool, term: Term) -> bytes:
    """One byte an email."""
    columns = pool.columns
    match term:
        case t.InMailbox(mailbox_id):
            return pool.where(lambda one: one == mailbox_id)
        case t.InOther(mailbox_ids):
            return pool.where(lambda one: one not in mailbox_ids)
        case t.Received(seconds, is_before):
            times = columns.fact(Fact.RECEIVED_AT)
            earlier = bytes(map(seconds.__gt__, times))
            return earlier if is_before else inverted(earlier)
        case t.Sized(octets, is_below):
            smaller = bytes(map(octets.__gt__, columns.fact(Fact.SIZE)))
            return smaller if is_below else inverted(smaller)
        case t.HasKeyword(name):
            return pool.keyworded(name)
        case t.ThreadHas(name, share):
            return in_threads(pool, name, share)
        case t.HasAttachment():
            # Not bytes(array): those are the octets of its numbers.
            return bytes(columns.fact(Fact.HAS_ATTACHMENT).tolist())
        case _:
            raise AssertionError(f"no column for {type(term).__name__}")


def in_threads(pool: Pool, name: str, share: t.Share) -> bytes:
    """The emails in whose thread all or some emails have the keyword; the pool is the whole account."""
    threads, having = pool.columns.fact(Fact.THREAD_SERIAL), pool.keyworded(name)
    if share is t.Share.SOME:
        return bytes(map(set(compress(threads, having)).__contains__, threads))
    lacking = set(compress(threads, inverted(having)))
    return inverted(bytes(map(lacking.__contains__, threads)))
