"""How long a server may take in each phase (RFC 5321 §4.5.3.2), and all of it together."""

from typing import Final

from bocau.protocols.smtp.client import Step

CONNECT_SECONDS: Final = 30.0
BLOCK_SECONDS: Final = 180.0
"""For taking one block of the body."""
ATTEMPT_SECONDS_MAX: Final = 2 * 3600.0
"""One attempt with all its hosts; a slow drip of replies must not last for ever."""

REPLY_SECONDS: Final = {
    Step.GREETING: 300.0,
    Step.HELLO: 300.0,
    Step.PLAIN_HELLO: 300.0,
    Step.START_TLS: 120.0,
    Step.AUTH: 120.0,
    Step.RESET: 60.0,
    Step.MAIL: 300.0,
    Step.RECIPIENT: 300.0,
    Step.DATA: 120.0,
    Step.BODY: 600.0,
    Step.QUIT: 5.0,
}
"""Whole replies, from the last one on: a byte a second does not stretch them."""
