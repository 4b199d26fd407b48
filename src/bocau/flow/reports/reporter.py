"""Turns a notice into a parcel for its reader: our own mailbox, or the queue. Never answers the null
reverse-path."""

import secrets

from bocau.base.errors import NoSuchDomain, Refused
from bocau.directory import Directory
from bocau.flow.local.parcel import Parcel
from bocau.flow.local.reached import Reached
from bocau.flow.queue.intake import Intake
from bocau.flow.reports.message import notice_message
from bocau.flow.reports.values import Notice
from bocau.flow.settings import FlowSettings
from bocau.flow.values import Arrived, BodyType, Envelope, Notify, Origin, Recipient
from bocau.formats.address import Address
from bocau.formats.trace import return_path
from bocau.runtime.clock import Clock
from bocau.runtime.log import Log
from bocau.store import MailStore
from bocau.store.email import new_email

NEVER = frozenset((Notify.NEVER,))
HERE = Origin(client_host="", client_port=0, helo="", protocol="")


class Reporter:
    def __init__(
        self, store: MailStore, directory: Directory, settings: FlowSettings, clock: Clock, log: Log
    ) -> None:
        self._store = store
        self._directory = directory
        self._settings = settings
        self._intake = Intake(settings, clock)
        self._clock = clock
        self._log = log

    def parcels(self, notice: Notice) -> list[Parcel]:
        """The notice as a parcel, staged; none when nobody wants it or nobody can get it."""
        if not notice.fates:
            return []
        reader = notice.reverse_path
        if reader is None:
            # A bounce of a bounce: the log is its last stop (RFC 5321 §6.1).
            for fate in notice.fates:
                self._log.warning(
                    "undeliverable report", id=notice.trace_id, to=fate.address, why=fate.diagnostic
                )
            return []
        return self._addressed(notice, reader)

    def _addressed(self, notice: Notice, reader: Address) -> list[Parcel]:
        recipient = Recipient(reader, notify=NEVER)
        try:
            expansion = self._directory.expand(reader)
            reached = Reached(recipient, expansion.accounts, expansion.remote)
        except NoSuchDomain:
            reached = Reached(recipient, remote=(reader,))
        except Refused as exc:
            self._log.warning("report without a reader", id=notice.trace_id, to=reader, why=str(exc))
            return []
        return [self._staged(notice, reached)]

    def _staged(self, notice: Notice, reached: Reached) -> Parcel:
        now = self._clock.now()
        notice_id = secrets.token_hex(8)
        path = return_path(None)
        data = path + notice_message(
            notice, reached.recipient.address, self._settings.hostname, notice_id, now
        )
        blob = self._store.blobs.stage(data)
        queued = None
        if reached.remote:
            body_type = BodyType.SEVEN_BIT if data.isascii() else BodyType.EIGHT_BIT
            envelope = Envelope(
                None, (reached.recipient,), body_type, smtputf8=notice.smtputf8 and not data.isascii()
            )
            arrived = Arrived(envelope, HERE, b"", notice_id, now)
            queued = self._intake.queued(
                arrived, [(reached, address) for address in reached.remote], blob, len(path)
            )
        self._log.info("report", id=notice.trace_id, notice_id=notice_id, to=reached.recipient.address)
        email = new_email(data, blob, int(now)) if reached.accounts else None
        return Parcel(email, reached.accounts, queued, is_report=True)
