"""What the flow can be told: names, limits, routes. Composed by `config`."""

from dataclasses import dataclass, field
from enum import StrEnum

from bocau.rules import retry
from bocau.rules.routing import Hop, RoutingTable


class SmarthostTls(StrEnum):
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"
    """STARTTLS or nothing; the certificate is checked."""
    IMPLICIT = "implicit"
    """TLS from the first byte (port 465); the certificate is checked."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Smarthost:
    """The server that takes everything for other domains."""

    hop: Hop
    user: str = ""
    password: str = field(default="", repr=False)
    tls: SmarthostTls = SmarthostTls.OPPORTUNISTIC
    is_certificate_checked: bool = True

    @property
    def required_tls(self) -> SmarthostTls:
        """A password is never sent without TLS."""
        if self.user and self.tls is SmarthostTls.OPPORTUNISTIC:
            return SmarthostTls.REQUIRED
        return self.tls


@dataclass(frozen=True, slots=True)
class OutboundSettings:
    """Sending to other servers."""

    port: int = 25
    routes: dict[str, Hop] = field(default_factory=dict)
    smarthost: Smarthost | None = None
    source_addresses: tuple[str, ...] = ()
    """Local addresses to send from, at most one per family; empty: the system chooses."""
    own_addresses: tuple[str, ...] = ()
    """Addresses under which we are reached: an MX that points there is ourselves."""
    connections_per_destination: int = 5
    connections_max: int = 100
    messages_per_connection: int = 100
    idle_seconds: float = 5.0
    """How long an open connection waits for the next message to the same destination."""

    @property
    def table(self) -> RoutingTable:
        return RoutingTable(
            routes=self.routes, smarthost=self.smarthost.hop if self.smarthost else None, port=self.port
        )


@dataclass(frozen=True, slots=True)
class FlowSettings:
    hostname: str
    """Our name in HELO, Received, Message-ID and reports."""
    size_max_bytes: int = 50 * 1024 * 1024
    messages_per_hour: int = 1000
    """Messages that one account may submit in an hour."""
    recipients_per_day: int = 10_000
    """Recipients that one account may write to in 24 hours."""
    lifetime_seconds: float = retry.LIFETIME_SECONDS
    warning_seconds: float = retry.WARNING_SECONDS
    outbound: OutboundSettings = field(default_factory=OutboundSettings)
