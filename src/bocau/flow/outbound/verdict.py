"""What one attempt came to, recipient by recipient, and what that makes of a server's answers."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bocau.base.wiretext import printable
from bocau.protocols.smtp.client import Answer, Step
from bocau.protocols.smtp.reply import Reply

WORDS_CHARACTERS_MAX: Final = 1000
"""How much of what a server says is kept."""
STATUS_DEFAULTS: Final = {2: "2.0.0", 4: "4.0.0", 5: "5.0.0"}


class Fate(Enum):
    SENT = "sent"
    DEFERRED = "deferred"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it stands with one recipient after an attempt."""

    fate: Fate
    status: str
    """RFC 3463."""
    reply: str
    """The server's own words, or ours when no server said anything."""
    relay: str = ""
    """Name of the server that said so; "" when it was us."""
    at: str = ""
    """The same with address and port, for the log."""
    is_dsn_passed: bool = False
    """The next server reports further on (RFC 3461 §5.2.2)."""


@dataclass(slots=True)
class Attempt:
    """The result of one attempt for one message at one destination."""

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    """By the recipient's number."""
    is_reached: bool = False
    """Some server of the destination talked to us; False: spare the destination for a while."""
    reason: str = ""
    """Why no server was reached."""


def judge(answer: Answer, relay: str, at: str, *, is_dsn_passed: bool) -> Verdict:
    """Only a 5xx is final (RFC 5321 §4.2.1); whatever is not understood may succeed later."""
    reply = answer.reply
    if answer.is_delivered:
        fate = Fate.SENT
    elif reply.code >= 500 and not is_too_many(answer):
        fate = Fate.BOUNCED
    else:
        fate = Fate.DEFERRED
    return Verdict(fate, _status(reply), said(reply), relay, at, is_dsn_passed)


def is_too_many(answer: Answer) -> bool:
    """The server takes no more recipients in this transaction (RFC 5321 §4.5.3.1.10: 552 stands for 452)."""
    if answer.step is not Step.RECIPIENT:
        return False
    reply = answer.reply
    return (reply.code == 452 and reply.enhanced in ("", "4.5.3")) or (
        reply.code == 552 and reply.enhanced in ("", "5.5.3")
    )


def said(reply: Reply) -> str:
    """A reply on one line, as bounces and the log quote it."""
    code = f"{reply.code} {reply.enhanced}" if reply.enhanced else f"{reply.code}"
    return f"{code} {printable(' '.join(reply.lines), maximum=WORDS_CHARACTERS_MAX)}"


def _status(reply: Reply) -> str:
    return reply.enhanced or STATUS_DEFAULTS.get(reply.code // 100, "4.0.0")
