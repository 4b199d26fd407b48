"""What the text terms of a filter ask the full-text index."""

import asyncio
from collections.abc import Mapping, Sequence

from bocau.base.ids import AccountId
from bocau.formats.search_words import OWN_ZONES, Zone
from bocau.formats.searchable import unaccented
from bocau.services.jmap.finding import terms as t
from bocau.services.jmap.finding.pool import Pool
from bocau.services.jmap.finding.terms import TextTerm
from bocau.store import MailStore
from bocau.store.search import Question, needle_of, question_of
from bocau.store.search.asking import ask_columns


def question_of_term(term: TextTerm) -> Question:
    """Which words an email must have to match."""
    match term:
        case t.Says(zones, text):
            return question_of(zones, needle_of(text))
        case t.HeaderSays(name, text):
            zone = OWN_ZONES.get(name.encode("utf-8", "replace"), Zone.OTHER)
            in_value = question_of((zone,), needle_of(text))
            if zone is not Zone.OTHER and text:
                return in_value
            named = question_of((Zone.NAMES,), needle_of(f" {unaccented(name)} "))
            # Which of the fields the words stand in is not known.
            return Question(named.clauses + in_value.clauses, False)


async def verdicts_of(
    store: MailStore, account_id: AccountId, pool: Pool, terms: Sequence[TextTerm]
) -> Mapping[TextTerm, bytes]:
    """For each text term a Verdict for each email."""
    if not terms:
        return {}
    questions = list(map(question_of_term, terms))
    answers = await asyncio.to_thread(ask_columns, store.search, account_id, pool.columns, questions)
    return dict(zip(terms, answers, strict=True))
