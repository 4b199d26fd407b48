"""What verdicts mean for the queue: who is done, who waits until when, and what the sender is told. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bocau.flow.outbound.verdict import Fate, Verdict
from bocau.flow.queue.intake import wants_delay
from bocau.flow.reports.values import original_recipient
from bocau.formats.address import parse_address
from bocau.formats.dsn import Action, RecipientReport
from bocau.rules.retry import pause_seconds
from bocau.store.queue import QueuedMessage, QueuedRecipient, RecipientStatus, Settlement

EXPIRED_STATUS = "4.4.7"
"""RFC 3463 §3.5: delivery time expired."""


@dataclass(slots=True)
class Conclusion:
    """For one write: settlements of one message, and reports by action."""

    settlements: list[Settlement] = field(default_factory=list)
    fates: dict[Action, list[RecipientReport]] = field(default_factory=dict)

    def tell(self, action: Action, fate: RecipientReport) -> None:
        self.fates.setdefault(action, []).append(fate)


def conclude(
    message: QueuedMessage, verdicts: dict[int, Verdict], now: int, chances: Iterable[float]
) -> Conclusion:
    """After an attempt. `chances`: one number in [0, 1) per recipient, for the jitter."""
    conclusion = Conclusion()
    by_number = {r.number: r for r in message.recipients}
    for (number, verdict), chance in zip(verdicts.items(), chances, strict=False):
        recipient = by_number[number]
        match verdict.fate:
            case Fate.SENT:
                _sent(conclusion, recipient, verdict, now)
            case Fate.BOUNCED:
                _bounced(conclusion, recipient, verdict, verdict.status, now)
            case Fate.DEFERRED if message.expires_at <= now:
                _bounced(conclusion, recipient, verdict, EXPIRED_STATUS, now)
            case Fate.DEFERRED:
                _deferred(conclusion, message, recipient, verdict, now, chance)
    return conclusion


def conclude_expired(message: QueuedMessage, reason: str, now: int) -> Conclusion:
    """Time is up for all that still wait; `reason`: why nothing was tried lately."""
    conclusion = Conclusion()
    for recipient in message.recipients:
        if recipient.is_open:
            words = recipient.last_reply or reason or "the destination could not be reached in time"
            verdict = Verdict(Fate.BOUNCED, EXPIRED_STATUS, words)
            _bounced(conclusion, recipient, verdict, EXPIRED_STATUS, recipient.last_attempt_at)
    return conclusion


def conclude_late(message: QueuedMessage, reason: str) -> Conclusion:
    """It takes longer than usual: tell, once, and go on."""
    conclusion = Conclusion()
    for recipient in message.recipients:
        if recipient.is_open and wants_delay(recipient.notify):
            words = recipient.last_reply or reason
            fate = _fate(recipient, "4.4.1", words, "", recipient.last_attempt_at, message.expires_at)
            conclusion.tell(Action.DELAYED, fate)
    return conclusion


def _sent(conclusion: Conclusion, recipient: QueuedRecipient, verdict: Verdict, now: int) -> None:
    conclusion.settlements.append(Settlement(recipient.number, RecipientStatus.DELIVERED, verdict.reply))
    if "SUCCESS" in (recipient.notify or "") and not verdict.is_dsn_passed:
        # RFC 3461 §5.2.2: the next server will not confirm anything, so this is the last that can be known.
        fate = _fate(recipient, verdict.status, verdict.reply, verdict.relay, now)
        conclusion.tell(Action.RELAYED, fate)


def _bounced(
    conclusion: Conclusion, recipient: QueuedRecipient, verdict: Verdict, status: str, at: int | None
) -> None:
    conclusion.settlements.append(Settlement(recipient.number, RecipientStatus.BOUNCED, verdict.reply))
    if recipient.notify is None or "FAILURE" in recipient.notify:
        conclusion.tell(Action.FAILED, _fate(recipient, status, verdict.reply, verdict.relay, at))


def _deferred(
    conclusion: Conclusion,
    message: QueuedMessage,
    recipient: QueuedRecipient,
    verdict: Verdict,
    now: int,
    chance: float,
) -> None:
    next_at = min(now + pause_seconds(recipient.attempts + 1, chance), message.expires_at)
    conclusion.settlements.append(
        Settlement(recipient.number, RecipientStatus.WAITING, verdict.reply, next_at)
    )


def _fate(
    recipient: QueuedRecipient,
    status: str,
    words: str,
    relay: str,
    at: int | None,
    will_retry_until: int | None = None,
) -> RecipientReport:
    return RecipientReport(
        address=parse_address(recipient.address),
        status=status,
        original=original_recipient(recipient.orcpt),
        diagnostic=words,
        remote_mta=relay,
        last_attempt_at=at,
        will_retry_until=will_retry_until,
    )
