"""Reports about what happened on this server: mailboxes that refuse, deliveries that were to be confirmed."""

from collections.abc import Iterable

from bocau.base.errors import (
    AccountDisabled,
    MessageTooLarge,
    NeverFits,
    NoSuchAccount,
    NoSuchAddress,
    OverQuota,
    Refused,
    RelayDenied,
)
from bocau.flow.local.reached import Reached
from bocau.flow.reports.values import Notice, original_recipient
from bocau.flow.values import Arrived, Notify
from bocau.formats.dsn import Action, RecipientReport

STATUS = (
    (NoSuchAddress, "5.1.1", "no such address here"),
    (NoSuchAccount, "5.1.1", "no such address here"),
    (AccountDisabled, "5.2.1", "the mailbox is disabled"),
    (NeverFits, "5.2.2", "the message is larger than the mailbox may be"),
    (OverQuota, "5.2.2", "the mailbox is full"),
    (MessageTooLarge, "5.3.4", "the message is too large"),
    (RelayDenied, "5.7.1", "relaying is not allowed"),
    (Refused, "5.2.0", "the mailbox cannot take the message"),
)
"""RFC 3463 code and words by the meaning of the refusal; the first that fits."""


def failed_here(arrived: Arrived, content: bytes, bounced: Iterable[tuple[Reached, Refused]]) -> Notice:
    """RFC 3464 "failed" for everybody who wants to know."""
    fates = [_fate(r, *_status(error)) for r, error in bounced if _wants_failure(r)]
    return _notice(Action.FAILED, arrived, content, fates)


def reached_here(arrived: Arrived, content: bytes, confirmed: Iterable[Reached]) -> Iterable[Notice]:
    """RFC 3464 "delivered", and "expanded" for lists."""
    single: list[Reached] = []
    lists: list[Reached] = []
    for r in confirmed:
        (lists if r.is_expanded else single).append(r)
    if single:
        yield _notice(Action.DELIVERED, arrived, content, [_fate(r, "2.0.0") for r in single])
    if lists:
        yield _notice(Action.EXPANDED, arrived, content, [_fate(r, "2.1.5") for r in lists])


def _fate(reached: Reached, status: str, words: str = "") -> RecipientReport:
    recipient = reached.recipient
    original = original_recipient(recipient.original)
    return RecipientReport(recipient.address, status, original=original, diagnostic=words)


def _notice(action: Action, arrived: Arrived, content: bytes, fates: list[RecipientReport]) -> Notice:
    envelope = arrived.envelope
    return Notice(
        action=action,
        fates=tuple(fates),
        reverse_path=envelope.reverse_path,
        trace_id=arrived.trace_id,
        arrived_at=arrived.arrived_at,
        content=content,
        envid=envelope.envid,
        ret=envelope.ret,
        smtputf8=envelope.smtputf8,
    )


def _wants_failure(reached: Reached) -> bool:
    notify = reached.recipient.notify
    return notify is None or Notify.FAILURE in notify


def _status(error: Refused) -> tuple[str, str]:
    return next((status, words) for kind, status, words in STATUS if isinstance(error, kind))
