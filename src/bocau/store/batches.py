"""Work on everything that matches a search, as rows: what is to be done, and how far it is (docs/jmap.md).

    waiting → running → done ──→ undoing → undone
        └─────────┴→ canceled ─┘

The emails are those that matched when the work was asked for. They lie in portions; each is done in one
transaction with the count of it, so work that was interrupted goes on where it was (`batchwork`).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.errors import LimitReached, NotPermitted
from bocau.base.ids import AccountId
from bocau.database import Queries, Sql
from bocau.store.apart import log_apart
from bocau.store.uidranges import ranges_of, text_of
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

BATCHES: Final = Queries("bocau.store", "sql/sqlite/batches.sql")
BELL: Final = "batch"
"""Rings when there is something to do."""
EMAILS_MAX: Final = 200_000
"""Emails of one batch."""
PORTION_EMAILS: Final = 1000
KEPT_SECONDS: Final = 7 * 86_400
"""How long a batch can be seen, and undone."""
SWEPT_AT_ONCE: Final = 20


class Status(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELED = "canceled"
    UNDOING = "undoing"
    UNDONE = "undone"


class Batch(NamedTuple):
    batch_id: int
    """The modseq of its creation."""
    work: str
    """JSON (see `batchwork`)."""
    total: int
    done: int
    failed: int
    status: Status
    created_at: int
    finished_at: int | None
    """None: there is something to do."""

    @property
    def destroys(self) -> bool:
        return self.work == "null"

    @property
    def can_undo(self) -> bool:
        """What destroys has no way back."""
        return self.status in (Status.DONE, Status.CANCELED) and not self.destroys and self.done > 0


def batches(reading: "Reading") -> list[Batch]:
    """All of the account, the oldest first."""
    return [_batch(row) for row in reading.sql.rows(BATCHES.batches, (reading.account_id,))]


def batch(reading: "Reading", batch_id: int) -> Batch | None:
    row = reading.sql.row(BATCHES.batch, (reading.account_id, batch_id))
    return None if row is None else _batch(row)


def _batch(row: tuple[object, ...]) -> Batch:
    found = Batch._make(row)
    return found._replace(status=Status(found.status))


def open_batches(sql: Sql, count: int) -> list[tuple[AccountId, int]]:
    """Where there is something to do: (account, batch)."""
    return sql.rows(BATCHES.open, (count,))


def add_batch(tx: "Writing", work: str, serials: Sequence[int]) -> Batch:
    """Keep new work on these emails, ascending; with none of them it is done. LimitReached: the account has
    work that is not finished."""
    if tx.sql.value(BATCHES.is_open, (tx.account_id,)):
        raise LimitReached("other work is not finished yet")
    batch_id = tx.modseq() + 1
    new = Batch(batch_id, work, len(serials), 0, 0, Status.WAITING, tx.job.now, None)
    if not serials:
        new = new._replace(status=Status.DONE, finished_at=tx.job.now)
    row = (tx.account_id, batch_id, work, new.total, new.status, new.created_at, new.finished_at)
    tx.sql.execute(BATCHES.insert, row)
    for number, start in enumerate(range(0, len(serials), PORTION_EMAILS)):
        text = text_of(ranges_of(serials[start : start + PORTION_EMAILS]))
        tx.sql.execute(BATCHES.insert_portion, (tx.account_id, batch_id, number, text))
    note(tx, batch_id)
    tx.job.bells.add(BELL)
    return new


def cancel(tx: "Writing", found: Batch) -> None:
    """Do no more of it. NotPermitted: there is nothing left to do."""
    if found.status not in (Status.WAITING, Status.RUNNING):
        raise NotPermitted("the work is not being done")
    progress(tx, found._replace(status=Status.CANCELED, finished_at=tx.job.now))
    note(tx, found.batch_id)


def undo(tx: "Writing", found: Batch) -> None:
    """Make all as it was. NotPermitted: it cannot be undone; LimitReached: the account has work that is not
    finished."""
    if not found.can_undo:
        raise NotPermitted("the work cannot be undone")
    if tx.sql.value(BATCHES.is_open, (tx.account_id,)):
        raise LimitReached("other work is not finished yet")
    progress(tx, found._replace(status=Status.UNDOING, finished_at=None))
    note(tx, found.batch_id)
    tx.job.bells.add(BELL)


def progress(tx: "Writing", now: Batch) -> None:
    """Keep how far it is."""
    values = (now.done, now.failed, now.status, now.finished_at, tx.account_id, now.batch_id)
    tx.sql.execute(BATCHES.set_progress, values)


def note(tx: "Writing", batch_id: int) -> None:
    """Let clients know."""
    log_apart(tx, ChangeKind.BATCH, str(batch_id))


def old_batches(sql: Sql, now: int) -> list[tuple[AccountId, int]]:
    """Finished so long ago that nobody asks any more."""
    return sql.rows(BATCHES.old, {"before": now - KEPT_SECONDS, "count": SWEPT_AT_ONCE})


def forget(tx: "Writing", batch_id: int) -> None:
    """Remove it."""
    for statement in (BATCHES.delete, BATCHES.delete_portions):
        tx.sql.execute(statement, (tx.account_id, batch_id))
    note(tx, batch_id)


def forget_account(tx: "Writing") -> None:
    """With the account."""
    for statement in (BATCHES.delete_account, BATCHES.delete_account_portions):
        tx.sql.execute(statement, (tx.account_id,))
