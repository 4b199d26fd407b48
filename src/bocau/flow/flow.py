"""The flow's door: two verbs that services call, and what they ask at MAIL and RCPT.

services.smtp (25, 24) ── receive ──→ flow.inbound → flow.local → store
services.smtp (587) · cli · jmap ── submit ──→ flow.submission → local: flow.local · remote: flow.queue
"""

from collections.abc import Sequence

from bocau.base.errors import NoSuchDomain, RelayDenied
from bocau.base.ids import AccountId
from bocau.directory import Directory
from bocau.flow.inbound import arrival
from bocau.flow.local.answers import Answers
from bocau.flow.local.delivery import AT_ONCE_BYTES_MAX, Alongside, Delivery, Load, Placed
from bocau.flow.local.reached import reach_any, reach_local
from bocau.flow.queue.intake import Intake
from bocau.flow.reports.reporter import Reporter
from bocau.flow.settings import FlowSettings
from bocau.flow.submission import identity, limits
from bocau.flow.submission.people import written_to
from bocau.flow.submission.submission import prepared
from bocau.flow.values import Arrived, BodyType, Outcome, Recipient
from bocau.formats.address import Address
from bocau.formats.line_ends import with_crlf
from bocau.runtime.clock import Clock
from bocau.runtime.log import Log
from bocau.runtime.threads import in_thread
from bocau.store import MailStore, Writing, correspondents


class MailFlow:
    """Built by `app`; one per process."""

    def __init__(
        self,
        store: MailStore,
        directory: Directory,
        clock: Clock,
        log: Log,
        settings: FlowSettings,
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._log = log
        self._settings = settings
        intake = Intake(settings, clock)
        reporter = Reporter(store, directory, settings, clock, log)
        answers = Answers(store, directory, intake, settings, clock, log)
        self._delivery = Delivery(store, intake, reporter, answers, log)

    @property
    def size_bytes_max(self) -> int:
        """The largest message that is taken."""
        return self._settings.size_max_bytes

    def check_recipient(self, address: Address, size_declared: int | None) -> None:
        """At RCPT of unauthenticated mail, now: RelayDenied, NoSuchAddress, AccountDisabled, OverQuota,
        NeverFits."""
        try:
            expansion = self._directory.expand(address)
        except NoSuchDomain:
            raise RelayDenied(f"{address.domain} is not served here") from None
        if len(expansion.accounts) == 1 and not expansion.remote:
            self._check_quota(expansion.accounts[0], size_declared or 0)

    def _check_quota(self, account_id: AccountId, more_bytes: int) -> None:
        # Without a declared size a single byte stands for it: what is full is full.
        self._store.usage(account_id).check(more_bytes or 1)

    def check_sender(self, account_id: int, reverse_path: Address | None) -> None:
        """At MAIL of a submission, now: NotPermitted, LimitReached (per-account rate)."""
        account = AccountId(account_id)
        identity.check_reverse_path(self._directory, account, reverse_path)
        now = self._clock.now()
        self._store.glance(account, lambda tx: limits.check(tx, account, now, self._settings))

    def check_submission_recipient(self, account_id: int, address: Address) -> None:
        """At RCPT of a submission, now: NoSuchAddress, AccountDisabled for local domains."""
        if self._directory.is_local_domain(address.domain):
            self._directory.expand(address)

    async def receive(self, arrived: Arrived) -> Sequence[Outcome]:
        """Deliver mail for local recipients: one durable write for all. Returns one outcome per recipient,
        in order.

        By LMTP each recipient has its own outcome. By SMTP an error means that nobody got it; when somebody
        did,
        whoever did not is reported to the sender by mail, in the same write.
        Raises MailLoop, MessageTooLarge, StoreBusy, DiskFull for the whole message."""
        arrival.check(arrived, self._settings.size_max_bytes)
        return await self._delivery.deliver(
            Load(
                arrived,
                reach_local(self._directory, arrived.envelope.recipients),
                arrival.received_field(arrived, self._settings.hostname),
                arrived.content,
                each_answers="LMTP" in arrived.origin.protocol,
            )
        )

    async def submit(self, arrived: Arrived, alongside: Alongside | None = None) -> str:
        """The one door out: fix up (Date, Message-ID, Bcc, sender rights), deliver local recipients and
        queue remote
        ones in ONE write, with what `alongside` does. Returns the trace id for the reply.

        Raises NotPermitted, LimitReached, MailLoop, MessageTooLarge, StoreBusy, DiskFull; and what the only
        recipient is refused for."""
        arrival.check(arrived, self._settings.size_max_bytes)
        content = prepared(arrived, await self._with_crlf(arrived), self._directory, self._settings)
        outcomes = await self._delivery.deliver(
            Load(
                arrived,
                reach_any(self._directory, arrived.envelope.recipients),
                arrival.received_field(arrived, self._settings.hostname),
                content,
                alongside=self._counted(arrived, alongside),
            )
        )
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        if errors and len(errors) == len(outcomes):
            raise errors[0]
        return arrived.trace_id

    async def _with_crlf(self, arrived: Arrived) -> bytes:
        """The content with line ends as they must be; binary content stays what it is (RFC 3030 §3)."""
        content = arrived.content
        if arrived.envelope.body_type is BodyType.BINARY:
            return content
        if len(content) > AT_ONCE_BYTES_MAX:
            return await in_thread(with_crlf, content)
        return with_crlf(content)

    def _counted(self, arrived: Arrived, alongside: Alongside | None) -> Alongside | None:
        """What an account submits counts against its limits, and makes its recipients known to it."""
        account = arrived.origin.account_id
        if account is None:
            return alongside
        now, recipients = self._clock.now(), len(arrived.envelope.recipients)
        people = written_to(arrived.envelope, arrived.content)

        def job(tx: Writing, placed: Placed) -> None:
            limits.count(tx, account, now, self._settings, recipients)
            correspondents.meet(tx.of(account), people, int(now))
            if alongside is not None:
                alongside(tx, placed)

        return job


__all__ = ["Arrived", "MailFlow", "Outcome", "Recipient"]
