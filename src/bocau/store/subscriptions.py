"""The list of names a user wants to see (RFC 9051 §6.3.7, §6.3.8): names, not mailboxes. A name may be on it
that leads nowhere; DELETE and RENAME leave the list as it is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bocau.base.errors import BadName, LimitReached
from bocau.base.ids import MailboxId
from bocau.database import Queries
from bocau.store.names import checked_name
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

SUBSCRIPTIONS: Final = Queries("bocau.store", "sql/sqlite/subscriptions.sql")
SUBSCRIPTIONS_MAX: Final = 20_000
NO_MAILBOX: Final = MailboxId(0)


def subscriptions(tx: "Reading") -> list[str]:
    """See Reading.subscriptions."""
    return [name for (name,) in tx.sql.rows(SUBSCRIPTIONS.subscriptions, (tx.account_id,))]


def begin(tx: "Writing", names: Sequence[str]) -> None:
    """The list of a new account, which nobody has seen yet: nothing is logged."""
    for name in names:
        tx.sql.execute(SUBSCRIPTIONS.subscribe, (tx.account_id, name))


def subscribe(tx: "Writing", name: str) -> None:
    """See Writing.subscribe."""
    name = checked_name(name)
    if tx.sql.value(SUBSCRIPTIONS.count, (tx.account_id,)) >= SUBSCRIPTIONS_MAX:
        raise LimitReached(f"an account may have {SUBSCRIPTIONS_MAX} subscriptions")
    tx.sql.execute(SUBSCRIPTIONS.subscribe, (tx.account_id, name))
    _log(tx, name)


def unsubscribe(tx: "Writing", name: str) -> None:
    """See Writing.subscribe."""
    try:
        name = checked_name(name)
    except BadName:
        return
    tx.sql.execute(SUBSCRIPTIONS.unsubscribe, (tx.account_id, name))
    _log(tx, name)


def forget_account(tx: "Writing") -> None:
    """All of an account that goes."""
    tx.sql.execute(SUBSCRIPTIONS.forget, (tx.account_id,))


def _log(tx: "Writing", name: str) -> None:
    if tx.sql.changed_rows:
        tx.log(tx.next_modseq(), ChangeKind.SUBSCRIPTION, NO_MAILBOX, name=name)
