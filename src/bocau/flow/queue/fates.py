"""What the queue knows of the recipients of a submission, for its deliveryStatus (RFC 8621 §7).

queue recipients ─(the address itself, or the one an alias of ours led from)→ recipients of the submission
"""

from collections.abc import Iterable
from typing import Final

from bocau.base.ids import QueueId
from bocau.store import Writing, submissions
from bocau.store.queue import OPEN, QueuedMessage, QueuedRecipient, RecipientStatus, Settlement

QUEUED: Final = "queued"
YES: Final = "yes"
NO: Final = "no"
UNKNOWN: Final = "unknown"
"""Another server has it; more is not known."""

REPLY_CHARACTERS_MAX: Final = 500
_CODES: Final = {QUEUED: "451 4.4.1", NO: "550 5.0.0", UNKNOWN: "250 2.0.0"}
"""For what no server has said."""
_ORDER: Final = (QUEUED, NO, UNKNOWN)
"""When one recipient became several: what stands for them all."""


def status(delivered: str, reply: str) -> dict[str, str]:
    """A DeliveryStatus object; a reply that is none is made one."""
    is_reply = reply[:1] in ("2", "4", "5") and reply[:3].isascii() and reply[:3].isdigit()
    text = reply if is_reply else f"{_CODES.get(delivered, '250 2.0.0')} {reply or delivered}"
    return {"smtpReply": text[:REPLY_CHARACTERS_MAX], "delivered": delivered, "displayed": UNKNOWN}


def note_settled(tx: Writing, queue_id: QueueId, settlements: Iterable[Settlement]) -> None:
    """Before the queue settles: tell the submission, if it came by one."""
    found = submissions.of_queue(tx.sql, queue_id)
    message = None if found is None else tx.queue.show(queue_id)
    if found is None or message is None:
        return
    submission_id, account, delivery = found
    changed = delivery | _fates(message, {s.number: s for s in settlements}, delivery)
    if changed != delivery:
        submissions.set_delivery(tx.of(account), submission_id, changed)


def note_dropped(tx: Writing, queue_id: QueueId) -> None:
    """The administrator takes it out: whoever still waited will not get it."""
    message = tx.queue.show(queue_id)
    if message is not None:
        dropped = [
            Settlement(r.number, RecipientStatus.BOUNCED, "550 5.7.1 taken back by the administrator")
            for r in message.recipients
            if r.is_open
        ]
        note_settled(tx, queue_id, dropped)


def _fates(
    message: QueuedMessage, settled: dict[int, Settlement], delivery: submissions.Delivery
) -> submissions.Delivery:
    told: dict[str, list[dict[str, str]]] = {}
    for recipient in message.recipients:
        name = _named(recipient, delivery)
        if name is not None:
            told.setdefault(name, []).append(_fate(recipient, settled.get(recipient.number)))
    return {
        name: min(several, key=lambda one: _ORDER.index(one["delivered"])) | _shown(delivery[name])
        for name, several in told.items()
    }


def _shown(before: dict[str, str]) -> dict[str, str]:
    return {"displayed": before.get("displayed", UNKNOWN)}


def _named(recipient: QueuedRecipient, delivery: submissions.Delivery) -> str | None:
    """Under which name the submission knows it."""
    if recipient.address in delivery:
        return recipient.address
    original = (recipient.orcpt or "").partition(";")[2]
    return original if original in delivery else None


def _fate(recipient: QueuedRecipient, settled: Settlement | None) -> dict[str, str]:
    now = recipient.status if settled is None else settled.status
    reply = recipient.last_reply if settled is None else settled.reply
    if now in OPEN:
        return status(QUEUED, reply)
    return status(NO if now is RecipientStatus.BOUNCED else UNKNOWN, reply)
