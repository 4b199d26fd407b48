"""What an administrator does with the queue: plain verbs over store jobs, for the CLI and the admin API."""

from collections.abc import Sequence

from bocau.base.errors import NoSuchMessage
from bocau.base.ids import QueueId
from bocau.flow.local.parcel import NO_ACCOUNT
from bocau.flow.outbound.verdict import Fate, Verdict
from bocau.flow.queue.conclusion import Conclusion, conclude
from bocau.flow.queue.fates import note_dropped
from bocau.flow.queue.settling import Settling
from bocau.store import MailStore, Writing
from bocau.store.queue import QueuedMessage, QueuedSummary

DROPPED_STATUS = "5.7.1"
DROPPED_WORDS = "the administrator of this server has taken the message back"


def list_queue(store: MailStore, *, after: int = 0, limit: int = 1000) -> Sequence[QueuedSummary]:
    """A page of what waits, by queue id above `after`."""
    return store.glance(NO_ACCOUNT, lambda tx: tx.queue.list(after=after, limit=limit))


def show(store: MailStore, queue_id: QueueId) -> QueuedMessage:
    """One message with all its recipients. NoSuchMessage."""
    message = store.glance(NO_ACCOUNT, lambda tx: tx.queue.show(queue_id))
    if message is None:
        raise NoSuchMessage(f"no message {queue_id} in the queue")
    return message


async def retry(store: MailStore, queue_id: QueueId | None = None) -> int:
    """Try one message, or all, at once; returns how many recipients that concerns."""
    return await store.write(NO_ACCOUNT, lambda tx: tx.queue.retry_now(queue_id))


async def hold(store: MailStore, queue_id: QueueId) -> bool:
    """Keep a message from being tried and from expiring; False when it is not here or held already."""
    return await store.write(NO_ACCOUNT, lambda tx: tx.queue.hold(queue_id))


async def release(store: MailStore, queue_id: QueueId) -> bool:
    """Let a held message go on at once; False when it is not held."""
    return await store.write(NO_ACCOUNT, lambda tx: tx.queue.release(queue_id))


async def drop(store: MailStore, queue_id: QueueId) -> bool:
    """Remove a message without a word; False when it has left meanwhile."""

    def job(tx: Writing) -> bool:
        note_dropped(tx, queue_id)
        return tx.queue.drop(queue_id)

    return await store.write(NO_ACCOUNT, job)


async def bounce(store: MailStore, settling: Settling, queue_id: QueueId) -> None:
    """Remove a message and give it back to its sender, in one write. NoSuchMessage."""
    message = show(store, queue_id)
    verdict = Verdict(Fate.BOUNCED, DROPPED_STATUS, DROPPED_WORDS)
    verdicts = {r.number: verdict for r in message.recipients if r.is_open}
    conclusion: Conclusion = conclude(message, verdicts, message.created_at, [0.0] * len(verdicts))
    await settling.settle(message, conclusion)
