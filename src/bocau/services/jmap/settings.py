"""What of JMAP an administrator may change."""

from dataclasses import dataclass, field

from bocau.services.jmap.limits import Limits


@dataclass(frozen=True, slots=True)
class JmapSettings:
    hostname: str = "localhost"
    ports: tuple[tuple[str, int], ...] = ()
    """Where mail programs find the other services: ("imaps", 993) …"""
    limits: Limits = field(default_factory=Limits)
    allows_plain_login: bool = False
    """Passwords without TLS: only from the loopback interface."""
    delayed_send_seconds_max: int = 400 * 86_400
    """How far ahead a message may be scheduled (`maxDelayedSend`)."""
    mailbox_depth_max: int = 20
    mailbox_name_bytes_max: int = 255
