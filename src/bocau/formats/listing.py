"""The header fields that clients list mailboxes with, kept ready to send (RFC 9051 §6.4.5, HEADER.FIELDS)."""

from collections.abc import Iterable
from typing import Final

LISTED_BYTES_MAX: Final = 16 * 1024
"""More than this is not kept: the header of such a message is read when it is asked for."""

# What Thunderbird, Roundcube, Apple Mail, mutt, NeoMutt and K-9 ask for. A name's place is its bit in the
# store: only append. Left out on purpose are DKIM-Signature, Authentication-Results and BIMI-*, which newer
# Apple Mails add: they are as long as all others together, and are asked for once a message.
_NAMES: Final = (
    b"date", b"from", b"subject", b"to", b"cc", b"message-id", b"content-type", b"in-reply-to",
    b"references", b"reply-to", b"bcc", b"sender", b"priority", b"x-priority", b"newsgroups",
    b"list-post", b"list-id", b"list-unsubscribe", b"list-subscribe",
    b"disposition-notification-to", b"mail-followup-to", b"mail-reply-to", b"content-description",
    b"lines", b"x-label", b"x-original-to",
    b"x-uniform-type-identifier", b"x-universally-unique-identifier", b"x-k9mail-identity",
    b"chat-version", b"importance", b"x-msmail-priority", b"x-draft-info", b"x-mozilla-draft-info",
)  # fmt: skip

LISTED_FIELDS: Final[dict[bytes, int]] = {name: 1 << place for place, name in enumerate(_NAMES)}
"""Lower-case name → its bit in `listed_fields`; at most 63."""

_bit_of: Final = LISTED_FIELDS.get


def pick_listed(wholes: Iterable[bytes], names: Iterable[bytes]) -> tuple[bytes | None, int]:
    """The listed fields of a message as they stand, in order, and their bits; (None, 0) when too long.

    `wholes` are whole fields with their line ends, `names` their names in lower case."""
    bits, kept = 0, []
    for whole, bit in zip(wholes, map(_bit_of, names), strict=True):
        if bit:
            bits |= bit
            kept.append(whole)
    text = b"".join(kept)
    return (text, bits) if len(text) <= LISTED_BYTES_MAX else (None, 0)
