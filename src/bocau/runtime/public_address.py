"""Which IP addresses a stranger may make this server speak to: public unicast ones alone.

IANA's special-purpose registries (RFC 6890 and its updates), and whatever carries an IPv4 address inside.
"""

import ipaddress
from typing import Final

_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")
_NOT_IPV6: Final = tuple(
    ipaddress.IPv6Network(text)
    # IETF protocols with Teredo and ORCHID, documentation (twice), 6to4, direct delegation of AS112.
    for text in ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16", "2620:4f:8000::/48")
)
_NOT_IPV4: Final = tuple(
    ipaddress.IPv4Network(text)
    # AS112, AMT, 6to4 relays; address space shared behind a provider's translation.
    for text in ("192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24", "100.64.0.0/10")
)


def is_public(text: str) -> bool:
    """Whether an address may be connected to on behalf of a message. False for anything but an address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        is_plain = address.is_global and not address.is_multicast and not address.is_reserved
        return is_plain and not any(address in network for network in _NOT_IPV4)
    # IPv4-mapped, IPv4-compatible, NAT64, link and site local, multicast: none of them lies in 2000::/3.
    if address.scope_id is not None or address not in _GLOBAL or not address.is_global:
        return False
    return not any(address in network for network in _NOT_IPV6)
