"""How much one account may submit: messages an hour, recipients a day, counted in the database over all
processes."""

from typing import Final

from bocau.base.errors import LimitReached
from bocau.base.ids import AccountId
from bocau.flow.settings import FlowSettings
from bocau.store import Reading, Writing

HOUR_SECONDS: Final = 3600


def check(
    tx: Reading, account_id: AccountId, now: float, settings: FlowSettings, recipients: int = 1
) -> None:
    """LimitReached when `recipients` more would be too many."""
    messages, sent_to = tx.queue.submitted(account_id, int(now) // HOUR_SECONDS)
    if messages >= settings.messages_per_hour:
        raise LimitReached(f"{settings.messages_per_hour} messages in an hour are the limit")
    if sent_to + recipients > settings.recipients_per_day:
        raise LimitReached(f"{settings.recipients_per_day} recipients in a day are the limit")


def count(tx: Writing, account_id: AccountId, now: float, settings: FlowSettings, recipients: int) -> None:
    """Check and count one message in the transaction that takes it. LimitReached."""
    check(tx, account_id, now, settings, recipients)
    tx.queue.count_submission(account_id, int(now) // HOUR_SECONDS, recipients)
