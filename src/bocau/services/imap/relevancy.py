"""How well messages fit a FUZZY search (RFC 6203 §4): what also matches word for word fits best."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bocau.protocols.imap import search as s
from bocau.protocols.imap.search import Key
from bocau.protocols.imap.sets import NumberSet, ranges_of
from bocau.services.imap.searching import find
from bocau.services.imap.view import View

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

EXACT: Final = 100
LOOSE: Final = 50

Scores = dict[int, int]
"""uid → 1 to 100."""


async def scores_of(session: "ImapSession", view: View, key: Key, uids: Sequence[int]) -> Scores:
    """The score of each of the messages that a search has found."""
    scores = dict.fromkeys(uids, LOOSE)
    if scores:
        only = s.Numbers(NumberSet(tuple(ranges_of(sorted(uids)))), by_uid=True)
        exact = await find(session, view, s.All((only, word_for_word(key))))
        scores.update(dict.fromkeys(exact.uids, EXACT))
    return scores


def word_for_word(key: Key) -> Key:
    """The same search without FUZZY."""
    match key:
        case s.Fuzzy(inner):
            return word_for_word(inner)
        case s.Not(inner):
            return s.Not(word_for_word(inner))
        case s.Either(one, other):
            return s.Either(word_for_word(one), word_for_word(other))
        case s.All(keys):
            return s.All(tuple(map(word_for_word, keys)))
        case _:
            return key
