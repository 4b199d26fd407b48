"""Which emails may stand elsewhere in a list since a state, from the change log (RFC 8620 §5.6)."""

import json
from collections.abc import Collection
from typing import Final, NamedTuple

from bocau.base.ids import MailboxId
from bocau.database import Queries
from bocau.store import access
from bocau.store.emailchanges import EMAIL_CHANGES, Incalculable, Row
from bocau.store.reading import Reading
from bocau.store.uidranges import parse_text, uids_in
from bocau.store.values import ChangeKind

QUERY_CHANGES: Final = Queries("bocau.store", "sql/sqlite/querychanges.sql")
ROWS_MAX: Final = 5000
"""Rows of the log that one question reads; after more the list is read anew."""
EMAILS_MAX: Final = 50_000
"""Emails that one question names; with more the list is read anew."""
_CAME_OR_WENT: Final = (ChangeKind.ADDED, ChangeKind.EXPUNGED, ChangeKind.MAILBOX_DELETED)


class Stirred(NamedTuple):
    """Serials of emails that came, went, moved or changed."""

    emails: set[int]
    threads_gone: set[int]
    """Serials of the threads of those that exist no more."""


def stirred_since(
    reading: Reading, since: int, mailbox_id: MailboxId | None, *, with_keywords: bool
) -> Stirred:
    """In a mailbox, or in any; `with_keywords`: also where only keywords have changed. Incalculable."""
    access.require_owner(reading)
    if since > reading.modseq():
        raise Incalculable("the state lies in the future")
    rows = reading.sql.rows(EMAIL_CHANGES.rows, (reading.account_id, since, ROWS_MAX + 1))
    if len(rows) > ROWS_MAX:
        raise Incalculable("too much has happened since")
    found = Stirred(set(), set())
    for row in map(Row._make, rows):
        if mailbox_id is None or row.mailbox_id == mailbox_id:
            _take(reading, row, found, with_keywords=with_keywords)
            if len(found.emails) > EMAILS_MAX:
                raise Incalculable("too much has happened since")
    return found


def _take(reading: Reading, row: Row, found: Stirred, *, with_keywords: bool) -> None:
    if row.kind in _CAME_OR_WENT:
        if row.emails is None:
            raise Incalculable("the log of that time names no emails")
        _add(found.emails, row.emails)
        for serial, thread in json.loads(row.gone or "[]"):
            found.emails.add(serial)
            found.threads_gone.add(thread)
    elif row.kind != ChangeKind.KEYWORDS:
        return
    elif not with_keywords:
        # What became \\Deleted has left the list, what is it no more has come back.
        _add(found.emails, row.emails or "")
    else:
        # Messages that have left the mailbox meanwhile are named by the row of their leaving.
        for first, last in parse_text(row.uids):
            values = (reading.account_id, row.mailbox_id, first, last)
            found.emails.update(serial for _, serial in reading.sql.rows(EMAIL_CHANGES.serials_at, values))


def _add(emails: set[int], text: str) -> None:
    ranges = parse_text(text)
    if sum(last - first + 1 for first, last in ranges) > EMAILS_MAX:
        raise Incalculable("too much has happened since")
    emails.update(uids_in(ranges))


def threads_of(reading: Reading, serials: Collection[int]) -> set[int]:
    """Serials of the threads of those that exist."""
    values = {"serials": json.dumps(list(serials)), "account_id": reading.account_id}
    return {thread for (thread,) in reading.sql.rows(QUERY_CHANGES.threads_of, values)}
