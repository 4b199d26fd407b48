"""What a POP3 client may send before it is told no, and before it is told goodbye."""

from typing import Final

COMMAND_BYTES_MAX: Final = 1_280
"""RFC 2449 §4 asks for 255 octets; a password here may be longer."""
RESPONSE_BYTES_MAX: Final = 12_288
"""RFC 5034 §4: a line of an AUTH exchange."""
JUNK_BYTES_MAX: Final = 64 * 1024
"""A longer line ends the conversation."""
BAD_COMMANDS_BEFORE_LOGIN_MAX: Final = 3
BAD_COMMANDS_MAX: Final = 20
LOGINS_MAX: Final = 5
"""Failed logins of one connection."""
