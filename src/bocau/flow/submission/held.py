"""Sends what was held, when its time has come: one task in the background process.

doorbell "held" ─┐
next due time   ─┴→ due ones, a few at a time → flow.submit, which ends the waiting in its own transaction
                                               └ refused → a bounce, in the write that ends it
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from bocau.base.errors import AccountDisabled, BocauError, Refused, TryLater
from bocau.base.ids import AccountId, EmailId
from bocau.directory import Directory
from bocau.flow.flow import MailFlow
from bocau.flow.local.parcel import place
from bocau.flow.queue.fates import NO, status
from bocau.flow.reports.local import STATUS
from bocau.flow.reports.reporter import Reporter
from bocau.flow.reports.values import Notice
from bocau.flow.settings import FlowSettings
from bocau.flow.submission.envelopes import read_envelope
from bocau.flow.submission.handover import Letter, WaitsNoMore, arrived, ending
from bocau.flow.submission.sent_draft import unschedule
from bocau.flow.values import Envelope
from bocau.formats.dsn import Action, RecipientReport
from bocau.formats.header import body_start
from bocau.runtime.clock import Clock
from bocau.runtime.log import Log
from bocau.runtime.waker import Listen, Waker
from bocau.store import BlobLost, BlobRef, MailStore, Writing, submissions
from bocau.store.submissions import BELL, FINAL, Submission

AT_ONCE: Final = 8
"""Messages handed over side by side: they share commits."""
PORTION: Final = 64
RESCAN_SECONDS: Final = 30.0
"""A lost doorbell, or a clock that was set, is made good by a look this often."""
RETRY_SECONDS: Final = 5.0
"""After something that may succeed later."""
NOBODY: Final = AccountId(0)


class HeldSender:
    def __init__(
        self,
        store: MailStore,
        directory: Directory,
        flow: MailFlow,
        listen: Listen,
        clock: Clock,
        log: Log,
        settings: FlowSettings,
    ) -> None:
        self._store = store
        self._directory = directory
        self._flow = flow
        self._listen = listen
        self._clock = clock
        self._log = log
        self._reporter = Reporter(store, directory, settings, clock, log)
        self._waker = Waker()
        self._stuck: set[int] = set()
        """Submissions that are not tried again before the next start: an administrator decides."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        await self._waker.keep_at(self.round, self._listen, BELL, stop)

    async def round(self) -> float:
        """Hand over what is due; returns how long to wait then, in seconds."""
        try:
            while some := self._due(now := int(self._clock.now())):
                for start in range(0, len(some), AT_ONCE):
                    await self._hand_over_some(some[start : start + AT_ONCE])
        except TryLater as exc:
            self._log.warning("held mail must wait", why=str(exc))
            return RETRY_SECONDS
        # What is stuck lies before this moment, and must not keep the others waiting.
        at = self._store.glance(NOBODY, lambda tx: submissions.next_due_at(tx.sql, now))
        return RESCAN_SECONDS if at is None else min(max(at - self._clock.now(), 0.0), RESCAN_SECONDS)

    def _due(self, now: int) -> list[Submission]:
        limit = PORTION + len(self._stuck)
        found = self._store.glance(NOBODY, lambda tx: submissions.due(tx.sql, now, limit))
        return [one for one in found if one.submission_id not in self._stuck]

    async def _hand_over_some(self, some: Sequence[Submission]) -> None:
        """All of them, before what one of them raises: none may be left half-way."""
        results = await asyncio.gather(*map(self._hand_over, some), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _hand_over(self, held: Submission) -> None:
        try:
            content = await self._content(held)
        except BlobLost as exc:
            self._log.error("held body lost", submission=held.submission_id, why=str(exc))
            self._stuck.add(held.submission_id)
            return
        if content is None:
            # It has gone meanwhile.
            self._stuck.add(held.submission_id)
            return
        smtputf8 = not content[: body_start(content)].isascii()
        try:
            envelope, _ = read_envelope(held.envelope, smtputf8=smtputf8)
        except BocauError as exc:
            await self._end(held, Envelope(None, ()), content, Refused(str(exc)))
            return
        try:
            await self._submit(held, envelope, content)
        except WaitsNoMore:
            pass
        except Refused as exc:
            await self._end(held, envelope, content, exc)
        except TryLater:
            raise
        except Exception as exc:
            # One message must not keep the others from going.
            self._log.exception("held mail failed", exc, submission=held.submission_id)
            self._stuck.add(held.submission_id)

    async def _submit(self, held: Submission, envelope: Envelope, content: bytes) -> None:
        # A disabled account must not write to anybody, not even later.
        address = self._directory.account(held.account_id).address
        if not self._directory.may_send_as(held.account_id, address):
            raise AccountDisabled(f"{address} is disabled")
        mail = arrived(Letter(held.account_id, envelope, content), self._clock.now())
        await self._flow.submit(mail, ending(held, mail.trace_id))
        self._log.info("held mail handed over", id=mail.trace_id, submission=held.submission_id)

    async def _content(self, held: Submission) -> bytes | None:
        """None: nothing is held any more."""
        ref: BlobRef | None = self._store.glance(
            NOBODY, lambda tx: submissions.held_body(tx, held.submission_id)
        )
        return None if ref is None else await asyncio.to_thread(self._store.blobs.read, ref)

    async def _end(self, held: Submission, envelope: Envelope, content: bytes, why: Refused) -> None:
        """It cannot be sent: tell its sender, in the write that ends it."""
        words = str(why)
        code = next((code for kind, code, _ in STATUS if type(why) is kind), "5.7.1")
        fates = [RecipientReport(r.address, code, diagnostic=words) for r in envelope.recipients]
        delivery = {str(r.address): status(NO, f"550 {code} {words}") for r in envelope.recipients}
        notice = Notice(
            action=Action.FAILED,
            fates=tuple(fates),
            reverse_path=envelope.reverse_path,
            trace_id=f"S{held.submission_id}",
            arrived_at=held.created_at,
            content=content,
        )

        def job(tx: Writing) -> None:
            own = tx.of(held.account_id)
            if not submissions.end(own, held.submission_id, FINAL, delivery=delivery):
                raise WaitsNoMore(f"submission {held.submission_id} waits no more")
            unschedule(own, EmailId(held.email_id))

        self._log.info("held mail refused", submission=held.submission_id, why=words)
        try:
            await place(self._store, self._reporter.parcels(notice), job)
        except Refused as exc:
            if not isinstance(exc, WaitsNoMore):
                self._log.error("held mail stuck", submission=held.submission_id, why=str(exc))
                self._stuck.add(held.submission_id)
