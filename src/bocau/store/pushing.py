"""Push subscriptions: where a client wants to be told of changes by HTTP (RFC 8620 §7.2)."""

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.errors import LimitReached
from bocau.base.ids import AccountId
from bocau.store.apart import log_apart
from bocau.store.uploads import UPLOADS
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

SUBSCRIPTIONS_MAX: Final = 20
"""Of one account: a telephone, a tablet, a desktop, and those that were forgotten."""


class PushSubscription(NamedTuple):
    subscription_id: int
    credential_id: int
    """The login that made it; it ends with that."""
    device_client_id: str
    url: str
    p256dh: bytes | None
    """RFC 8291 keys; None: not encrypted."""
    auth: bytes | None
    verification_code: str
    is_verified: bool
    types: tuple[str, ...] | None
    """None: all."""
    expires_at: int

    def __repr__(self) -> str:
        """Without its secrets: whoever knows the URL can push to the device."""
        return f"PushSubscription({self.subscription_id})"

    def wants(self, name: str) -> bool:
        return self.types is None or name in self.types


def push_subscriptions(reading: "Reading", now: int) -> list[PushSubscription]:
    """Those of the account that have not expired, oldest first."""
    rows = reading.sql.rows(UPLOADS.subscriptions, (reading.account_id, now))
    return [_subscription(row) for row in rows]


def _subscription(row: tuple[Any, ...]) -> PushSubscription:
    types = None if row[8] is None else tuple(json.loads(row[8]))
    return PushSubscription._make((*row[:7], bool(row[7]), types, row[9]))


def add_subscription(tx: "Writing", new: PushSubscription) -> int:
    """Keep a new one, whatever number it has; returns the one that it gets. LimitReached."""
    tx.sql.execute(UPLOADS.sweep_subscriptions, (tx.job.now,))
    if len(push_subscriptions(tx, tx.job.now)) >= SUBSCRIPTIONS_MAX:
        raise LimitReached(f"{SUBSCRIPTIONS_MAX} push subscriptions")
    row = (tx.account_id, new.credential_id, new.device_client_id, new.url, new.p256dh, new.auth)
    more = (new.verification_code, _types(new.types), new.expires_at)
    found: int = tx.sql.value(UPLOADS.insert_subscription, (*row, *more))
    log_apart(tx, ChangeKind.PUSH_SUBSCRIPTION, str(found))
    return found


def change_subscription(tx: "Writing", new: PushSubscription) -> None:
    """Write types, end and whether it is verified."""
    key = (tx.account_id, new.subscription_id)
    tx.sql.execute(UPLOADS.change_subscription, (_types(new.types), new.expires_at, *key))
    if new.is_verified:
        tx.sql.execute(UPLOADS.verify_subscription, key)
    log_apart(tx, ChangeKind.PUSH_SUBSCRIPTION, str(new.subscription_id))


def remove_subscription(tx: "Writing", subscription_id: int) -> None:
    tx.sql.execute(UPLOADS.remove_subscription, (tx.account_id, subscription_id))
    log_apart(tx, ChangeKind.PUSH_SUBSCRIPTION, str(subscription_id))


def subscribers(reading: "Reading", now: int) -> dict[AccountId, int]:
    """The modseq of each account that anybody subscribes to."""
    return {AccountId(account): modseq for account, modseq in reading.sql.rows(UPLOADS.subscribers, (now,))}


def _types(types: tuple[str, ...] | None) -> str | None:
    return None if types is None else json.dumps(types)
