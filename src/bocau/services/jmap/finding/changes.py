"""How a list has changed since a state (RFC 8620 §5.6, RFC 8621 §4.5).

the change log → emails that may stand elsewhere → all of these are removed; those in the list now are added

Of what is left neither what it sorts by nor whether it matches has changed, so it keeps its order. Where an
email's place depends on its thread, all emails of a thread that something happened to are taken.
"""

from array import array
from functools import partial
from itertools import compress
from typing import NamedTuple

from bocau.base.ids import AccountId
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.finding.finding import Found, Query
from bocau.services.jmap.finding.loading import in_turn
from bocau.store import MailStore, Reading
from bocau.store.columns import Fact
from bocau.store.emailchanges import Incalculable
from bocau.store.querychanges import stirred_since, threads_of


class AddedEmail(NamedTuple):
    serial: int
    place: int
    """Index in the new list."""


class QueryChanges(NamedTuple):
    removed: list[int]
    """Serials, ascending."""
    added: list[AddedEmail]
    """Ascending by place."""


class _Stirred(NamedTuple):
    emails: set[int]
    threads: set[int]


async def changes_of(
    store: MailStore, account_id: AccountId, query: Query, found: Found, since: int
) -> QueryChanges:
    """What to do to the list of a state to make it the one `found`. MethodError cannotCalculateChanges."""
    if query.ranks or not found.pool.is_settled or since > found.pool.state:
        raise MethodError("cannotCalculateChanges")
    if since == found.pool.state:
        return QueryChanges([], [])
    try:
        stirred = await store.read(account_id, partial(_read, query=query, found=found, since=since))
    except Incalculable as error:
        raise MethodError("cannotCalculateChanges", str(error)) from None
    return await in_turn(len(found.pool), partial(_compared, found, stirred))


def _read(tx: Reading, query: Query, found: Found, since: int) -> _Stirred:
    emails, threads_gone = stirred_since(tx, since, found.pool.mailbox_id, with_keywords=query.needs_keywords)
    if not emails or not (query.is_collapsed or query.needs_threads):
        return _Stirred(emails, set())
    return _Stirred(emails, threads_gone | threads_of(tx, emails))


def _compared(found: Found, stirred: _Stirred) -> QueryChanges:
    removed = set(stirred.emails)
    if stirred.threads:
        columns = found.pool.columns
        threads, serials = columns.fact(Fact.THREAD_SERIAL), columns.fact(Fact.EMAIL_SERIAL)
        removed.update(compress(serials, map(stirred.threads.__contains__, threads)))
    return QueryChanges(sorted(removed), _standing(found.serials, removed))


def _standing(serials: "array[int]", wanted: set[int]) -> list[AddedEmail]:
    marks = bytes(map(wanted.__contains__, serials))
    return [AddedEmail(serials[index], index) for index in compress(range(len(marks)), marks)]
