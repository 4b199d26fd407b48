"""Changes that do not concern mail: a row of the change log for each object that came, changed or went
(RFC 8620 §5.2).

The state of such a type is the modseq of its last row. Whoever asks what has changed looks for the objects
itself: what is not there any more was destroyed.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.ids import MailboxId
from bocau.database import Queries
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

APART: Final = Queries("bocau.store", "sql/sqlite/apart.sql")
NO_MAILBOX: Final = MailboxId(0)
ROWS_MAX: Final = 10_000
"""Rows that one question reads."""


class ChangesApart(NamedTuple):
    """The objects that rows after a state name, each once, in the order of their last row."""

    names: list[str]
    state: int
    """How far this leads."""
    has_more: bool


def log_apart(tx: "Writing", kind: ChangeKind, name: str) -> int:
    """Write down that the object came, changed or went; returns the modseq."""
    modseq = tx.next_modseq()
    tx.log(modseq, kind, NO_MAILBOX, name=name)
    return modseq


def last_change(reading: "Reading", kind: ChangeKind) -> int:
    """The state: the modseq of the last row of this kind; 0 when there is none."""
    found: int | None = reading.sql.value(APART.last, (reading.account_id, int(kind)))
    return found or 0


def changes_apart(reading: "Reading", kind: ChangeKind, since: int, limit: int | None = None) -> ChangesApart:
    """What happened after `since`, at most `limit` objects."""
    rows = reading.sql.rows(APART.after, (reading.account_id, int(kind), since, ROWS_MAX + 1))
    has_more = len(rows) > ROWS_MAX
    names: dict[str, None] = {}
    state = since
    for modseq, name in rows[:ROWS_MAX]:
        if name not in names and limit is not None and len(names) >= limit:
            has_more = True
            break
        names.pop(name, None)
        names[name] = None
        state = modseq
    return ChangesApart(list(names), state, has_more)
