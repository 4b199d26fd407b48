"""Which server mail for a domain goes to (RFC 5321 §5.1, RFC 7505). DNS comes in through a port; chance is
handed in.

domain → route of its own | smarthost | address literal | MX → hosts in order → addresses in order
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Protocol, TypeVar

HOSTS_MAX: Final = 10
"""Exchangers that one attempt looks at; a hostile zone may list thousands."""
ADDRESSES_MAX: Final = 10
"""Addresses of one host that one attempt dials."""

T = TypeVar("T")
Shuffle = Callable[[Sequence[T]], list[T]]
"""Returns the items in random order (`random.sample` over all of them)."""


class Exchange(Protocol):
    """An MX record (`runtime.resolver.MxRecord`)."""

    @property
    def preference(self) -> int: ...
    @property
    def exchange(self) -> str: ...


class Names(Protocol):
    """What routing asks of the DNS; an empty answer is a "no", DnsUnavailable is raised for "not now"."""

    async def mx(self, domain: str) -> Sequence[Exchange]: ...
    async def addresses(self, host: str) -> Sequence[str]: ...
    async def exists(self, name: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Hop:
    """A server to hand mail to: a name or an IP address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """What an administrator has laid down, before the DNS is asked."""

    routes: Mapping[str, Hop] = field(default_factory=dict)
    """Domain → server; ".example.org" covers its subdomains."""
    smarthost: Hop | None = None
    port: int = 25

    def fixed(self, domain: str) -> Hop | None:
        """The server laid down for `domain`, if any: its own route, that of a parent domain, the
        smarthost."""
        if not self.routes:
            return self.smarthost
        if (hop := self.routes.get(domain)) is not None:
            return hop
        rest = domain
        while "." in rest:
            rest = rest.partition(".")[2]
            if (hop := self.routes.get("." + rest)) is not None:
                return hop
        return self.smarthost

    def destination(self, domain: str) -> str:
        """What shares connections and their limit: the fixed server, else the domain."""
        hop = self.fixed(domain)
        return domain if hop is None else f"={hop}"


class Unroutable(Exception):
    """The mail cannot be delivered, now or later; `status` is the RFC 3463 code for the bounce."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


async def route(
    domain: str, table: RoutingTable, names: Names, own: Collection[str], shuffle: Shuffle[str]
) -> list[Hop]:
    """The servers for `domain`, best first. `own` are our names and addresses.

    Raises Unroutable for good, DnsUnavailable for now."""
    fixed = table.fixed(domain)
    if fixed is not None:
        return [fixed]
    if domain.startswith("["):
        return [Hop(literal_address(domain), table.port)]
    records = await names.mx(domain)
    if records:
        return [Hop(host, table.port) for host in order_exchangers(records, own, shuffle)]
    # RFC 5321 §5.1: without MX records the domain itself is its exchanger, provided that it has an address.
    if await names.addresses(domain):
        return [Hop(domain, table.port)]
    if await names.exists(domain):
        raise Unroutable("5.4.4", f"{domain} has neither MX nor address records")
    raise Unroutable("5.1.2", f"the domain {domain} does not exist")


def order_exchangers(records: Iterable[Exchange], own: Collection[str], shuffle: Shuffle[str]) -> list[str]:
    """Exchangers by preference, equals in random order; ourselves and whatever is not better are left out.

    Raises Unroutable for a null MX (RFC 7505) and for a domain whose best exchanger we are (RFC 5321
    §5.1)."""
    groups: dict[int, list[str]] = {}
    for record in records:
        groups.setdefault(record.preference, []).append(record.exchange)
    named = [host for hosts in groups.values() for host in hosts if host]
    if not named:
        raise Unroutable("5.1.10", "the domain accepts no mail (null MX)")
    ordered: list[str] = []
    for preference in sorted(groups):
        hosts = list(dict.fromkeys(h for h in groups[preference] if h and h not in ordered))
        if any(host in own for host in hosts):
            break
        ordered += shuffle(hosts)
    if not ordered:
        raise Unroutable("5.4.6", "mail for the domain loops back to this server")
    return ordered[:HOSTS_MAX]


def literal_address(domain: str) -> str:
    """The IP address of "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 §4.1.3). Raises Unroutable."""
    text = domain[1:-1]
    text = text[5:] if text[:5].casefold() == "ipv6:" else text
    if not is_address(text):
        raise Unroutable("5.1.2", f"{domain} is not an address that can be reached")
    return text


def is_address(host: str) -> bool:
    """Whether `host` is an IP address rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def order_addresses(addresses: Iterable[str], own: Collection[str] = ()) -> list[str]:
    """IPv6 and IPv4 in turns, IPv6 first, so that a broken one of them costs one attempt; ours are left
    out."""
    kept = [a for a in dict.fromkeys(addresses) if a not in own]
    six = [a for a in kept if ":" in a]
    four = [a for a in kept if ":" not in a]
    ordered: list[str] = []
    for i in range(max(len(six), len(four))):
        ordered += six[i : i + 1] + four[i : i + 1]
    return ordered[:ADDRESSES_MAX]
