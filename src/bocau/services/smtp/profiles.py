"""The three kinds of listener and what each offers and asks (RFC 5321, 6409, 8314, 2033)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bocau.protocols.smtp import Dialect, Reply
from bocau.rules.quirks import NOTHING, leaves_out
from bocau.services.smtp.settings import SmtpSettings


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    dialect: Dialect
    requires_login: bool = False
    """AUTH, and TLS before it; the recipient may be anywhere, the sender must belong to the login."""
    watches_early_talkers: bool = True


MX: Final = Profile("mx", Dialect.SMTP)
SUBMISSION: Final = Profile("submission", Dialect.SMTP, requires_login=True)
LMTP: Final = Profile("lmtp", Dialect.LMTP, watches_early_talkers=False)


def ehlo_reply(
    settings: SmtpSettings,
    *,
    offers_tls: bool,
    mechanisms: Sequence[str],
    without: frozenset[str] = NOTHING,
) -> Reply:
    """The answer to EHLO or LHLO: one keyword a line (RFC 5321 §4.1.1.1)."""
    limits = settings.limits
    keywords = [
        "PIPELINING",
        f"SIZE {limits.message_bytes_max}",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "CHUNKING",
        "BINARYMIME",
        "DSN",
        f"LIMITS RCPTMAX={limits.recipients_max}",
    ]
    if offers_tls:
        keywords.append("STARTTLS")
    if mechanisms:
        keywords.append(f"AUTH {' '.join(mechanisms)}")
    keywords.append("HELP")
    shown = [word for word in keywords if not leaves_out(without, word.partition(" ")[0])]
    return Reply(250, "", f"{settings.hostname} at your service", *shown)
