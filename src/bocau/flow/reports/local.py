"""Reports about what happened on this server: mailboxes that refuse, deliveries that were to be confirmed."""

from collections.abc import Iterable

from bocau.base.errors import (
    AccountDisabled,
    MessageTooLarge,
    NoSuchAccount,
    NoSuchAddress,
    OverQuota,
    Refused,
    RelayDenied,
)
from bocau.flow.local.reached import Reached
from bocau.flow.reports.values import Action, Fate, Report
from bocau.flow.values import Arrived, Notify

STATUS = (
    (NoSuchAddress, "5.1.1", "no such address here"),
    (NoSuchAccount, "5.1.1", "no such address here"),
    (AccountDisabled, "5.2.1", "the mailbox is disabled"),
    (OverQuota, "5.2.2", "the mailbox is full"),
    (MessageTooLarge, "5.3.4", "the message is too large"),
    (RelayDenied, "5.7.1", "relaying is not allowed"),
    (Refused, "5.2.0", "the mailbox cannot take the message"),
)
"""RFC 3463 code and words by the meaning of the refusal; the first that fits."""


def failed_here(arrived: Arrived, content: bytes, bounced: Iterable[tuple[Reached, Refused]]) -> Report:
    """RFC 3464 "failed" for everybody who wants to know."""
    fates = [
        Fate(str(r.recipient.address), r.recipient.original, Action.FAILED, *_status(error))
        for r, error in bounced
        if _wants_failure(r)
    ]
    return _report(arrived, content, fates)


def reached_here(arrived: Arrived, content: bytes, confirmed: Iterable[Reached]) -> Report:
    """RFC 3464 "delivered", or "expanded" for a list."""
    fates = [
        Fate(
            str(r.recipient.address),
            r.recipient.original,
            Action.EXPANDED if r.is_expanded else Action.DELIVERED,
            "2.1.5" if r.is_expanded else "2.0.0",
        )
        for r in confirmed
    ]
    return _report(arrived, content, fates)


def _report(arrived: Arrived, content: bytes, fates: list[Fate]) -> Report:
    envelope = arrived.envelope
    return Report(
        reverse_path=envelope.reverse_path,
        fates=tuple(fates),
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
