"""The list that a query means (RFC 8621 §4.4): the same for every page, so it is kept for the next one."""

from array import array
from collections.abc import Hashable
from functools import partial
from itertools import compress
from typing import NamedTuple

from bocau.base.ids import AccountId, MailboxId
from bocau.services.jmap.finding import sorting
from bocau.services.jmap.finding import terms as t
from bocau.services.jmap.finding.accents import accented_first
from bocau.services.jmap.finding.asking import verdicts_of
from bocau.services.jmap.finding.collapsing import collapsed, first_of_threads
from bocau.services.jmap.finding.evaluating import Evaluator
from bocau.services.jmap.finding.kept import Ids, Kept
from bocau.services.jmap.finding.loading import Wanted, in_turn, load
from bocau.services.jmap.finding.pool import Pool
from bocau.services.jmap.finding.sorting import Steps
from bocau.services.jmap.finding.terms import Term, terms_in
from bocau.services.jmap.finding.verifying import verified
from bocau.store import MailStore
from bocau.store.columns import Fact


class Query(NamedTuple):
    """What is asked for."""

    term: Term
    steps: Steps
    """Empty: the newest first."""
    is_collapsed: bool = False
    """Only the first email of each thread (RFC 8621 §4.4.3)."""
    typed: tuple[str, ...] = ()
    """Words with accents, as they were typed: without `steps` emails that have them come first."""

    @property
    def order(self) -> Steps:
        return self.steps or sorting.DEFAULT

    @property
    def ranks(self) -> bool:
        """Whether the order depends on more than columns, so that its changes cannot be told."""
        return bool(self.typed) and not self.steps

    @property
    def needs_keywords(self) -> bool:
        """Whether the list may change with keywords."""
        return sorting.needs_keywords(self.order) or any(
            isinstance(one, t.HasKeyword | t.ThreadHas) for one in terms_in(self.term)
        )

    @property
    def needs_threads(self) -> bool:
        """Whether an email's place depends on the others of its thread, in any mailbox."""
        return sorting.needs_threads(self.order) or any(
            isinstance(one, t.ThreadHas) for one in terms_in(self.term)
        )

    @property
    def is_immutable(self) -> bool:
        """Whether an email's place depends on nothing that can change."""
        moves = any(isinstance(one, t.InMailbox | t.InOther) for one in terms_in(self.term))
        return not (moves or self.is_collapsed or self.needs_keywords)


class Found(NamedTuple):
    """A list as it was at one moment."""

    serials: "array[int]"
    """Of the emails, in order."""
    pool: Pool


async def find(store: MailStore, kept: Kept, account_id: AccountId, query: Query) -> Found:
    """Carry a query out. MethodError unsupportedFilter when too much must be read."""
    pool = await load(store, kept, account_id, scope_of(query), _wanted(query))
    key = _name(account_id, query, pool)
    known = kept.lists.get(key) if pool.is_settled else None
    if known is None:
        known = Ids(await _made(store, account_id, query, pool))
        if query.ranks:
            known = Ids(await accented_first(store, account_id, known.serials, query.typed))
        if pool.is_settled:
            kept.lists.put(key, known)
    return Found(known.serials, pool)


def _name(account_id: AccountId, query: Query, pool: Pool) -> Hashable:
    """What the list depends on; a roster's number stands for its messages."""
    return account_id, query, pool.roster.number, pool.state if query.needs_keywords else 0


def scope_of(query: Query) -> MailboxId | None:
    """The one mailbox whose emails decide; None: the whole account must be looked at."""
    top = query.term.terms if isinstance(query.term, t.All) else (query.term,)
    found = {one.mailbox_id for one in top if isinstance(one, t.InMailbox)}
    everywhere = {one for one in terms_in(query.term) if isinstance(one, t.InMailbox | t.InOther)}
    if len(found) != 1 or len(everywhere) != 1 or query.needs_threads:
        return None
    mailbox_id = found.pop()
    return None if mailbox_id is None else MailboxId(mailbox_id)


def _wanted(query: Query) -> Wanted:
    facts = dict.fromkeys(sorting.facts_for(query.order))
    for term in terms_in(query.term):
        match term:
            case t.Received():
                facts[Fact.RECEIVED_AT] = None
            case t.Sized():
                facts[Fact.SIZE] = None
            case t.HasAttachment():
                facts[Fact.HAS_ATTACHMENT] = None
    # Always: which thread an email is in is asked of most lists, and of their changes.
    facts[Fact.THREAD_SERIAL] = None
    texts = [sorting.TEXT_KEYS[step.by] for step in query.order if step.by in sorting.TEXT_KEYS]
    return Wanted(tuple(facts), tuple(dict.fromkeys(texts)))


async def _made(store: MailStore, account_id: AccountId, query: Query, pool: Pool) -> "array[int]":
    texts = [one for one in terms_in(query.term) if isinstance(one, t.Says | t.HeaderSays)]
    evaluator = Evaluator(pool, await verdicts_of(store, account_id, pool, list(dict.fromkeys(texts))))
    count = len(pool)
    marks, doubtful = await in_turn(count, partial(evaluator.matching, query.term))
    if b"\x01" in doubtful:
        marked = bytearray(marks)
        for position in await verified(store, account_id, evaluator, query.term, doubtful):
            marked[position] = 1
        marks = bytes(marked)
    return await in_turn(count, partial(_listed, query, pool, marks))


def _listed(query: Query, pool: Pool, marks: bytes) -> "array[int]":
    """The marked emails in order, collapsed if asked for."""
    steps = query.order
    chosen, is_all = sorting.order_of(pool, steps), 0 not in marks
    if not is_all:
        chosen = array("I", compress(chosen, map(marks.__getitem__, chosen)))
    if query.is_collapsed:
        chosen = collapsed(pool, steps, chosen) if is_all else first_of_threads(pool, chosen)
    return array("I", map(pool.columns.fact(Fact.EMAIL_SERIAL).__getitem__, chosen))
