"""Outbound delivery of one message to one destination: the door of this room.

    route → hosts → ┌ session: transaction(s) → answers ┐ → verdicts
                    └ next host for whoever got no 2xx or 5xx ┘

Only a 5xx is final. A connection lost after the final dot may mean "taken": such recipients wait for the
next attempt
instead of trying the next host at once.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence

from bocau.base.errors import DnsUnavailable, PeerError
from bocau.flow.outbound.connecting import Connector, HostFailed
from bocau.flow.outbound.letter import Letter
from bocau.flow.outbound.pool import Pool
from bocau.flow.outbound.session import Session
from bocau.flow.outbound.timeouts import ATTEMPT_SECONDS_MAX, REPLY_SECONDS
from bocau.flow.outbound.verdict import Attempt, Fate, Verdict, is_too_many, judge
from bocau.flow.settings import FlowSettings
from bocau.protocols.smtp.client import Step
from bocau.protocols.smtp.reply import Reply
from bocau.rules.routing import Hop, Names, Unroutable, route
from bocau.runtime.log import Log
from bocau.store.blobs import Blobs
from bocau.store.queue import Lease, QueuedRecipient


class Outbound:
    """One per process that sends."""

    def __init__(
        self,
        blobs: Blobs,
        resolver: Names,
        log: Log,
        settings: FlowSettings,
        seconds: Mapping[Step, float] = REPLY_SECONDS,
    ) -> None:
        self._blobs = blobs
        self._names = resolver
        self._settings = settings.outbound
        self._table = settings.outbound.table
        self._own = frozenset((settings.hostname, *settings.outbound.own_addresses))
        self._connector = Connector(resolver, settings.hostname, settings.outbound, log, seconds)
        self._pool = Pool(settings.outbound.idle_seconds, settings.outbound.messages_per_connection)

    async def deliver(self, lease: Lease) -> Attempt:
        """Try every host until each recipient has its verdict. Raises BlobLost when the body is gone."""
        errand = _Errand(lease, Letter(lease.message, self._blobs))
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS_MAX):
                await self._try_hosts(errand)
        except TimeoutError:
            errand.defer_rest(Verdict(Fate.DEFERRED, "4.4.7", "the attempt took too long"))
        return errand.attempt

    async def close(self) -> None:
        """Say goodbye to the servers that still listen."""
        await self._pool.close()

    async def _try_hosts(self, errand: "_Errand") -> None:
        hops = await self._route(errand)
        used = None
        if hops and (session := self._pool.take(errand.destination)) is not None:
            used = session.hop if await self._converse(session, errand) else None
        failures: list[HostFailed] = []
        for hop in hops:
            if not errand.pending:
                return
            if hop == used:
                continue
            try:
                session = await self._connector.open(hop)
            except HostFailed as exc:
                failures.append(exc)
                continue
            await self._converse(session, errand)
        if failures:
            # What an administrator has laid down and is wrong is for the administrator to mend: the mail
            # waits.
            is_fixed = self._table.fixed(errand.domain) is not None
            errand.no_session(failures, is_all=len(failures) == len(hops), is_fixed=is_fixed)

    async def _route(self, errand: "_Errand") -> list[Hop]:
        domain = errand.domain
        try:
            return await route(domain, self._table, self._names, self._own, _shuffled)
        except Unroutable as exc:
            errand.attempt.is_reached = True
            errand.settle_rest(Verdict(Fate.BOUNCED, exc.status, exc.text))
        except DnsUnavailable as exc:
            reason = f"the DNS does not answer for {domain}: {exc}"
            errand.attempt.reason = reason
            errand.defer_rest(Verdict(Fate.DEFERRED, "4.4.3", reason))
        return []

    async def _converse(self, session: Session, errand: "_Errand") -> bool:
        """Transactions until everybody pending had an answer of this server; returns whether it gave any."""
        left = list(errand.pending)
        has_answered = False
        while left:
            batch = left[: session.client.extensions.recipients_max]
            try:
                is_sound = await self._transact(session, batch, errand)
            except BaseException:
                session.connection.abort()
                raise
            has_answered = has_answered or bool(session.client.answers)
            if not is_sound:
                session.connection.abort()
                return has_answered
            left = errand.left_after(session, batch, left)
        self._pool.give(errand.destination, session)
        return True

    async def _transact(self, session: Session, batch: list[QueuedRecipient], errand: "_Errand") -> bool:
        """One transaction; returns whether the session is still sound."""
        transaction = errand.letter.transaction(batch)
        unfit = session.client.unfit(transaction)
        if unfit is not None:
            session.client.answers = {}
            errand.unfit(session, batch, unfit)
            return True
        session.client.answers = {}
        try:
            await session.transfer(transaction, errand.letter.body())
        except PeerError as exc:
            errand.note(session, batch)
            errand.lost(session, batch, str(exc))
            return False
        errand.note(session, batch)
        return True


class _Errand:
    """A lease under way: who is still to be served, and what has been said to the others."""

    def __init__(self, lease: Lease, letter: Letter) -> None:
        numbers = frozenset(lease.numbers)
        self.letter = letter
        self.pending = [r for r in lease.message.recipients if r.number in numbers]
        self.destination = self.pending[0].destination
        self.domain = self.pending[0].domain
        self.attempt = Attempt()

    def note(self, session: Session, batch: list[QueuedRecipient]) -> None:
        """Write down what the server told each recipient; 2xx and 5xx are the last word."""
        relay = session.hop.host
        is_dsn_passed = "DSN" in session.client.extensions
        for index, answer in session.client.answers.items():
            verdict = judge(answer, relay, session.at, is_dsn_passed=is_dsn_passed)
            self._write(batch[index], verdict, is_final=verdict.fate is not Fate.DEFERRED)
        self.attempt.is_reached = self.attempt.is_reached or bool(session.client.answers)

    def unfit(self, session: Session, batch: list[QueuedRecipient], why: Reply) -> None:
        """The server cannot take such a message, and says so by what it does not offer: our words, not
        its."""
        self.attempt.is_reached = True
        words = f"{session.hop.host}: {' '.join(why.lines)}"
        for recipient in batch:
            verdict = Verdict(Fate.BOUNCED, why.enhanced, words, at=session.at)
            self._write(recipient, verdict, is_final=True)

    def lost(self, session: Session, batch: list[QueuedRecipient], why: str) -> None:
        """The connection broke: after the final dot nobody can say whether the message was taken."""
        is_unknown = session.client.is_outcome_unknown
        verdict = Verdict(Fate.DEFERRED, "4.4.2", f"{session.at}: {why}", at=session.at)
        for index, recipient in enumerate(batch):
            if index not in session.client.answers:
                self._write(recipient, verdict, is_final=is_unknown)
        self.attempt.reason = verdict.reply
        self.attempt.is_reached = self.attempt.is_reached or is_unknown

    def left_after(
        self, session: Session, batch: list[QueuedRecipient], left: list[QueuedRecipient]
    ) -> list[QueuedRecipient]:
        """Who is next on this connection: the rest, and those that were one too many for the last
        transaction."""
        answers = session.client.answers
        has_progress = any(answer.is_delivered for answer in answers.values())
        again = [batch[i] for i, answer in answers.items() if has_progress and is_too_many(answer)]
        return again + left[len(batch) :]

    def no_session(self, failures: list[HostFailed], *, is_all: bool, is_fixed: bool) -> None:
        """Some hosts (`is_all`: every one) gave no session; refused for good by all is a bounce."""
        last = failures[-1]
        if is_all and not self.attempt.is_reached:
            self.attempt.reason = last.text
            if not is_fixed and all(failure.is_permanent for failure in failures):
                self.attempt.is_reached = True
                self.settle_rest(Verdict(Fate.BOUNCED, last.status, last.text, last.relay, last.host))
        self.defer_rest(Verdict(Fate.DEFERRED, last.status, last.text, last.relay, last.host))

    def settle_rest(self, verdict: Verdict) -> None:
        for recipient in list(self.pending):
            self._write(recipient, verdict, is_final=True)

    def defer_rest(self, verdict: Verdict) -> None:
        """For those of whom nothing better is known."""
        for recipient in self.pending:
            self.attempt.verdicts.setdefault(recipient.number, verdict)

    def _write(self, recipient: QueuedRecipient, verdict: Verdict, *, is_final: bool) -> None:
        self.attempt.verdicts[recipient.number] = verdict
        if is_final and recipient in self.pending:
            self.pending.remove(recipient)


def _shuffled(items: Sequence[str]) -> list[str]:
    return random.sample(items, len(items))
