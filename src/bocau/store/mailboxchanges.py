"""What has become of mailboxes since a state, from the change log (RFC 8621 §2.2).

A row changes the counts of its own mailbox, and those of every mailbox where its threads have emails: a
thread is unread in all of them. A state within a row says up to which mailbox id that row has been told
(`Mark.part`).
"""

import json
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.ids import MailboxId
from bocau.store.emailchanges import (
    EMAIL_CHANGES,
    Mark,
    Row,
    emails_of,
    log_after,
    most_of,
    rows_for,
)
from bocau.store.emails import mail_state
from bocau.store.mailboxes import TRASH_CHANGED
from bocau.store.uidranges import parse_text
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading

EMAILS_MAX: Final = 500
"""Emails whose threads one question looks for; rows beyond that concern all mailboxes."""
_COUNTED: Final = frozenset((ChangeKind.ADDED, ChangeKind.EXPUNGED, ChangeKind.KEYWORDS))
"""Rows that change nothing but counts."""


class MailboxChanges(NamedTuple):
    """Each mailbox in one list only."""

    created: list[MailboxId]
    updated: list[MailboxId]
    destroyed: list[MailboxId]
    mark: Mark
    has_more: bool
    only_counts: bool
    """Of those updated nothing but their counts has changed."""


def mailbox_changes(reading: "Reading", since: Mark, limit: int | None = None) -> MailboxChanges:
    """What has become of mailboxes. Incalculable."""
    rows, is_all = log_after(reading, since)
    names = {mailbox.name: mailbox.mailbox_id for mailbox in reading.mailboxes()}
    spread = _Spread(reading, names)
    most = most_of(limit)
    kinds: dict[int, set[int]] = {}
    mark = since
    for row in rows:
        for mailbox_id in spread.mailboxes_of(row):
            if mailbox_id <= mark.part:
                continue
            if mailbox_id not in kinds and len(kinds) == most:
                return _told(kinds, names, mark, has_more=True)
            kinds.setdefault(mailbox_id, set()).add(row.kind)
            mark = mark._replace(part=mailbox_id)
        mark = Mark(row.modseq, max(mark.serial, _last_number(row.emails or "")))
    return _told(kinds, names, Mark(*mail_state(reading)) if is_all else mark, has_more=not is_all)


def _told(
    kinds: dict[int, set[int]], names: dict[str, MailboxId], mark: Mark, *, has_more: bool
) -> MailboxChanges:
    """From the kinds of rows that concern each mailbox."""
    there = set(names.values())
    made = {one for one, found in kinds.items() if ChangeKind.MAILBOX_CREATED in found}
    told = [MailboxId(one) for one in kinds]
    created = [one for one in told if one in there and one in made]
    updated = [one for one in told if one in there and one not in made]
    destroyed = [one for one in told if one not in there and one not in made]
    only_counts = all(kinds[one] <= _COUNTED for one in updated)
    return MailboxChanges(created, updated, destroyed, mark, has_more, only_counts)


def _last_number(text: str) -> int:
    ranges = parse_text(text)
    return ranges[-1][1] if ranges else 0


class _Spread:
    """Which mailboxes a row of the log concerns."""

    def __init__(self, reading: "Reading", names: dict[str, MailboxId]) -> None:
        self._reading = reading
        self._names = names
        self._emails_left = EMAILS_MAX

    def mailboxes_of(self, row: Row) -> list[int]:
        """Ascending."""
        if row.kind == ChangeKind.MAILBOX_CREATED:
            return [row.mailbox_id]
        if row.kind == ChangeKind.SUBSCRIPTION:
            found = self._names.get(row.name or "")
            return [] if found is None else [found]
        others = self._with_threads_of(row)
        return sorted({row.mailbox_id, *(self._names.values() if others is None else others)})

    def _with_threads_of(self, row: Row) -> list[int] | None:
        """Where the threads of the row's emails have emails; None: perhaps anywhere."""
        if row.kind == ChangeKind.MAILBOX_CHANGED:
            return None if row.name == TRASH_CHANGED else []
        items = islice(emails_of(self._reading, row, 0), self._emails_left + 1)
        serials = [item.serial for item in items if item.serial is not None]
        self._emails_left -= min(len(serials), self._emails_left)
        if not self._emails_left:
            return None
        threads = {thread for _, thread in rows_for(self._reading, EMAIL_CHANGES.threads_of, serials)}
        threads.update(thread for _, thread in json.loads(row.gone or "[]"))
        found = rows_for(self._reading, EMAIL_CHANGES.mailboxes_of_threads, list(threads))
        return [mailbox_id for (mailbox_id,) in found]
