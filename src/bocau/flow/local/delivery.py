"""Local delivery: one body, one blob, one write for everybody a message reaches; reports for whoever it does
not.

reached → stage → ┌ place all in one write ┐ → outcomes
                  └ some account refuses: leave it out, add a report, once more
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bocau.base.errors import Refused, StoreBusy
from bocau.base.ids import AccountId
from bocau.flow.local.answers import Answers
from bocau.flow.local.parcel import Parcel, PlacesFailed, place
from bocau.flow.local.reached import Reached
from bocau.flow.queue.intake import Intake
from bocau.flow.reports.local import failed_here, reached_here
from bocau.flow.reports.reporter import Reporter
from bocau.flow.values import Arrived, Outcome, Recipient
from bocau.formats.trace import return_path
from bocau.runtime.log import Log
from bocau.runtime.threads import in_thread
from bocau.store import BlobRef, MailStore, NewEmail, Writing
from bocau.store.email import new_email

PASSES_MAX: Final = 8
"""How often a delivery is written anew because one more account began to refuse meanwhile."""

AT_ONCE_BYTES_MAX: Final = 512 * 1024
"""Longer messages are hashed, scanned and staged in a thread: other sessions go on meanwhile."""

RECIPIENTS_PER_LINE: Final = 8
"""Of the log."""


class Placed(NamedTuple):
    """What a write places, for whoever writes alongside."""

    reached: Sequence[Reached]
    lost: Mapping[AccountId, Refused]

    def error(self, reached: Reached) -> Refused | None:
        """Why nothing at all took the mail of this recipient."""
        return _error(reached, self.lost)


Alongside = Callable[[Writing, Placed], None]


class Load(NamedTuple):
    """A message with its targets. `header` is our Received field; `content` comes below it, unchanged."""

    arrived: Arrived
    reached: Sequence[Reached]
    header: bytes
    content: bytes
    each_answers: bool = False
    """LMTP: every recipient gets its own reply, so that only lost members of a list are reported by mail."""
    alongside: Alongside | None = None
    """Written in the same transaction."""


@dataclass(slots=True)
class _Staged:
    blob: BlobRef
    skip_bytes: int
    email: NewEmail | None


class Delivery:
    """Places a message wherever its recipients lead, durably, in one write."""

    def __init__(
        self, store: MailStore, intake: Intake, reporter: Reporter, answers: Answers, log: Log
    ) -> None:
        self._store = store
        self._answers = answers
        self._intake = intake
        self._reporter = reporter
        self._log = log

    async def deliver(self, load: Load) -> list[Outcome]:
        """One outcome per recipient, in order. Raises StoreBusy, DiskFull."""
        lost: dict[AccountId, Refused] = {}
        staged: _Staged | None = None
        answers = self._answers.parcels(load.arrived, load.content, _accounts(load.reached, lost))
        for _ in range(PASSES_MAX):
            if not _reaches_anybody(load.reached, lost):
                return [Outcome(r.recipient, _error(r, lost)) for r in load.reached]
            staged = staged or await self._staged(load)
            try:
                parcels = self._parcels(load, staged, lost)
                parcels += [parcel for account, parcel in answers if account not in lost]
                await place(self._store, parcels, _alongside(load, lost))
            except PlacesFailed as exc:
                lost |= exc.failures
                continue
            return self._settled(load, lost)
        raise StoreBusy("accounts keep refusing one after the other")

    async def _staged(self, load: Load) -> _Staged:
        if len(load.content) > AT_ONCE_BYTES_MAX:
            return await in_thread(self._stage, load)
        return self._stage(load)

    def _stage(self, load: Load) -> _Staged:
        """The local copies and the queue share one blob; the queue skips the Return-Path at its head."""
        arrived = load.arrived
        if not any(r.accounts for r in load.reached):
            return _Staged(self._store.blobs.stage(load.header + load.content), 0, None)
        path = return_path(arrived.envelope.reverse_path)
        data = b"".join((path, load.header, load.content))
        blob = self._store.blobs.stage(data)
        return _Staged(blob, len(path), new_email(data, blob, int(arrived.arrived_at)))

    def _parcels(self, load: Load, staged: _Staged, lost: dict[AccountId, Refused]) -> list[Parcel]:
        accounts = _accounts(load.reached, lost)
        remote = [(r, address) for r in load.reached for address in r.remote]
        queued = None
        if remote:
            queued = self._intake.queued(load.arrived, remote, staged.blob, staged.skip_bytes)
        parcels = [Parcel(staged.email, accounts, queued)]
        if lost or any(r.error is not None or r.recipient.notify is not None for r in load.reached):
            parcels += self._reports(load, lost)
        return parcels

    def _reports(self, load: Load, lost: dict[AccountId, Refused]) -> Iterable[Parcel]:
        bounced = [
            (r, error)
            for r in load.reached
            for error in (_report_error(r, lost, load.each_answers),)
            if error is not None
        ]
        if bounced:
            yield from self._reporter.parcels(failed_here(load.arrived, load.content, bounced))
        confirmed = [r for r in load.reached if r.wants_success and _error(r, lost) is None]
        if confirmed:
            for notice in reached_here(load.arrived, load.content, confirmed):
                yield from self._reporter.parcels(notice)

    def _settled(self, load: Load, lost: dict[AccountId, Refused]) -> list[Outcome]:
        outcomes = []
        placed: list[Reached] = []
        for r in load.reached:
            error = _error(r, lost)
            if error is None:
                placed.append(r)
            else:
                self._note_error(load, r, error)
            outcomes.append(Outcome(r.recipient, error if load.each_answers else None))
        self._note(load.arrived, "delivered", [r.recipient for r in placed if r.accounts])
        self._note(load.arrived, "queued", [r.recipient for r in placed if r.remote])
        return outcomes

    def _note(self, arrived: Arrived, event: str, recipients: list[Recipient]) -> None:
        """The names of a few recipients fit on one line."""
        for start in range(0, len(recipients), RECIPIENTS_PER_LINE):
            some = recipients[start : start + RECIPIENTS_PER_LINE]
            self._log.info(event, id=arrived.trace_id, to=" ".join([str(r.address) for r in some]))

    def _note_error(self, load: Load, r: Reached, error: Refused) -> None:
        self._log.info(
            "refused" if load.each_answers else "bounced",
            id=load.arrived.trace_id,
            to=r.recipient.address,
            why=f"{type(error).__name__}: {error}",
        )


def _alongside(load: Load, lost: Mapping[AccountId, Refused]) -> Callable[[Writing], None] | None:
    write = load.alongside
    if write is None:
        return None
    placed = Placed(load.reached, dict(lost))
    return lambda tx: write(tx, placed)


def _accounts(reached: Sequence[Reached], lost: Mapping[AccountId, Refused]) -> tuple[AccountId, ...]:
    return tuple(dict.fromkeys(a for r in reached for a in r.accounts if a not in lost))


def _reaches_anybody(reached: Sequence[Reached], lost: Mapping[AccountId, Refused]) -> bool:
    return any(r.remote or any(a not in lost for a in r.accounts) for r in reached)


def _error(r: Reached, lost: Mapping[AccountId, Refused]) -> Refused | None:
    """Why nothing at all took the mail of this recipient; None when something did."""
    if r.error is not None:
        return r.error
    if r.remote or not r.accounts or any(a not in lost for a in r.accounts):
        return None
    return lost[r.accounts[0]]


def _report_error(r: Reached, lost: dict[AccountId, Refused], each_answers: bool) -> Refused | None:
    """What the sender must be told by mail, because no reply will tell it."""
    whole = _error(r, lost)
    if whole is not None:
        return None if each_answers else whole
    return next((lost[a] for a in r.accounts if a in lost), None)
