"""Turns a report into a parcel for its reader: our own mailbox, or the queue. Never answers the null
reverse-path."""

import secrets

from bocau.base.errors import NoSuchDomain, Refused
from bocau.directory import Directory
from bocau.flow.local.email import new_email
from bocau.flow.local.parcel import Parcel
from bocau.flow.local.reached import Reached
from bocau.flow.queue.intake import Intake
from bocau.flow.reports.message import report_message
from bocau.flow.reports.values import Report
from bocau.flow.settings import FlowSettings
from bocau.flow.values import Arrived, BodyType, Envelope, Notify, Origin, Recipient
from bocau.formats.address import Address
from bocau.formats.trace import return_path
from bocau.runtime.clock import Clock
from bocau.runtime.log import Log
from bocau.store import MailStore

NEVER = frozenset((Notify.NEVER,))
HERE = Origin(client_host="", client_port=0, helo="", protocol="")


class Reporter:
    def __init__(
        self, store: MailStore, directory: Directory, settings: FlowSettings, clock: Clock, log: Log
    ) -> None:
        self._store = store
        self._directory = directory
        self._settings = settings
        self._intake = Intake(settings)
        self._clock = clock
        self._log = log

    def parcels(self, report: Report) -> list[Parcel]:
        """The report as a parcel, staged; none when nobody wants it or nobody can get it."""
        if not report.fates:
            return []
        reader = report.reverse_path
        if reader is None:
            # A bounce of a bounce: the log is its last stop (RFC 5321 §6.1).
            for fate in report.fates:
                self._log.warning(
                    "undeliverable report", id=report.trace_id, to=fate.address, why=fate.diagnostic
                )
            return []
        return self._addressed(report, reader)

    def _addressed(self, report: Report, reader: Address) -> list[Parcel]:
        recipient = Recipient(reader, notify=NEVER)
        try:
            expansion = self._directory.expand(reader)
            reached = Reached(recipient, expansion.accounts, expansion.remote)
        except NoSuchDomain:
            reached = Reached(recipient, remote=(reader,))
        except Refused as exc:
            self._log.warning("report without a reader", id=report.trace_id, to=reader, why=str(exc))
            return []
        return [self._staged(report, reached)]

    def _staged(self, report: Report, reached: Reached) -> Parcel:
        now = self._clock.now()
        report_id = secrets.token_hex(8)
        path = return_path(None)
        data = path + report_message(report, self._settings.hostname, report_id, now)
        blob = self._store.blobs.stage(data)
        queued = None
        if reached.remote:
            body_type = BodyType.SEVEN_BIT if data.isascii() else BodyType.EIGHT_BIT
            envelope = Envelope(
                None, (reached.recipient,), body_type, smtputf8=report.smtputf8 and not data.isascii()
            )
            arrived = Arrived(envelope, HERE, b"", report_id, now)
            queued = self._intake.queued(
                arrived, [(reached, address) for address in reached.remote], blob, len(path)
            )
        self._log.info("report", id=report.trace_id, report_id=report_id, to=reached.recipient.address)
        email = new_email(data, blob, int(now)) if reached.accounts else None
        return Parcel(email, reached.accounts, queued, is_report=True)
