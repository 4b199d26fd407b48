"""What the text terms of a filter ask the full-text index."""

import asyncio
from collections.abc import Mapping, Sequence

from bocau.base.ids import AccountId
from bocau.services.jmap.finding import terms as t
from bocau.services.jmap.finding.pool import Pool
from bocau.services.jmap.finding.terms import TextTerm
from bocau.store import MailStore
from bocau.store.search import Question, needle_of, question_of, question_of_field
from bocau.store.search.asking import ask_columns


def question_of_term(term: TextTerm) -> Question:
    """Which words an email must have to match."""
    match term:
        case t.Says(zones, text):
            return question_of(zones, needle_of(text))
        case t.HeaderSays(name, text):
            return question_of_field(name, text)


async def verdicts_of(
    store: MailStore, account_id: AccountId, pool: Pool, terms: Sequence[TextTerm]
) -> Mapping[TextTerm, bytes]:
    """For each text term a Verdict for each email."""
    if not terms:
        return {}
    questions = list(map(question_of_term, terms))
    answers = await asyncio.to_thread(ask_columns, store.search, account_id, pool.columns, questions)
    return dict(zip(terms, answers, strict=True))
