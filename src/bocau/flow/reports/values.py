"""A notification in the making (RFC 3464): what became of some recipients of one message."""

from dataclasses import dataclass

from bocau.formats.address import Address
from bocau.formats.dsn import Action, RecipientReport
from bocau.formats.xtext import encode_xtext


@dataclass(frozen=True, slots=True)
class Notice:
    """All of `fates` share the action. `content` is the message reported on, or at least its header."""

    action: Action
    fates: tuple[RecipientReport, ...]
    reverse_path: Address | None
    trace_id: str
    arrived_at: float
    content: bytes
    envid: str | None = None
    ret: str | None = None
    smtputf8: bool = False


def original_recipient(orcpt: str | None) -> str | None:
    """ORCPT, kept decoded here, in the xtext that reports read."""
    if orcpt is None:
        return None
    kind, _, address = orcpt.partition(";")
    return f"{kind};{encode_xtext(address)}"
