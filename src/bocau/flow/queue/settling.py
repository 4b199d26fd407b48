"""Conclusions become durable: settlements and reports in one write, and no lost result while the disk is
full."""

import asyncio
from collections.abc import Callable
from typing import Final

from bocau.base.errors import TryLater
from bocau.flow.local.parcel import Parcel, place
from bocau.flow.queue.conclusion import Conclusion
from bocau.flow.queue.fates import note_settled
from bocau.flow.reports.reporter import Reporter
from bocau.flow.reports.values import Notice
from bocau.formats.address import parse_address
from bocau.formats.dsn import (
    RETURNED_BYTES_MAX,
    RETURNED_FULL_BYTES_MAX,
    RETURNED_HEADER_BYTES_MAX,
    Action,
)
from bocau.runtime.clock import Clock
from bocau.runtime.log import Log
from bocau.store import MailStore, Writing
from bocau.store.blobs import BlobLost
from bocau.store.queue import QueuedMessage

AGAIN_SECONDS: Final = 10.0
"""How long to wait when a result cannot be written down."""


class Settling:
    def __init__(self, store: MailStore, reporter: Reporter, clock: Clock, log: Log) -> None:
        self._store = store
        self._reporter = reporter
        self._clock = clock
        self._log = log

    async def settle(
        self,
        message: QueuedMessage,
        conclusion: Conclusion,
        alongside: Callable[[Writing], None] | None = None,
    ) -> None:
        """Write it all down in one transaction, and do not give up: a result forgotten is mail sent twice."""
        now = int(self._clock.now())

        def job(tx: Writing) -> None:
            if conclusion.settlements:
                note_settled(tx, message.queue_id, conclusion.settlements)
                tx.queue.settle(message.queue_id, conclusion.settlements, now)
            if alongside is not None:
                alongside(tx)

        parcels: list[Parcel] | None = None
        while True:
            try:
                parcels = await self._parcels(message, conclusion) if parcels is None else parcels
                await place(self._store, parcels, job)
                return
            except TryLater as exc:
                self._log.error(
                    "result not written", id=message.trace_id, queue_id=message.queue_id, why=str(exc)
                )
                # A body staged before a failed sync may be lost: it is staged anew.
                parcels = None
                await asyncio.sleep(AGAIN_SECONDS)

    async def _parcels(self, message: QueuedMessage, conclusion: Conclusion) -> list[Parcel]:
        parcels: list[Parcel] = []
        for action, fates in conclusion.fates.items():
            content, is_whole = await self._returned(message, action)
            notice = Notice(
                action=action,
                fates=tuple(fates),
                reverse_path=parse_address(message.reverse_path) if message.reverse_path else None,
                trace_id=message.trace_id,
                arrived_at=message.created_at,
                content=content,
                envid=message.envid,
                ret=message.ret if is_whole else "HDRS",
                smtputf8=message.smtputf8,
            )
            parcels += self._reporter.parcels(notice)
        return parcels

    async def _returned(self, message: QueuedMessage, action: Action) -> tuple[bytes, bool]:
        """As much of the message as its report may enclose, and whether that is all of it."""
        limit = RETURNED_FULL_BYTES_MAX if message.ret == "FULL" else RETURNED_BYTES_MAX
        if action is not Action.FAILED or message.ret == "HDRS" or message.size_bytes > limit:
            limit = RETURNED_HEADER_BYTES_MAX
        start = message.skip_bytes
        try:
            content = await asyncio.to_thread(self._store.blobs.read, message.blob, start, start + limit)
        except BlobLost:
            return b"", False
        return content, len(content) == message.size_bytes
