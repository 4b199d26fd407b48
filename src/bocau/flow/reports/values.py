"""A report in the making: what became of which recipients (RFC 3464)."""

from dataclasses import dataclass
from enum import StrEnum

from bocau.formats.address import Address


class Action(StrEnum):
    """RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one recipient."""

    address: str
    original: str | None
    """ORCPT, "rfc822;user@example.org"."""
    action: Action
    status: str
    """RFC 3463, "5.1.1"."""
    diagnostic: str = ""
    """The remote server's own words, or ours."""
    remote_mta: str = ""
    """The server that said so; "" when it was this one."""
    attempted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One notification about one message. `content` is the message reported on; long ones are cut to the
    header."""

    reverse_path: Address | None
    fates: tuple[Fate, ...]
    trace_id: str
    arrived_at: float
    content: bytes
    envid: str | None = None
    ret: str | None = None
    expires_at: float | None = None
    """For delays: how long we go on trying."""
    smtputf8: bool = False
