"""What has been handed in for sending (RFC 8621 §7): held until its time, then in the outgoing queue or
delivered, and for a while what became of it.

    add ─ pending ─┬─ end "final"      by the sender, in the transaction that queues and delivers it
                   └─ end "canceled"   by its owner
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.errors import LimitReached
from bocau.base.ids import AccountId, QueueId
from bocau.database import Queries, Sql
from bocau.store.apart import log_apart
from bocau.store.blobs import BlobRef
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

SENDING: Final = Queries("bocau.store", "sql/sqlite/sending.sql")
BELL: Final = "held"
"""Rung when something waits for its time."""
PENDING_MAX: Final = 1000
"""Submissions of one account that wait."""
DONE_MAX: Final = 5000
"""Submissions of one account that are kept when they are done."""
DONE_SECONDS: Final = 30 * 86_400
PRUNED_AT_ONCE: Final = 5
REPORTS_MAX: Final = 100
"""Reports that are kept with one submission."""

PENDING: Final = "pending"
FINAL: Final = "final"
CANCELED: Final = "canceled"

Delivery = dict[str, dict[str, str]]
"""DeliveryStatus objects by recipient (RFC 8621 §7)."""


class Submission(NamedTuple):
    submission_id: int
    identity_id: int
    email_id: int
    thread_id: int
    envelope: dict[str, Any]
    """As in RFC 8621 §7: {mailFrom, rcptTo}."""
    send_at: int
    undo_status: str
    queue_id: QueueId | None
    delivery: Delivery
    message_id: str | None = None
    """Of what is sent."""
    reports: tuple[tuple[str, int], ...] = ()
    """(kind, email id) of what has come back, the oldest first."""
    made_modseq: int = 0
    """Of its creation."""
    created_at: int = 0
    account_id: AccountId = AccountId(0)


class Outline(NamedTuple):
    submission_id: int
    identity_id: int
    email_id: int
    thread_id: int
    send_at: int
    undo_status: str


def submission(tx: "Reading", submission_id: int) -> Submission | None:
    key = {"account_id": tx.account_id, "submission_id": submission_id}
    row = tx.sql.row(SENDING.submission, key)
    return None if row is None else _submission(row)


def submissions(tx: "Reading") -> list[Submission]:
    """All of the account, the oldest first; bounded by PENDING_MAX and DONE_MAX."""
    return [_submission(row) for row in tx.sql.rows(SENDING.submissions, {"account_id": tx.account_id})]


def outlines(tx: "Reading") -> list[Outline]:
    """What lists are made of: all of the account, the oldest first."""
    return [Outline._make(row) for row in tx.sql.rows(SENDING.outlines, (tx.account_id,))]


def add(tx: "Writing", new: Submission, body: BlobRef | None = None) -> Submission:
    """Keep a new submission; `body` is what will be sent, of one that waits. LimitReached."""
    if new.undo_status == PENDING:
        if tx.sql.value(SENDING.count_pending, (tx.account_id,)) >= PENDING_MAX:
            raise LimitReached(f"{PENDING_MAX} messages wait for their time already")
        tx.job.bells.add(BELL)
    submission_id: int = tx.sql.value(SENDING.insert_submission, _values(tx, new))
    made = log_apart(tx, ChangeKind.SUBMISSION, str(submission_id))
    tx.sql.execute(SENDING.set_made, (made, submission_id))
    if body is not None:
        tx.job.check_blob(body)
        tx.sql.execute(SENDING.insert_body, (submission_id, *body))
    _prune(tx)
    return new._replace(submission_id=submission_id, made_modseq=made)


def _values(tx: "Writing", new: Submission) -> dict[str, Any]:
    return new._asdict() | {
        "account_id": tx.account_id,
        "envelope": json.dumps(new.envelope),
        "delivery": json.dumps(new.delivery),
        "reports": "[]",
    }


def held_body(tx: "Reading", submission_id: int) -> BlobRef | None:
    """What will be sent."""
    row = tx.sql.row(SENDING.body, (submission_id,))
    return None if row is None else BlobRef._make(row)


def end(
    tx: "Writing",
    submission_id: int,
    undo_status: str,
    *,
    queue_id: QueueId | None = None,
    delivery: Delivery | None = None,
) -> bool:
    """It waits no more; False, and nothing is changed, when it did not wait."""
    values = {
        "account_id": tx.account_id,
        "submission_id": submission_id,
        "undo_status": undo_status,
        "queue_id": queue_id,
        "delivery": json.dumps(delivery or {}),
    }
    tx.sql.execute(SENDING.end_submission, values)
    if not tx.sql.changed_rows:
        return False
    tx.sql.execute(SENDING.delete_body, (submission_id,))
    log_apart(tx, ChangeKind.SUBMISSION, str(submission_id))
    return True


def remove(tx: "Writing", submission_id: int) -> bool:
    """Forget one that is done; False: it is not there, or waits."""
    found = submission(tx, submission_id)
    if found is None or found.undo_status == PENDING:
        return False
    tx.sql.execute(SENDING.delete_submission, (tx.account_id, submission_id))
    log_apart(tx, ChangeKind.SUBMISSION, str(submission_id))
    return True


def _prune(tx: "Writing") -> None:
    """Forget the oldest, a few with each new one."""
    excess = tx.sql.value(SENDING.count_submissions, (tx.account_id,)) - DONE_MAX - PENDING_MAX
    before = tx.job.now - DONE_SECONDS
    oldest = tx.sql.rows(SENDING.oldest_done, (tx.account_id, PRUNED_AT_ONCE))
    for number, (submission_id, created_at) in enumerate(oldest):
        if created_at < before or number < excess:
            remove(tx, submission_id)


def forget_account(tx: "Writing") -> None:
    """All of an account that goes."""
    for statement in (SENDING.forget_account_bodies, SENDING.forget_account_submissions):
        tx.sql.execute(statement, {"account_id": tx.account_id})


# --- what comes back ----------------------------------------------------------------


def note_report(tx: "Writing", kind: str, message_id: str, email_id: int) -> None:
    """A report on a message has come, as this email; nothing happens when no submission sent it."""
    row = tx.sql.row(SENDING.of_message, (tx.account_id, message_id))
    if row is None:
        return
    reports = json.loads(row[1])
    if len(reports) < REPORTS_MAX:
        tx.sql.execute(SENDING.set_reports, (json.dumps([*reports, [kind, email_id]]), row[0]))
        log_apart(tx, ChangeKind.SUBMISSION, str(row[0]))


# --- for the sender ------------------------------------------------------------------


def next_due_at(sql: Sql, after: int) -> int | None:
    """When the next one of all accounts is due, later than this."""
    found: int | None = sql.value(SENDING.next_due_at, (after,))
    return found


def due(sql: Sql, now: int, limit: int) -> list[Submission]:
    """Those of all accounts whose time has come, the longest waiting first."""
    return [_submission(row) for row in sql.rows(SENDING.due, {"now": now, "limit": limit})]


def of_queue(sql: Sql, queue_id: QueueId) -> tuple[int, AccountId, Delivery] | None:
    """(id, account, delivery) of the submission that this message of the queue was made by."""
    row = sql.row(SENDING.submission_of_queue, (queue_id,))
    return None if row is None else (row[0], AccountId(row[1]), json.loads(row[2]))


def set_delivery(tx: "Writing", submission_id: int, delivery: Mapping[str, dict[str, str]]) -> None:
    """What is known now of each recipient."""
    tx.sql.execute(SENDING.set_delivery, (json.dumps(delivery), submission_id))
    log_apart(tx, ChangeKind.SUBMISSION, str(submission_id))


def _submission(row: tuple[Any, ...]) -> Submission:
    values = list(row)
    values[4], values[8] = json.loads(row[4]), json.loads(row[8])
    values[10] = tuple((kind, email_id) for kind, email_id in json.loads(row[10]))
    return Submission._make(values)
