"""A body with everybody who gets it, and the one job that places parcels: mailboxes here, the queue for
elsewhere."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from bocau.base.errors import Refused
from bocau.base.ids import AccountId
from bocau.flow.local.returned import note_report
from bocau.store import MailStore, NewEmail, Writing
from bocau.store.queue import NewQueued

REPORT_MARK: Final = b'"report"'
"""In the structure of every report (RFC 6522)."""
NO_ACCOUNT = AccountId(0)


class Parcel(NamedTuple):
    """What one write places. The blob is staged."""

    email: NewEmail | None
    """For the accounts; None when there are none."""
    accounts: tuple[AccountId, ...]
    queued: NewQueued | None = None
    is_report: bool = False
    """Reports are small and must not get lost: they do not ask for the quota."""
    is_wanted: Callable[[Writing], bool] | None = None
    """Asked in the transaction; when it says no, the parcel is left out."""


class PlacesFailed(Exception):
    """Some accounts took nothing; the write was rolled back as a whole."""

    def __init__(self, failures: dict[AccountId, Refused]) -> None:
        super().__init__("not every account takes the message")
        self.failures = failures


async def place(
    store: MailStore, parcels: Sequence[Parcel], alongside: Callable[[Writing], None] | None = None
) -> None:
    """Write all parcels, and what `alongside` does, in one transaction. Raises PlacesFailed, StoreBusy,
    DiskFull."""
    account = next((account for parcel in parcels for account in parcel.accounts), NO_ACCOUNT)

    def job(tx: Writing) -> None:
        put(tx, parcels)
        if alongside is not None:
            alongside(tx)

    await store.write(account, job)


def put(tx: Writing, parcels: Iterable[Parcel]) -> None:
    """The same inside a job. Raises PlacesFailed."""
    failures: dict[AccountId, Refused] = {}
    for parcel in parcels:
        if parcel.is_wanted is not None and not parcel.is_wanted(tx):
            continue
        for account in parcel.accounts:
            try:
                _deliver(tx if account == tx.account_id else tx.of(account), parcel)
            except Refused as exc:
                if not parcel.is_report:
                    failures[account] = exc
        if parcel.queued is not None:
            tx.job.check_blob(parcel.queued.blob)
            tx.queue.add(parcel.queued)
    if failures:
        raise PlacesFailed(failures)


def _deliver(tx: Writing, parcel: Parcel) -> None:
    assert parcel.email is not None
    if not parcel.is_report:
        tx.enforce_quota(parcel.email.size_bytes)
    _, email_id = tx.add(tx.inbox_id(), parcel.email)
    if REPORT_MARK in parcel.email.body_structure:
        note_report(tx, email_id, parcel.email)
