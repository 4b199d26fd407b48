"""The answers of those who are away, sent with the delivery itself: one write (RFC 5230, RFC 8621 §8).

accounts reached → away now? → a person's mail, to them? → not told lately? → parcel
                                                            └ asked again in the write
"""

import secrets
from collections.abc import Sequence
from typing import Final

from bocau.base.errors import NoSuchDomain, Refused
from bocau.base.ids import AccountId
from bocau.directory import Directory
from bocau.flow.local.parcel import NO_ACCOUNT, Parcel
from bocau.flow.local.reached import Reached
from bocau.flow.queue.intake import Intake
from bocau.flow.settings import FlowSettings
from bocau.flow.values import Arrived, BodyType, Envelope, Notify, Origin, Recipient
from bocau.formats.address import Address
from bocau.formats.trace import return_path
from bocau.formats.vacation_reply import Reply, build_reply
from bocau.rules.vacation import addressed, may_answer
from bocau.runtime.clock import Clock
from bocau.runtime.log import Log
from bocau.store import MailStore, Reading, Writing, identities, vacation
from bocau.store.correspondents import address_key
from bocau.store.email import new_email
from bocau.store.preferences import language
from bocau.store.vacation import Vacation

AWAY_MAX: Final = 50
"""People of one delivery who answer: more than a list of colleagues."""
NEVER: Final = frozenset((Notify.NEVER,))
HERE: Final = Origin(client_host="", client_port=0, helo="", protocol="")


class Answers:
    def __init__(
        self,
        store: MailStore,
        directory: Directory,
        intake: Intake,
        settings: FlowSettings,
        clock: Clock,
        log: Log,
    ) -> None:
        self._store = store
        self._directory = directory
        self._intake = intake
        self._settings = settings
        self._clock = clock
        self._log = log
        self._answering: frozenset[AccountId] | None = None
        """Whose answer is switched on; None: to be read. Few have one, and every message asks."""
        store.listen_for(vacation.BELL, self._forget)

    def _forget(self) -> None:
        self._answering = None

    def parcels(
        self, arrived: Arrived, content: bytes, accounts: Sequence[AccountId]
    ) -> list[tuple[AccountId, Parcel]]:
        """The answers to this message, staged, by who answers; nearly always none."""
        if self._answering is None:
            self._answering = self._store.glance(NO_ACCOUNT, vacation.answering)
        asked = [account for account in accounts if account in self._answering]
        if not asked:
            return []
        now = int(self._clock.now())
        away = self._store.glance(NO_ACCOUNT, lambda tx: _away(tx, asked, now))
        sender = arrived.envelope.reverse_path
        if not away or sender is None or not may_answer(sender, content):
            return []
        named = addressed(content)
        found = [self._parcel(account, one, arrived, content, named, sender, now) for account, one in away]
        return [(account, parcel) for (account, _), parcel in zip(away, found, strict=True) if parcel]

    def _parcel(
        self,
        account: AccountId,
        away: Vacation,
        arrived: Arrived,
        content: bytes,
        named: Sequence[Address],
        sender: Address,
        now: int,
    ) -> Parcel | None:
        own = next((address for address in named if self._is_own(account, address)), None)
        if own is None or self._directory.may_send_as(account, sender):
            return None
        key = address_key(sender)
        if self._store.glance(account, lambda tx: vacation.has_told(tx, key, now)):
            return None
        reached = self._reached(sender)
        if reached is None:
            return None
        parcel = self._staged(self._reply(account, away, own, sender, content, now), reached, now)
        self._log.info("answered for somebody away", id=arrived.trace_id, account=account, to=sender)

        def is_wanted(tx: Writing) -> bool:
            return vacation.tell(tx.of(account), key, now)

        return parcel._replace(is_wanted=is_wanted)

    def _is_own(self, account: AccountId, address: Address) -> bool:
        """Whether mail to this address is mail to this person; a group of several is not."""
        try:
            expansion = self._directory.expand(address)
        except Refused:
            return False
        return expansion.accounts == (account,) and not expansion.remote

    def _reached(self, reader: Address) -> Reached | None:
        recipient = Recipient(reader, notify=NEVER)
        try:
            expansion = self._directory.expand(reader)
        except NoSuchDomain:
            return Reached(recipient, remote=(reader,))
        except Refused:
            return None
        return Reached(recipient, expansion.accounts, expansion.remote)

    def _reply(
        self, account: AccountId, away: Vacation, own: Address, sender: Address, content: bytes, now: int
    ) -> tuple[str, bytes]:
        name, spoken = self._store.glance(account, lambda tx: _spoken(tx, own))
        reply_id = secrets.token_hex(8)
        message = build_reply(
            Reply(
                name=name or self._directory.account(account).display_name,
                address=own,
                reader=sender,
                message=content,
                at=now,
                message_id=f"<{reply_id}@{self._settings.hostname}>",
                subject=away.subject,
                text=away.text_body,
                html=away.html_body,
                language=spoken,
            )
        )
        return reply_id, message

    def _staged(self, reply: tuple[str, bytes], reached: Reached, now: int) -> Parcel:
        reply_id, message = reply
        path = return_path(None)
        blob = self._store.blobs.stage(path + message)
        queued = None
        if reached.remote:
            body_type = BodyType.SEVEN_BIT if message.isascii() else BodyType.EIGHT_BIT
            envelope = Envelope(None, (reached.recipient,), body_type, smtputf8=not message.isascii())
            sent = Arrived(envelope, HERE, b"", reply_id, now)
            queued = self._intake.queued(
                sent, [(reached, address) for address in reached.remote], blob, len(path)
            )
        email = new_email(path + message, blob, now) if reached.accounts else None
        return Parcel(email, reached.accounts, queued, is_report=True)


def _away(tx: Reading, accounts: Sequence[AccountId], now: int) -> list[tuple[AccountId, Vacation]]:
    found = []
    for account in accounts:
        one = vacation.away(tx.of(account), now)
        if one is not None:
            found.append((account, one))
            if len(found) >= AWAY_MAX:
                break
    return found


def _spoken(tx: Reading, own: Address) -> tuple[str, str]:
    """(the name that the account writes under with this address, its language)."""
    name = next((one.name for one in identities.identities(tx) if one.email == str(own)), "")
    return name, language(tx)
