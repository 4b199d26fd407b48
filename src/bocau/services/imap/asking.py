"""What the text keys of a search ask the full-text index, and what its answers say of a mailbox.

FROM, TO, CC, BCC, SUBJECT    one zone of the index: certain for a single word
HEADER <any other field>      the words of all other fields, and of the names: never certain
BODY · TEXT                   the body's words · those of every zone
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bocau.formats.search_words import BODY_WRITTEN, MESSAGE_WRITTEN
from bocau.formats.searchable import unaccented
from bocau.protocols.imap import search as s
from bocau.protocols.imap.search import Key
from bocau.store.columns import Columns
from bocau.store.search import Question, needle_of, question_of, question_of_field
from bocau.store.search.asking import ask_columns

if TYPE_CHECKING:
    from bocau.base.ids import AccountId
    from bocau.store import ReaderStore


def question_of_key(key: Key) -> Question:
    """Of a text key."""
    match key:
        case s.HeaderHas(name, text):
            return question_of_field(name, unaccented(text))
        case s.BodyHas(text):
            return question_of(BODY_WRITTEN, needle_of(unaccented(text)))
        case s.TextHas(text):
            return question_of(MESSAGE_WRITTEN, needle_of(unaccented(text)))
        case _:
            raise AssertionError("not a text key")


async def verdicts_of(
    store: "ReaderStore", account_id: "AccountId", columns: Columns, keys: Sequence[Key]
) -> Mapping[Key, bytes]:
    """For each text key a Verdict for each message of the mailbox."""
    if not keys:
        return {}
    questions = list(map(question_of_key, keys))
    answers = await asyncio.to_thread(ask_columns, store.search, account_id, columns, questions)
    return dict(zip(keys, answers, strict=True))
