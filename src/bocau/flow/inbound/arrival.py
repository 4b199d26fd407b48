"""What every arriving message is checked for and marked with (RFC 5321 §4.4, §6.3)."""

from typing import Final

from bocau.base.errors import HeaderTooLarge, MailLoop, MessageTooLarge
from bocau.flow.values import Arrived
from bocau.formats.header import HEADER_BYTES_MAX, body_start
from bocau.formats.trace import Hop, received, received_count

RECEIVED_MAX: Final = 100
"""RFC 5321 §6.3: more Received fields than this are taken for a loop."""


def check(arrived: Arrived, size_max_bytes: int) -> None:
    """Raises MessageTooLarge, HeaderTooLarge, MailLoop."""
    if len(arrived.content) > size_max_bytes:
        raise MessageTooLarge(f"{len(arrived.content)} bytes are more than {size_max_bytes}")
    # Fields further down would be looked at by nobody here, and by some other program. A message may end
    # with its header.
    looked_at = min(len(arrived.content), HEADER_BYTES_MAX + 1)
    if body_start(arrived.content, 0, looked_at) > HEADER_BYTES_MAX:
        raise HeaderTooLarge(f"the header is longer than {HEADER_BYTES_MAX} bytes")
    if received_count(arrived.content) > RECEIVED_MAX:
        raise MailLoop(f"more than {RECEIVED_MAX} Received fields")


def received_field(arrived: Arrived, hostname: str) -> bytes:
    """Our Received field for this message."""
    origin = arrived.origin
    return received(
        Hop(
            server_name=hostname,
            protocol=origin.protocol,
            trace_id=arrived.trace_id,
            at=int(arrived.arrived_at),
            client_host=origin.client_host,
            helo=origin.helo,
            tls_version=origin.tls_version,
            tls_cipher=origin.tls_cipher,
            recipients=tuple(r.address for r in arrived.envelope.recipients)
            if len(arrived.envelope.recipients) == 1
            else (),
        )
    )
