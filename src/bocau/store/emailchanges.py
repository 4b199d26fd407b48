"""What has become of emails and threads since a state, from the change log (RFC 8620 §5.2, RFC 8621 §3.2,
§4.3); of mailboxes: `mailboxchanges`.

    rows of the log after the state ─→ items: serials of emails (or pairs of email and thread), in order
                                        │ as many as the client wants; the rest another time
    what of them is there now ─────────→ created · updated · destroyed, and the state that this leads to

A row may name 100,000 emails, so a state may also lie within a row: `Mark.part` items of the row after
`modseq` have been told. The log never changes, so they are the same items the next time.

What came and went again since the state is left out. What went later than the moment told is left out or told
as destroyed early; the row of its end comes later and tells it (again): a client that follows to the end has
what there is.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.database import Queries
from bocau.store import access
from bocau.store.emails import PORTION_EMAILS, mail_state
from bocau.store.uidranges import parse_text, ranges_of
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading

EMAIL_CHANGES: Final = Queries("bocau.store", "sql/sqlite/emailchanges.sql")
CHANGES_MAX: Final = 5000
"""Objects told at once, whatever the client asks for."""
ROWS_MAX: Final = 5000
"""Rows of the log that one question reads."""
ITEMS_EACH: Final = 20
"""Items looked at for each object that may be told: many rows may name the same emails."""
HIDDEN: Final = "hidden"
SHOWN: Final = "shown"
"""Names of rows of keywords that set or take away \\Deleted (see `marking`)."""
_NAMING: Final = frozenset((ChangeKind.ADDED, ChangeKind.EXPUNGED, ChangeKind.MAILBOX_DELETED))
"""Rows that name their emails."""


class Mark(NamedTuple):
    """A moment of an account's mail as a client may know it."""

    modseq: int
    serial: int
    """Of the newest email."""
    part: int = 0
    """Items of the next row that are known already."""


class Changes(NamedTuple):
    """Serials, each in one list only."""

    created: list[int]
    updated: list[int]
    destroyed: list[int]
    mark: Mark
    has_more: bool


class Row(NamedTuple):
    """One row of the log."""

    modseq: int
    kind: int
    mailbox_id: int
    uids: str
    name: str | None
    emails: str | None
    gone: str | None


class Incalculable(Exception):
    """The state is not of this account's past, or older than what the log knows of emails."""


class Item(NamedTuple):
    """What a row says of one object."""

    serial: int | None
    """Of the object; None: nothing is said."""
    email: int = 0
    """The email that has come by now, if one came."""


Items = Callable[["Reading", Row, int], Iterator[Item]]
"""(reading, row, items to pass over) → the others, always in the same order."""


def email_changes(reading: "Reading", since: Mark, limit: int | None = None) -> Changes:
    """What has become of emails. Incalculable."""
    told = _gather(reading, since, limit, emails_of)
    there = {serial for (serial,) in rows_for(reading, EMAIL_CHANGES.existing, told.serials)}
    new = {serial for serial in told.serials if serial > since.serial} | told.emails_back
    created = [serial for serial in told.serials if serial in there and serial in new]
    updated = [serial for serial in told.serials if serial in there and serial not in new]
    destroyed = [serial for serial in told.serials if serial not in there and serial <= since.serial]
    return Changes(created, updated, destroyed, told.mark, told.has_more)


def thread_changes(reading: "Reading", since: Mark, limit: int | None = None) -> Changes:
    """What has become of threads. A thread is created when all its emails are new: one that was empty for a
    while comes back so. Incalculable."""
    hides = any(mailbox.deleted_count for mailbox in reading.mailboxes())

    def threads_of(tx: "Reading", row: Row, passed: int) -> Iterator[Item]:
        return _threads_of(tx, row, passed, since.serial, hides=hides)

    told = _gather(reading, since, limit, threads_of)
    first = dict(rows_for(reading, EMAIL_CHANGES.threads, told.serials))
    known = first if not told.ahead else _first_known(reading, told)
    created = [
        one for one in told.serials if one in first and known.get(one, since.serial + 1) > since.serial
    ]
    updated = [one for one in told.serials if known.get(one, since.serial + 1) <= since.serial]
    destroyed = [serial for serial in told.serials if serial not in first and serial <= since.serial]
    return Changes(created, updated, destroyed, told.mark, told.has_more)


# --- the log ------------------------------------------------------------------------------------


class _Told(NamedTuple):
    serials: list[int]
    """In the order of the log, each once."""
    mark: Mark
    has_more: bool
    emails_back: set[int]
    """Serials of those that came back: they were hidden at the state."""
    ahead: set[int]
    """The same of all that has happened since, as far as it is known."""


def _back(rows: Sequence[Row]) -> set[int]:
    """Emails that these rows show (see `marking`), and did not hide before."""
    found, hidden = set[int](), set[int]()
    for row in rows:
        if row.kind == ChangeKind.KEYWORDS and row.gone is not None:
            emails = {email for email, _ in json.loads(row.gone)}
            if row.name == SHOWN:
                found |= emails - hidden
            else:
                hidden |= emails - found
    return found


def _first_known(reading: "Reading", told: _Told) -> dict[int, int]:
    """The first email of each thread that is seen and has not come back: what made the client know it."""
    found: dict[int, int] = {}
    for thread, email in rows_for(reading, EMAIL_CHANGES.seen_of_threads, told.serials):
        if email not in told.ahead:
            found[thread] = min(email, found.get(thread, email))
    return found


def log_after(reading: "Reading", since: Mark) -> tuple[list[Row], bool]:
    """The rows after the state, and whether these are all. Incalculable."""
    access.require_owner(reading)
    if since.modseq > reading.modseq() or since.serial > mail_state(reading)[1]:
        raise Incalculable("the state lies in the future")
    rows = reading.sql.rows(EMAIL_CHANGES.rows, (reading.account_id, since.modseq, ROWS_MAX + 1))
    found = [Row._make(row) for row in rows[:ROWS_MAX]]
    for row in found:
        if row.emails is None and row.kind in _NAMING:
            raise Incalculable("the log of that time names no emails")
    return found, len(rows) <= ROWS_MAX


def most_of(limit: int | None) -> int:
    """How many objects may be told."""
    return CHANGES_MAX if limit is None else min(limit, CHANGES_MAX)


def _gather(reading: "Reading", since: Mark, limit: int | None, items_of: Items) -> _Told:
    """The objects of the rows after a state, until there are enough."""
    rows, is_all = log_after(reading, since)
    most = most_of(limit)
    items_left = most * ITEMS_EACH
    found: dict[int, None] = {}
    mark = since
    for number, row in enumerate(rows, 1):
        for item in items_of(reading, row, mark.part):
            is_new = item.serial is not None and item.serial not in found
            if items_left == 0 or (is_new and len(found) == most):
                return _Told(list(found), mark, True, _back(rows[:number]), _back(rows))
            items_left -= 1
            mark = Mark(mark.modseq, max(mark.serial, item.email), mark.part + 1)
            if item.serial is not None:
                found[item.serial] = None
        mark = Mark(row.modseq, mark.serial)
    end = Mark(*mail_state(reading)) if is_all else mark
    back = _back(rows)
    return _Told(list(found), end, not is_all, back, back)


def emails_of(reading: "Reading", row: Row, passed: int) -> Iterator[Item]:
    """The emails that a row is about."""
    if row.emails is not None and row.kind != ChangeKind.KEYWORDS:
        yield from (Item(serial, serial) for serial in numbers_in(row.emails, passed))
    elif row.kind == ChangeKind.KEYWORDS:
        yield from _emails_at(reading, row, passed)


def _emails_at(reading: "Reading", row: Row, passed: int) -> Iterator[Item]:
    """Emails that lie where the row says. One that has left since is told by a later row."""
    uids = numbers_in(row.uids, passed)
    while some := list(islice(uids, PORTION_EMAILS)):
        serials: dict[int, int] = {}
        for first, last in ranges_of(some):
            place = (reading.account_id, row.mailbox_id, first, last)
            serials.update(reading.sql.rows(EMAIL_CHANGES.serials_at, place))
        yield from (Item(serials.get(uid)) for uid in some)


def _threads_of(
    reading: "Reading", row: Row, passed: int, since_serial: int, *, hides: bool
) -> Iterator[Item]:
    """The threads that emails joined (those newer than the state) or left for good; `hides`: some emails are
    \\Deleted somewhere, and so may leave with the last other place."""
    if row.kind == ChangeKind.ADDED:
        serials = numbers_in(row.emails or "", passed)
        while some := list(islice(serials, PORTION_EMAILS)):
            new = [serial for serial in some if serial > since_serial]
            thread_of = dict(rows_for(reading, EMAIL_CHANGES.threads_of, new))
            yield from (Item(thread_of.get(serial), serial) for serial in some)
        return
    gone: list[list[int]] = json.loads(row.gone or "[]")
    yield from (Item(thread) for _, thread in gone[passed:])
    if hides and row.kind != ChangeKind.KEYWORDS:
        serials = numbers_in(row.emails or "", max(passed - len(gone), 0))
        while some := list(islice(serials, PORTION_EMAILS)):
            unseen = dict(rows_for(reading, EMAIL_CHANGES.unseen, some))
            yield from (Item(unseen.get(serial)) for serial in some)


def numbers_in(text: str, passed: int) -> Iterator[int]:
    """The numbers of ranges, without the first `passed`."""
    for first, last in parse_text(text):
        size = last - first + 1
        yield from range(first + min(passed, size), last + 1)
        passed = max(passed - size, 0)


def rows_for(reading: "Reading", statement: str, serials: Sequence[int]) -> list[tuple[Any, ...]]:
    """What a statement says of so many serials, portion by portion."""
    return [
        row
        for start in range(0, len(serials), PORTION_EMAILS)
        for row in reading.sql.rows(statement, _parameters(reading, serials[start : start + PORTION_EMAILS]))
    ]


def _parameters(reading: "Reading", serials: Sequence[int]) -> dict[str, Any]:
    return {"serials": json.dumps(serials), "account_id": reading.account_id}
