"""What goes to other servers becomes a message for the queue."""

from collections.abc import Sequence

from bocau.flow.local.reached import Reached
from bocau.flow.settings import FlowSettings
from bocau.flow.values import Arrived, Envelope, Notify, Recipient
from bocau.formats.address import Address
from bocau.runtime.clock import Clock
from bocau.store import BlobRef
from bocau.store.queue import NewQueued, NewQueuedRecipient

_NOTIFY_ORDER = (Notify.NEVER, Notify.SUCCESS, Notify.FAILURE, Notify.DELAY)


class Intake:
    """Knows the routes, so that what shares a server shares a place in the queue."""

    def __init__(self, settings: FlowSettings, clock: Clock) -> None:
        self._clock = clock
        self._settings = settings
        self._table = settings.outbound.table

    def queued(
        self,
        arrived: Arrived,
        targets: Sequence[tuple[Reached, Address]],
        blob: BlobRef,
        skip_bytes: int,
    ) -> NewQueued:
        """One message with a recipient for each address, however many ways lead to it."""
        envelope = arrived.envelope
        unique = {address.key: (reached, address) for reached, address in reversed(targets)}
        recipients = tuple(
            self._recipient(reached, address) for reached, address in reversed(unique.values())
        )
        created_at = int(self._clock.now())
        is_warned = envelope.reverse_path is not None and any(wants_delay(r.notify) for r in recipients)
        return NewQueued(
            trace_id=arrived.trace_id,
            account_id=arrived.origin.account_id,
            blob=blob,
            skip_bytes=skip_bytes,
            reverse_path="" if envelope.reverse_path is None else str(envelope.reverse_path),
            recipients=recipients,
            body_type=envelope.body_type.value,
            smtputf8=_needs_smtputf8(envelope, targets),
            created_at=created_at,
            expires_at=created_at + int(self._settings.lifetime_seconds),
            warn_at=created_at + int(self._settings.warning_seconds) if is_warned else None,
            envid=envelope.envid,
            ret=envelope.ret,
        )

    def _recipient(self, reached: Reached, address: Address) -> NewQueuedRecipient:
        return NewQueuedRecipient(
            address=str(address),
            domain=address.domain,
            destination=self._table.destination(address.domain),
            orcpt=reached.recipient.original or _original(reached.recipient, address),
            notify=_notify(reached),
        )


def wants_delay(notify: str | None) -> bool:
    """RFC 3461 §5.2.5: when nothing is said, DELAY may be sent."""
    return notify is None or "DELAY" in notify


def _original(recipient: Recipient, address: Address) -> str | None:
    """Mail that an alias sends on keeps the address its sender knows (RFC 3461 §5.2.7)."""
    if address == recipient.address:
        return None
    kind = "utf-8" if recipient.address.needs_smtputf8 else "rfc822"
    return f"{kind};{recipient.address}"


def _notify(reached: Reached) -> str | None:
    """RFC 3461 §5.2.7.3: what a list sends on no longer asks for success, the list itself has confirmed
    it."""
    notify = reached.recipient.notify
    if notify is None:
        return None
    kept = notify - {Notify.SUCCESS} if reached.is_expanded else notify
    return ",".join(word.value for word in _NOTIFY_ORDER if word in kept) or Notify.NEVER.value


def _needs_smtputf8(envelope: Envelope, targets: Sequence[tuple[Reached, Address]]) -> bool:
    if envelope.smtputf8 or any(address.needs_smtputf8 for _, address in targets):
        return True
    return envelope.reverse_path is not None and envelope.reverse_path.needs_smtputf8
