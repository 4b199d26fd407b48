"""The outgoing queue inside the store: messages that wait for other servers, a row per recipient.

    add → WAITING → lease → LEASED → settle → DELIVERED | BOUNCED | WAITING (later)      hold ⇄ HELD

A message leaves the queue in the transaction that settles its last open recipient. Used as `tx.queue` inside
store
jobs; `touched` tells the store to ring "queue". See docs/decisions/0005.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from bocau.base.ids import AccountId, QueueId
from bocau.database import Queries, Sql
from bocau.store.blobs import BlobRef

QUERIES: Final = Queries("bocau.store", "sql/sqlite/queue.sql")
REPLY_CHARACTERS_MAX: Final = 2000
"""How much of a server's last words is kept with a recipient."""
AT_ONCE: Final = 0
"""A `next_attempt_at` in the distant past: an administrator wants it tried now, even at a host believed
dead."""


class RecipientStatus(IntEnum):
    WAITING = 0
    LEASED = 1
    """An attempt is under way."""
    DELIVERED = 2
    HELD = 3
    BOUNCED = 4


OPEN: Final = frozenset((RecipientStatus.WAITING, RecipientStatus.LEASED, RecipientStatus.HELD))


@dataclass(frozen=True, slots=True)
class NewQueuedRecipient:
    address: str
    domain: str
    destination: str
    """What shares connections and their limit: the domain, or the route it takes."""
    orcpt: str | None = None
    notify: str | None = None
    """As on the wire, "SUCCESS,FAILURE"; None: not said."""


@dataclass(frozen=True, slots=True)
class NewQueued:
    """A message for the queue. The blob is staged before the job runs; times are Unix seconds."""

    trace_id: str
    blob: BlobRef
    skip_bytes: int
    """Leading bytes of the blob that are not sent: the Return-Path of the local copies that share it."""
    reverse_path: str
    """"" for the null reverse-path."""
    recipients: tuple[NewQueuedRecipient, ...]
    body_type: str
    smtputf8: bool
    created_at: int
    expires_at: int
    warn_at: int | None
    account_id: AccountId | None = None
    envid: str | None = None
    ret: str | None = None


@dataclass(frozen=True, slots=True)
class QueuedRecipient:
    number: int
    address: str
    orcpt: str | None
    notify: str | None
    domain: str
    destination: str
    status: RecipientStatus
    attempts: int
    next_attempt_at: int
    last_attempt_at: int | None
    last_reply: str

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    queue_id: QueueId
    trace_id: str
    account_id: AccountId | None
    blob: BlobRef
    skip_bytes: int
    reverse_path: str
    envid: str | None
    ret: str | None
    body_type: str
    smtputf8: bool
    created_at: int
    expires_at: int
    warn_at: int | None
    is_held: bool
    recipients: tuple[QueuedRecipient, ...]

    @property
    def size_bytes(self) -> int:
        return self.blob.length - self.skip_bytes

    @property
    def is_leased(self) -> bool:
        """Whether some recipient is being tried."""
        return any(r.status is RecipientStatus.LEASED for r in self.recipients)


@dataclass(frozen=True, slots=True)
class QueuedSummary:
    """A line of the queue's listing."""

    queue_id: QueueId
    trace_id: str
    reverse_path: str
    size_bytes: int
    created_at: int
    expires_at: int
    is_held: bool
    next_attempt_at: int
    last_attempt_at: int | None
    recipient_count: int
    first_recipient: str
    last_reply: str


@dataclass(frozen=True, slots=True)
class QueueCounts:
    message_count: int
    held_count: int
    size_bytes: int
    oldest_at: int | None
    waiting_recipients: int
    leased_recipients: int
    due_recipients: int


@dataclass(frozen=True, slots=True)
class Lease:
    """Recipients of one message that go to one destination in one attempt."""

    message: QueuedMessage
    numbers: tuple[int, ...]
    is_forced: bool
    """Asked for by an administrator: do not spare a host believed dead."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one recipient of a leased message goes on. `next_attempt_at` only with WAITING."""

    number: int
    status: RecipientStatus
    reply: str
    next_attempt_at: int = 0
    is_attempted: bool = True
    """False: nothing was tried (the runner stopped, the host was spared), so it does not count as an
    attempt."""


class QueueReading:
    """The queue in one snapshot."""

    def __init__(self, sql: Sql) -> None:
        self.sql = sql

    def list(self, *, after: int = 0, limit: int = 1000) -> Sequence[QueuedSummary]:
        """Messages with open recipients, by queue id above `after`."""
        rows = self.sql.rows(QUERIES.list_messages, {"after": after, "limit": limit})
        return [_summary(row) for row in rows]

    def show(self, queue_id: QueueId) -> QueuedMessage | None:
        """The message with every recipient, also the settled ones; None when it is not (or no longer)
        here."""
        row = self.sql.row(QUERIES.select_message, (queue_id,))
        if row is None:
            return None
        recipients = tuple(map(_recipient, self.sql.rows(QUERIES.select_recipients, (queue_id,))))
        return _message(row, recipients)

    def counts(self, now: int) -> QueueCounts:
        messages, held, size, oldest = self._row(QUERIES.count_messages)
        waiting, leased, due = self._row(QUERIES.count_recipients, {"now": now})
        return QueueCounts(messages, held, size, oldest, waiting, leased, due)

    def due(self, since: int, now: int) -> set[str]:
        """Destinations with recipients due in `since`..`now`, and those to be tried AT_ONCE."""
        rows = self.sql.rows(QUERIES.due_destinations, {"since": since, "now": now})
        if since > AT_ONCE:
            rows += self.sql.rows(QUERIES.due_destinations, {"since": AT_ONCE, "now": AT_ONCE})
        return {destination for (destination,) in rows}

    def next_event_at(self, now: int) -> int | None:
        """When the next attempt, delay notice or expiry after `now` falls due."""
        times = [
            self.sql.value(statement, {"now": now})
            for statement in (QUERIES.next_attempt_at, QUERIES.next_expiry_at, QUERIES.next_warning_at)
        ]
        return min((at for at in times if at is not None), default=None)

    def expired(self, now: int, limit: int) -> Sequence[QueueId]:
        """Messages whose time is up, the oldest first."""
        return [QueueId(i) for (i,) in self.sql.rows(QUERIES.expired, {"now": now, "limit": limit})]

    def late(self, now: int, limit: int) -> Sequence[QueueId]:
        """Messages whose sender is to be told of the delay."""
        return [QueueId(i) for (i,) in self.sql.rows(QUERIES.late, {"now": now, "limit": limit})]

    def destinations(self) -> Sequence[tuple[str, str]]:
        """Every (destination, domain) that has open recipients."""
        return [(destination, domain) for destination, domain in self.sql.rows(QUERIES.destinations)]

    def submitted(self, account_id: AccountId, hour: int) -> tuple[int, int]:
        """(messages of this hour, recipients of the last 24 hours) that an account has submitted."""
        messages, recipients = self._row(QUERIES.submitted, {"account_id": account_id, "hour": hour})
        return messages, recipients

    def _row(self, statement: str, parameters: Any = ()) -> tuple[Any, ...]:
        row = self.sql.row(statement, parameters)
        assert row is not None
        return row


class QueueWriting(QueueReading):
    """The queue in one write transaction."""

    touched: bool = False
    """Set by what may make something due: the store rings "queue" after the commit. Leases and settlements
    do not
    ring: only the runner itself makes them."""

    def __init__(self, sql: Sql) -> None:
        super().__init__(sql)
        self.added: dict[str, QueueId] = {}
        """By trace id: what this job has queued so far."""

    def add(self, new: NewQueued) -> QueueId:
        """Queue a message; every recipient is due at `created_at`."""
        self.touched = True
        blob = new.blob
        queue_id = self.sql.value(
            QUERIES.insert_message,
            {
                "trace_id": new.trace_id,
                "account_id": new.account_id,
                "pack": blob.pack,
                "offset": blob.offset,
                "length": blob.length,
                "sha256": blob.sha256,
                "skip_bytes": new.skip_bytes,
                "reverse_path": new.reverse_path,
                "envid": new.envid,
                "ret": new.ret,
                "body_type": new.body_type,
                "smtputf8": int(new.smtputf8),
                "created_at": new.created_at,
                "expires_at": new.expires_at,
                "warn_at": new.warn_at,
            },
        )
        self.sql.many(
            QUERIES.insert_recipient,
            [
                (queue_id, number, r.address, r.orcpt, r.notify, r.domain, r.destination, new.created_at)
                for number, r in enumerate(new.recipients)
            ],
        )
        self.added[new.trace_id] = QueueId(queue_id)
        return QueueId(queue_id)

    def lease(
        self, destination: str, now: int, until: int, *, messages: int, recipients: int
    ) -> Sequence[Lease]:
        """Take up to `messages` messages due for one destination, each with up to `recipients` of its
        recipients."""
        rows = self.sql.rows(
            QUERIES.due_of_destination, {"destination": destination, "now": now, "limit": messages * 4}
        )
        ids = list(dict.fromkeys(row[0] for row in rows))[:messages]
        forced = {row[0] for row in rows if row[2] == AT_ONCE}
        return [self._lease(i, destination, now, until, recipients, i in forced) for i in ids]

    def _lease(
        self, queue_id: QueueId, destination: str, now: int, until: int, limit: int, is_forced: bool
    ) -> Lease:
        due = {"queue_id": queue_id, "destination": destination, "now": now, "limit": limit}
        numbers = tuple(number for (number,) in self.sql.rows(QUERIES.due_of_message, due))
        self.sql.many(
            QUERIES.lease, [{"leased_until": until, "queue_id": queue_id, "number": n} for n in numbers]
        )
        message = self.show(queue_id)
        assert message is not None
        return Lease(message, numbers, is_forced)

    def free_leases(self, until: int) -> int:
        """Give back what a runner that is gone had leased up to `until`; returns how many recipients."""
        self.sql.execute(QUERIES.free_leases, {"until": until})
        return self.sql.changed_rows

    def settle(self, queue_id: QueueId, settlements: Sequence[Settlement], now: int) -> bool:
        """Write down how recipients go on; removes the message with its last open one. Returns whether it is
        gone.

        What an administrator dropped meanwhile is left alone."""
        for s in settlements:
            values: dict[str, Any] = {
                "queue_id": queue_id,
                "number": s.number,
                "now": now,
                "reply": s.reply[:REPLY_CHARACTERS_MAX],
            }
            if s.status is RecipientStatus.WAITING:
                values |= {"next_attempt_at": s.next_attempt_at, "attempted": int(s.is_attempted)}
                self.sql.execute(QUERIES.settle_waiting, values)
            else:
                self.sql.execute(QUERIES.settle_final, values | {"status": int(s.status)})
        if self.sql.value(QUERIES.count_open, (queue_id,)):
            return False
        return self.drop(queue_id)

    def clear_warning(self, queue_id: QueueId) -> None:
        """The sender has been told of the delay, or need not be."""
        self.sql.execute(QUERIES.clear_warning, (queue_id,))

    def hold(self, queue_id: QueueId) -> bool:
        """Keep it from being tried and from expiring; False when it is not here or held already."""
        return self._set_held(queue_id, True, QUERIES.hold_recipients)

    def release(self, queue_id: QueueId) -> bool:
        """Let a held message go on, at once."""
        return self._set_held(queue_id, False, QUERIES.release_recipients)

    def _set_held(self, queue_id: QueueId, is_held: bool, statement: str) -> bool:
        self.sql.execute(QUERIES.set_held, {"queue_id": queue_id, "is_held": int(is_held)})
        if not self.sql.changed_rows:
            return False
        self.touched = True
        self.sql.execute(statement, (queue_id,))
        return True

    def retry_now(self, queue_id: QueueId | None = None) -> int:
        """Make waiting recipients (of one message, or all) due at once; returns how many."""
        self.touched = True
        if queue_id is None:
            self.sql.execute(QUERIES.retry_all)
        else:
            self.sql.execute(QUERIES.retry_now, (queue_id,))
        return self.sql.changed_rows

    def drop(self, queue_id: QueueId) -> bool:
        """Remove a message with its recipients, whatever their state; False when it is not here."""
        self.sql.execute(QUERIES.delete_recipients, (queue_id,))
        self.sql.execute(QUERIES.delete_message, (queue_id,))
        return self.sql.changed_rows > 0

    def regroup(self, domain: str, destination: str) -> None:
        """The routes changed: send what waits for `domain` by another destination."""
        self.touched = True
        self.sql.execute(QUERIES.set_destination, {"domain": domain, "destination": destination})

    def count_submission(self, account_id: AccountId, hour: int, recipients: int) -> None:
        """Add one submitted message to the account's count of this hour."""
        self.sql.execute(
            QUERIES.count_submission, {"account_id": account_id, "hour": hour, "recipients": recipients}
        )

    def forget_submissions(self, hour: int) -> None:
        """Drop counts that no limit looks at any more."""
        self.sql.execute(QUERIES.forget_submissions, {"hour": hour})


def _message(row: tuple[Any, ...], recipients: tuple[QueuedRecipient, ...]) -> QueuedMessage:
    return QueuedMessage(
        queue_id=QueueId(row[0]),
        trace_id=row[1],
        account_id=row[2],
        blob=BlobRef(row[3], row[4], row[5], row[6]),
        skip_bytes=row[7],
        reverse_path=row[8],
        envid=row[9],
        ret=row[10],
        body_type=row[11],
        smtputf8=bool(row[12]),
        created_at=row[13],
        expires_at=row[14],
        warn_at=row[15],
        is_held=bool(row[16]),
        recipients=recipients,
    )


def _recipient(row: tuple[Any, ...]) -> QueuedRecipient:
    values = list(row)
    values[6] = RecipientStatus(row[6])
    return QueuedRecipient(*values)


def _summary(row: tuple[Any, ...]) -> QueuedSummary:
    values = list(row)
    values[6] = bool(row[6])
    values[11] = row[11] or ""
    return QueuedSummary(*values)
