"""The answer that is sent while somebody is away, and who has had it (RFC 8621 §8)."""

from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.ids import AccountId
from bocau.database import Queries
from bocau.store.apart import log_apart
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

SENDING: Final = Queries("bocau.store", "sql/sqlite/sending.sql")
AGAIN_SECONDS: Final = 7 * 86_400
"""How long nobody is told twice (RFC 5230 §4.2)."""
TOLD_MAX: Final = 5000
"""People that one account answers in that time; more are not answered."""
SINGLETON: Final = "singleton"
BELL: Final = "vacation"
"""Rings when anybody's answer was switched on or off."""


class Vacation(NamedTuple):
    is_enabled: bool = False
    from_at: int | None = None
    """Unix seconds; None: from now on."""
    to_at: int | None = None
    subject: str | None = None
    text_body: str | None = None
    html_body: str | None = None


def vacation(tx: "Reading") -> Vacation:
    """What the account has set, or nothing."""
    row = tx.sql.row(SENDING.vacation, (tx.account_id,))
    return Vacation() if row is None else Vacation(bool(row[0]), *row[1:])


def set_vacation(tx: "Writing", new: Vacation) -> None:
    """Whoever has been told the old words may hear the new ones."""
    values = new._asdict() | {"account_id": tx.account_id, "is_enabled": int(new.is_enabled)}
    tx.sql.execute(SENDING.put_vacation, values)
    tx.sql.execute(SENDING.forget_told, (tx.account_id, tx.job.now))
    log_apart(tx, ChangeKind.VACATION, SINGLETON)
    tx.job.bells.add(BELL)


def answering(tx: "Reading") -> frozenset[AccountId]:
    """The accounts, of all, that have their answer switched on."""
    return frozenset(AccountId(account_id) for (account_id,) in tx.sql.rows(SENDING.answering))


def away(tx: "Reading", now: int) -> Vacation | None:
    """What to answer at this moment; None: nothing."""
    row = tx.sql.row(SENDING.away, {"account_id": tx.account_id, "now": now})
    return None if row is None else Vacation(True, *row[1:])


def has_told(tx: "Reading", sender: str, now: int) -> bool:
    """Whether `sender`, an address key, was told lately."""
    at: int | None = tx.sql.value(SENDING.told_at, (tx.account_id, sender))
    return at is not None and at > now - AGAIN_SECONDS


def tell(tx: "Writing", sender: str, now: int) -> bool:
    """Write down that `sender` is told now; False: it must not be, because it was or too many were."""
    if has_told(tx, sender, now):
        return False
    if tx.sql.value(SENDING.count_told, (tx.account_id,)) >= TOLD_MAX:
        tx.sql.execute(SENDING.forget_told, (tx.account_id, now - AGAIN_SECONDS))
        if tx.sql.value(SENDING.count_told, (tx.account_id,)) >= TOLD_MAX:
            return False
    tx.sql.execute(SENDING.put_told, (tx.account_id, sender, now))
    return True


def forget_account(tx: "Writing") -> None:
    """All of an account that goes."""
    for statement in (SENDING.forget_account_vacation, SENDING.forget_account_told):
        tx.sql.execute(statement, {"account_id": tx.account_id})
