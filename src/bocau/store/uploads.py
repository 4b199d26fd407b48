"""Bodies that a client hands in for later use (RFC 8620 §6.1): waiting a day, within a budget."""

from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.errors import OverQuota
from bocau.database import Queries
from bocau.store.blobs import BlobRef

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

UPLOADS: Final = Queries("bocau.store", "sql/sqlite/uploads.sql")
WAITING_BYTES_MAX: Final = 512 * 1024 * 1024
"""Of one account."""
WAITING_MAX: Final = 2000
KEPT_SECONDS: Final = 24 * 3600
KEPT_LEAST_SECONDS: Final = 3600
"""RFC 8620 §6.1: no upload is given up for another one within an hour, as long as there is room."""
SWEEP_ROWS: Final = 500


class Upload(NamedTuple):
    upload_id: int
    type: str
    """Media type, as the client said."""
    blob: BlobRef
    created_at: int


def upload(reading: "Reading", upload_id: int) -> Upload | None:
    """An upload of this account; None when there is none."""
    row = reading.sql.row(UPLOADS.upload, (upload_id, reading.account_id))
    return None if row is None else Upload(row[0], row[1], BlobRef._make(row[2:6]), row[6])


def add_upload(tx: "Writing", kind: str, blob: BlobRef) -> Upload:
    """Keep a staged body; older ones make room. OverQuota when that is not enough."""
    tx.job.check_blob(blob)
    _make_room(tx, blob.length)
    now = tx.job.now
    upload_id = tx.sql.value(UPLOADS.insert_upload, (tx.account_id, kind, *blob, now))
    return Upload(upload_id, kind, blob, now)


def check_room(reading: "Reading", size: int, now: int) -> None:
    """Before a body is staged: one that is refused then lies in a pack until the next sweep. OverQuota."""
    _given_up(reading, size, now)


def _make_room(tx: "Writing", size: int) -> None:
    for upload_id in _given_up(tx, size, tx.job.now):
        tx.sql.execute(UPLOADS.remove_upload, (upload_id,))


def _given_up(reading: "Reading", size: int, now: int) -> list[int]:
    """Which older uploads make room for one of this size. OverQuota."""
    count, used = reading.sql.row(UPLOADS.waiting, (reading.account_id,)) or (0, 0)
    given_up: list[int] = []
    if _fits(count, used, size):
        return given_up
    row = (reading.account_id, now - KEPT_LEAST_SECONDS, SWEEP_ROWS)
    for upload_id, length in reading.sql.rows(UPLOADS.oldest, row):
        given_up.append(upload_id)
        count, used = count - 1, used - length
        if _fits(count, used, size):
            return given_up
    raise OverQuota(f"{count} uploads of {used} bytes are waiting to be used")


def _fits(count: int, used: int, size: int) -> bool:
    return count < WAITING_MAX and used + size <= WAITING_BYTES_MAX


def sweep_uploads(tx: "Writing") -> int:
    """Let a portion of what is old enough go, of all accounts; returns how many."""
    tx.sql.execute(UPLOADS.sweep, (tx.job.now - KEPT_SECONDS, SWEEP_ROWS))
    return tx.sql.changed_rows


def forget_account(tx: "Writing") -> None:
    """All uploads and push subscriptions of an account that goes."""
    tx.sql.execute(UPLOADS.forget_uploads, (tx.account_id,))
    tx.sql.execute(UPLOADS.forget_subscriptions, (tx.account_id,))


__all__ = ["UPLOADS", "Upload", "add_upload", "check_room", "forget_account", "sweep_uploads", "upload"]
