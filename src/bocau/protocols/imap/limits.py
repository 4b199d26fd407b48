"""Named limits of the IMAP engine: small for strangers, roomy once the client is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command may cost. A greater one is refused, an absurd one ends the connection."""

    line_bytes_max: int
    """One line without its literals. RFC 2683 §3.2.1.5 asks for 8,000; real uid sets are longer."""
    command_bytes_max: int
    """All lines and literals of one command together (the bodies of APPEND are counted apart)."""
    literal_count_max: int
    nesting_max: int
    """Parentheses, NOT and OR inside each other."""
    discard_bytes_max: int
    """How much of a refused non-synchronizing literal is read and thrown away before BYE (RFC 7888 §4)."""


STRANGER = Limits(
    line_bytes_max=8 * 1024,
    command_bytes_max=8 * 1024,
    literal_count_max=8,
    nesting_max=4,
    discard_bytes_max=64 * 1024,
)
"""Before login. A SASL response (RFC 4959) fits in one line."""

KNOWN = Limits(
    line_bytes_max=64 * 1024,
    command_bytes_max=512 * 1024,
    literal_count_max=1000,
    nesting_max=50,
    discard_bytes_max=128 * 1024 * 1024,
)

APPEND_BYTES_MAX = 64 * 1024 * 1024
"""The default of one appended message (RFC 7889)."""
APPEND_COUNT_MAX = 1000
"""Messages in one MULTIAPPEND (RFC 3502)."""
CATENATE_PARTS_MAX = 1000
"""Parts of one message put together by CATENATE (RFC 4469)."""
URL_BYTES_MAX = 8 * 1024
"""A URL that comes as a literal."""
CHUNK_BYTES = 256 * 1024
"""An appended body up to this comes as one chunk; a greater one as it arrives."""
SASL_BYTES_MAX = 8 * 1024
FETCH_ITEMS_MAX = 100
SECTION_DEPTH_MAX = 100
NAME_BYTES_MAX = 4096
