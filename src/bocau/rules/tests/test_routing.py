"""Routes, smarthost, MX in order, null MX, loops; DNS as a dict."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.rules.routing import (
    Hop,
    RoutingTable,
    Unroutable,
    order_addresses,
    order_exchangers,
    route,
)


@dataclass(frozen=True)
class Mx:
    preference: int
    exchange: str


@dataclass
class Dns:
    records: dict[str, list[Mx]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)

    async def mx(self, domain: str) -> list[Mx]:
        return self.records.get(domain, [])

    async def addresses(self, host: str) -> list[str]:
        return self.hosts.get(host, [])

    async def exists(self, name: str) -> bool:
        return name in self.records or name in self.hosts


OWN = frozenset({"mail.here.test", "192.0.2.1"})


def same(items: Sequence[str]) -> list[str]:
    return list(items)


def backwards(items: Sequence[str]) -> list[str]:
    return list(reversed(items))


async def hosts(domain: str, dns: Dns, table: RoutingTable = RoutingTable()) -> list[str]:
    return [str(hop) for hop in await route(domain, table, dns, OWN, same)]


async def test_exchangers_by_preference_equals_by_chance() -> None:
    records = [Mx(20, "c"), Mx(10, "a"), Mx(10, "b"), Mx(30, "a")]
    assert order_exchangers(records, OWN, same) == ["a", "b", "c"]
    assert order_exchangers(records, OWN, backwards) == ["b", "a", "c"]


async def test_without_mx_the_domain_itself(table: RoutingTable = RoutingTable(port=2525)) -> None:
    assert await hosts("x.test", Dns(hosts={"x.test": ["192.0.2.9"]}), table) == ["x.test:2525"]


@pytest.mark.parametrize(
    ("dns", "status"),
    [
        (Dns(), "5.1.2"),
        (Dns(hosts={"x.test": []}), "5.4.4"),
        (Dns({"x.test": [Mx(0, "")]}), "5.1.10"),
        (Dns({"x.test": [Mx(10, "mail.here.test"), Mx(20, "other")]}), "5.4.6"),
        (Dns({"x.test": [Mx(10, "other"), Mx(10, "mail.here.test")]}), "5.4.6"),
    ],
)
async def test_what_can_never_be_delivered(dns: Dns, status: str) -> None:
    with pytest.raises(Unroutable) as caught:
        await hosts("x.test", dns)
    assert caught.value.status == status


async def test_only_exchangers_better_than_ourselves_are_tried() -> None:
    dns = Dns({"x.test": [Mx(5, "best"), Mx(10, "mail.here.test"), Mx(10, "equal"), Mx(20, "worse")]})
    assert await hosts("x.test", dns) == ["best:25"]


async def test_null_mx_beside_others_is_ignored() -> None:
    assert await hosts("x.test", Dns({"x.test": [Mx(0, ""), Mx(10, "a")]})) == ["a:25"]


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("x.test", "10.0.0.1:25"),
        ("a.x.test", "relay:587"),
        ("y.test", "relay:587"),
        ("a.b.y.test", "10.0.0.2:26"),
        ("[192.0.2.9]", "relay:587"),
    ],
)
async def test_what_is_laid_down_comes_before_the_dns(domain: str, host: str) -> None:
    routes = {"x.test": Hop("10.0.0.1", 25), ".y.test": Hop("10.0.0.2", 26)}
    table = RoutingTable(routes, Hop("relay", 587))
    assert await hosts(domain, Dns(), table) == [host]
    assert table.destination(domain) == f"={host}"


async def test_address_literals() -> None:
    assert await hosts("[192.0.2.9]", Dns()) == ["192.0.2.9:25"]
    assert await hosts("[IPv6:2001:db8::9]", Dns()) == ["[2001:db8::9]:25"]
    with pytest.raises(Unroutable):
        await hosts("[x400:abc]", Dns())


def test_families_take_turns_and_own_addresses_are_left_out() -> None:
    found = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert order_addresses(found, OWN) == ["2001:db8::1", "192.0.2.2", "2001:db8::2", "192.0.2.3"]


@given(st.lists(st.builds(Mx, st.integers(0, 5), st.sampled_from("abcdefghijklmnop"))))
def test_hostile_zones_are_bounded_and_nobody_comes_twice(records: list[Mx]) -> None:
    if records:
        ordered = order_exchangers(records, OWN, same)
        assert len(ordered) == len(set(ordered)) <= 10
