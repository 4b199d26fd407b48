"""Every limit of the SMTP engine, by name."""

from dataclasses import dataclass
from typing import Final

COMMAND_BYTES_MAX: Final = 4096
"""RFC 5321 §4.5.3.1.4 asks for 512, each extension for more; the longest legal MAIL stays below 2,100."""
AUTH_BYTES_MAX: Final = 12288
"""RFC 4954 §4: a client's AUTH line or response."""
JUNK_BYTES_MAX: Final = 64 * 1024
"""An over-long line is skipped up to here; then the conversation ends."""
REPLY_BYTES_MAX: Final = 64 * 1024
"""One reply of a server, all its lines together."""
PARAMETERS_MAX: Final = 16
HELLO_NAME_BYTES_MAX: Final = 255
ENVID_BYTES_MAX: Final = 100
"""RFC 3461 §4.4."""
ORIGINAL_RECIPIENT_BYTES_MAX: Final = 500
"""RFC 3461 §4.2."""
SIZE_DIGITS_MAX: Final = 20
"""RFC 1870 §6; what is longer than 19 digits cannot be meant."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much of a message is taken, and how much more is read and thrown away after a refusal."""

    message_bytes_max: int = 50_000_000
    discard_bytes_max: int = 250_000_000
