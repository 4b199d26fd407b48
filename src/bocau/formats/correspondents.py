"""Address fields as a digest needs them: read once, and remembered.

raw value → parse_address_list → ENVELOPE notation · sort key · name shown · first mailbox
"""

from functools import lru_cache
from typing import Final, NamedTuple

from bocau.formats.address_list import GroupMarker, Mailbox, parse_address_list
from bocau.formats.casemap import casemap
from bocau.formats.charset import storable
from bocau.formats.structure import Addresses, address_list_notation
from bocau.formats.words import decode_words

KEY_CHARACTERS_MAX: Final = 998
"""Of each text; what is longer is ordered by its beginning."""
MAILBOX_CHARACTERS_MAX: Final = 320
VALUES_CACHED: Final = 2048
CACHED_BYTES_MAX: Final = 128
"""A longer value is read anew each time."""


class Correspondents(NamedTuple):
    """What one address field says."""

    notation: bytes
    """RFC 9051 §7.5.2, as in an ENVELOPE."""
    key: str
    """addr-mailbox of the first address, a group's name (RFC 5256 §3), folded by i;unicode-casemap."""
    name: str
    """What RFC 5957 §3 shows of the first address, folded: name, else mailbox@host, else what there is."""
    first: str
    """The first mailbox, `local@domain`; "": there is none."""


NOBODY: Final = Correspondents(b"NIL", "", "", "")


def correspondents(value: bytes) -> Correspondents:
    """Read the value of an address field. Never raises."""
    return (_known if len(value) <= CACHED_BYTES_MAX else _read)(value)


def _read(value: bytes) -> Correspondents:
    addresses = parse_address_list(value)
    if not addresses:
        return NOBODY
    return Correspondents(address_list_notation(addresses), *_keys(addresses[0]), _first_mailbox(addresses))


# The same people write to each other: most fields have been seen before.
_known = lru_cache(VALUES_CACHED)(_read)


def _keys(first: Mailbox | GroupMarker) -> tuple[str, str]:
    if isinstance(first, GroupMarker):
        key = _text_key(first.name or b"")
        return key, key
    name, _, local, host = first
    key = _text_key(local)
    if name and (shown := _text_key(name)):
        return key, shown
    return key, _text_key(local + b"@" + host) if host else key


def _text_key(octets: bytes) -> str:
    return casemap(decode_words(octets[:KEY_CHARACTERS_MAX]).strip(" "))[:KEY_CHARACTERS_MAX]


def _first_mailbox(addresses: Addresses) -> str:
    for address in addresses:
        if isinstance(address, Mailbox):
            return storable(b"%b@%b" % (address.local, address.host))[:MAILBOX_CHARACTERS_MAX]
    return ""
