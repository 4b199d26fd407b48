"""The flow's door: two verbs that services call, and the queue runner that `app` starts.

services.smtp (25, 24) ── receive ──→ flow.inbound → flow.local → store
services.smtp (587) · cli · jmap ── submit ──→ flow.submission → local: flow.local · remote: flow.queue
"""

from collections.abc import Sequence

from bocau.flow.values import Arrived, Outcome, Recipient
from bocau.formats.address import Address


class MailFlow:
    """Built by `app` from store, directory, resolver, clock, log and settings."""

    def check_recipient(self, address: Address, size_declared: int | None) -> None:
        """At RCPT of unauthenticated mail, now: RelayDenied, NoSuchAddress, AccountDisabled, OverQuota."""
        raise NotImplementedError

    def check_sender(self, account_id: int, reverse_path: Address | None) -> None:
        """At MAIL of a submission, now: NotPermitted, LimitReached (per-account rate)."""
        raise NotImplementedError

    def check_submission_recipient(self, account_id: int, address: Address) -> None:
        """At RCPT of a submission, now: NoSuchAddress for local domains, LimitReached."""
        raise NotImplementedError

    async def receive(self, arrived: Arrived) -> Sequence[Outcome]:
        """Deliver mail for local recipients: one durable write for all. Returns one outcome per recipient, in order.

        Raises MailLoop, MessageTooLarge, StoreBusy, DiskFull for the whole message."""
        raise NotImplementedError

    async def submit(self, arrived: Arrived) -> str:
        """The one door out: fix up (Date, Message-ID, Bcc, sender rights), deliver local recipients and queue remote
        ones in ONE write. Returns the queue or trace id for the reply. Raises NotPermitted, MailLoop, StoreBusy…"""
        raise NotImplementedError


__all__ = ["Arrived", "MailFlow", "Outcome", "Recipient"]
