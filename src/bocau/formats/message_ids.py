"""Message-IDs as numbers: what a message is called and what it refers to (RFC 5322 §3.6.4).

References: <1@a> <2@b>  →  (-7316…, 1840…)
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from struct import Struct, pack
from typing import Final

REFERENCES_MAX: Final = 100
"""Of a longer chain the first and the latest 99 are kept."""
VALUE_BYTES_MAX: Final = 16 * 1024
"""Of a longer value the beginning and the end are read."""
KEYS_CACHED: Final = 1024
CACHED_BYTES_MAX: Final = 128
_HEAD_BYTES: Final = 2 * 1024

_ID: Final = re.compile(rb"<([^<>]++)>")
_NO_PART: Final = b' \t\r\n"'
_signed: Final = Struct("<q").unpack


def message_key(identifier: bytes) -> int:
    """64 bits of a Message-ID's hash, signed; never 0. Quotes that it does not need are no part of it
    (RFC 5256 §3: `<"1"@x>` and `<1@x>` are the same)."""
    return (_known_key if len(identifier) <= CACHED_BYTES_MAX else _new_key)(identifier)


def _new_key(identifier: bytes) -> int:
    key: int = _signed(blake2b(identifier.translate(None, _NO_PART), digest_size=8).digest())[0]
    return key or 1


# A reply names its parent in two fields, and the next one names both again.
_known_key = lru_cache(KEYS_CACHED)(_new_key)


def first_key(value: bytes) -> int:
    """The key of the first Message-ID in a field's value; 0: none."""
    match = _ID.search(value, 0, VALUE_BYTES_MAX)
    return message_key(match[1]) if match else 0


def keys_in(value: bytes) -> list[int]:
    """The keys of the Message-IDs in a field's value, in order, each once; REFERENCES_MAX at most."""
    if len(value) > VALUE_BYTES_MAX:
        tail = value[_HEAD_BYTES - VALUE_BYTES_MAX :]
        value = value[:_HEAD_BYTES] + tail[tail.find(b"<") :]
    found: Sequence[bytes] = _ID.findall(value)
    if len(found) > REFERENCES_MAX:
        found = [found[0], *found[1 - REFERENCES_MAX :]]
    return list(dict.fromkeys(map(message_key, found)))


def pack_keys(keys: Sequence[int]) -> bytes:
    """Keys as the store keeps them: 8 bytes each, little-endian, signed."""
    return pack(f"<{len(keys)}q", *keys)
