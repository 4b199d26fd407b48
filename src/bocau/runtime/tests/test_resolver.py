"""The resolver against a server on loopback that answers from a table, by UDP and TCP."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from bocau.base.errors import DnsUnavailable
from bocau.runtime import resolver as resolver_module
from bocau.runtime.dns_message import Type
from bocau.runtime.dns_servers import Servers, parse_server
from bocau.runtime.resolver import CACHE_ENTRIES_MAX, Answer, MxRecord, Resolver, ResolverSettings
from bocau.runtime.tests.conftest import Run

ZONE = {
    ("demo.test", "MX"): ["20 backup.demo.test.", "10 Mail.demo.test."],
    ("null.test", "MX"): ["0 ."],
    ("mail.demo.test", "A"): ["192.0.2.1", "192.0.2.2"],
    ("mail.demo.test", "AAAA"): ["2001:db8::1"],
    ("v4.demo.test", "A"): ["192.0.2.4"],
    ("demo.test", "TXT"): ['"v=spf1 " "mx -all"', '"other"'],
    ("big.test", "TXT"): [f'"{number:03d} {"x" * 200}"' for number in range(50)],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["mail.demo.test.", "evil\\010host.test."],
    ("www.demo.test", "CNAME"): ["v4.demo.test."],
    ("loop1.test", "CNAME"): ["loop2.test."],
    ("loop2.test", "CNAME"): ["loop1.test."],
}
EXISTING = {name for name, _ in ZONE} | {"1.2.0.192.in-addr.arpa", "half.test"}
SOA = "ns.test. admin.test. 1 2 3 4 300"


class TestServer(asyncio.DatagramProtocol):
    """Answers from ZONE like an authoritative server: it does not follow aliases out of the answer."""

    __test__ = False

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.rcodes: dict[tuple[str, str] | str, int] = {}
        self.silent = 0
        self.forges = False
        self.by_tcp = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        if self.silent:
            self.silent -= 1
            return
        if self.forges:
            # Wrong identifier, wrong question, garbage: each must be passed over.
            good = self.answer(data, 65535)
            for bad in (bytes([good[0] ^ 255]) + good[1:], good.replace(b"demo", b"evil"), b"\x00", b""):
                self.transport.sendto(bad, peer)  # type: ignore[attr-defined]
        self.transport.sendto(self.answer(data, 1232), peer)  # type: ignore[attr-defined]

    async def serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        reply = self.answer(await reader.readexactly(length), 65535)
        self.by_tcp += 1
        writer.write(len(reply).to_bytes(2, "big") + reply)
        writer.close()

    def answer(self, wire: bytes, size: int) -> bytes:
        query = dns.message.from_wire(wire)
        name, kind = str(query.question[0].name).rstrip("."), dns.rdatatype.to_text(query.question[0].rdtype)
        self.asked[name, kind] += 1
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AD
        forced = self.rcodes.get((name, kind), self.rcodes.get(name))
        if forced is not None:
            reply.set_rcode(dns.rcode.Rcode(forced))
            return reply.to_wire()
        for found in ((name, kind), (name, "CNAME")):
            if found in ZONE:
                reply.answer.append(dns.rrset.from_text_list(name + ".", 300, "IN", found[1], ZONE[found]))
                break
        if not reply.answer:
            reply.set_rcode(dns.rcode.NOERROR if name in EXISTING else dns.rcode.NXDOMAIN)
            reply.authority.append(dns.rrset.from_text("test.", 900, "IN", "SOA", SOA))
        try:
            return reply.to_wire(max_size=size)
        except dns.exception.TooBig:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            return reply.to_wire()


@asynccontextmanager
async def serving(**options: float) -> AsyncIterator[tuple[TestServer, Resolver]]:
    loop = asyncio.get_running_loop()
    server = TestServer()
    tcp = await asyncio.start_server(server.serve_tcp, "127.0.0.1", 0)
    port = tcp.sockets[0].getsockname()[1]
    udp, _ = await loop.create_datagram_endpoint(lambda: server, ("127.0.0.1", port))
    settings = {"timeout_seconds": 2.0, "tries": 2} | options
    resolver = Resolver(ResolverSettings(servers=(f"127.0.0.1:{port}",), **settings))  # type: ignore[arg-type]
    try:
        yield server, resolver
    finally:
        await resolver.close()
        udp.close()
        tcp.close()


def test_the_door_answers_what_the_zone_holds(run: Run) -> None:
    async def main() -> None:
        async with serving() as (_, resolver):
            assert await resolver.mx("DEMO.test.") == [
                MxRecord(10, "mail.demo.test"),
                MxRecord(20, "backup.demo.test"),
            ]
            assert await resolver.mx("null.test") == [MxRecord(0, "")]
            found = await resolver.addresses("mail.demo.test")
            assert found[0] == "2001:db8::1" and sorted(found[1:]) == ["192.0.2.1", "192.0.2.2"]
            assert sorted(await resolver.txt("demo.test")) == [b"other", b"v=spf1 mx -all"]
            # A name with a line feed in it is no host name and does not reach a header.
            assert await resolver.ptr("192.0.2.1") == ["mail.demo.test"]
            assert (await resolver.query("demo.test", Type.MX)).is_authentic

    run(main())


def test_no_is_an_empty_answer_and_only_nxdomain_is_no_name(run: Run) -> None:
    async def main() -> None:
        async with serving() as (_, resolver):
            assert await resolver.mx("nowhere.test") == []
            assert await resolver.mx("mail.demo.test") == []
            assert await resolver.addresses("nowhere.test") == []
            assert not await resolver.exists("nowhere.test")
            assert await resolver.exists("demo.test")
            assert await resolver.exists("v4.demo.test")

    run(main())


@pytest.mark.parametrize(
    "rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP, dns.rcode.FORMERR]
)
def test_not_now_is_not_no(run: Run, rcode: int) -> None:
    async def main() -> None:
        async with serving() as (server, resolver):
            server.rcodes["broken.test"] = rcode
            for question in (resolver.mx, resolver.txt, resolver.addresses, resolver.exists):
                with pytest.raises(DnsUnavailable):
                    await question("broken.test")

    run(main())


def test_one_failed_family_hides_nothing_that_was_found(run: Run) -> None:
    async def main() -> None:
        async with serving() as (server, resolver):
            server.rcodes["v4.demo.test", "AAAA"] = dns.rcode.SERVFAIL
            assert await resolver.addresses("v4.demo.test") == ["192.0.2.4"]
            server.rcodes["half.test", "AAAA"] = dns.rcode.SERVFAIL
            with pytest.raises(DnsUnavailable):
                await resolver.addresses("half.test")

    run(main())


def test_a_lost_datagram_is_asked_again_and_silence_is_unavailable(run: Run) -> None:
    async def main() -> None:
        async with serving(timeout_seconds=0.1) as (server, resolver):
            server.silent = 1
            assert len(await resolver.mx("demo.test")) == 2
            server.silent = 99
            with pytest.raises(DnsUnavailable, match="in time"):
                await resolver.mx("null.test")
            assert server.silent == 97

    run(main())


def test_the_next_server_is_asked_and_the_one_that_answers_is_preferred(run: Run) -> None:
    async def main() -> None:
        async with serving() as (_, resolver):
            good = resolver._servers.in_order()[0]
            # Nobody listens on port 1: the kernel says so at once.
            resolver._servers = Servers(("127.0.0.1:1", f"{good[0]}:{good[1]}"))
            assert len(await resolver.mx("demo.test")) == 2
            assert resolver._servers.in_order()[0] == good

    run(main())


def test_forged_datagrams_are_passed_over(run: Run) -> None:
    async def main() -> None:
        async with serving() as (server, resolver):
            server.forges = True
            found = await resolver.addresses("mail.demo.test")
            assert found[0] == "2001:db8::1" and sorted(found[1:]) == ["192.0.2.1", "192.0.2.2"]

    run(main())


def test_a_truncated_answer_is_fetched_by_tcp(run: Run) -> None:
    async def main() -> None:
        async with serving() as (server, resolver):
            found = await resolver.txt("big.test")
            assert sorted(text[:5] for text in found) == [b"%03d x" % number for number in range(50)]
            assert server.by_tcp == 1

    run(main())


def test_aliases_are_followed_and_loops_end(run: Run) -> None:
    async def main() -> None:
        async with serving() as (_, resolver):
            assert await resolver.addresses("www.demo.test") == ["192.0.2.4"]
            with pytest.raises(DnsUnavailable, match="aliases"):
                await resolver.txt("loop1.test")

    run(main())


def test_answers_yes_and_no_are_kept_and_shared(run: Run) -> None:
    async def main() -> None:
        async with serving() as (server, resolver):
            await asyncio.gather(*(resolver.mx("demo.test") for _ in range(50)))
            await resolver.mx("demo.test")
            for _ in range(3):
                await resolver.mx("nowhere.test")
            assert server.asked["demo.test", "MX"] == 1
            assert server.asked["nowhere.test", "MX"] == 1

    run(main())


def test_a_failure_is_kept_for_a_moment_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serving(tries=1) as (server, resolver):
            server.rcodes["demo.test"] = dns.rcode.SERVFAIL
            for _ in range(5):
                with pytest.raises(DnsUnavailable):
                    await resolver.mx("demo.test")
            assert server.asked["demo.test", "MX"] == 1
            del server.rcodes["demo.test"]
            (key, (expires_at, answer)) = next(iter(resolver._cache.items()))
            assert expires_at - asyncio.get_running_loop().time() <= resolver_module.FAILURE_TTL_SECONDS
            resolver._cache[key] = (0.0, answer)
            assert len(await resolver.mx("demo.test")) == 2

    run(main())


def test_who_gives_up_does_not_take_the_answer_from_the_others(run: Run) -> None:
    async def main() -> None:
        async with serving(timeout_seconds=0.1) as (server, resolver):
            server.silent = 1
            impatient = asyncio.create_task(resolver.mx("demo.test"))
            patient = asyncio.create_task(resolver.mx("demo.test"))
            await asyncio.sleep(0)
            impatient.cancel()
            assert len(await patient) == 2

    run(main())


def test_the_cache_is_bounded(run: Run) -> None:
    async def main() -> None:
        resolver = Resolver(ResolverSettings(servers=("127.0.0.1:1",)))
        for number in range(CACHE_ENTRIES_MAX + 1):
            resolver._keep((f"{number}.test", 1), Answer(), 60)
        assert len(resolver._cache) == CACHE_ENTRIES_MAX
        assert ("0.test", 1) not in resolver._cache
        await resolver.close()

    run(main())


def test_addresses_and_localhost_are_not_asked_for(run: Run) -> None:
    async def main() -> None:
        async with serving() as (server, resolver):
            assert await resolver.addresses("192.0.2.9") == ["192.0.2.9"]
            assert await resolver.addresses("[2001:db8::9]") == ["2001:db8::9"]
            assert await resolver.addresses("LocalHost.") == ["::1", "127.0.0.1"]
            assert await resolver.mx("no..name") == []
            assert not await resolver.exists("a" * 64 + ".test")
            assert not server.asked

    run(main())


def test_servers_are_read_from_text_and_from_resolv_conf(tmp_path: Path) -> None:
    assert parse_server("127.0.0.1:5353") == ("127.0.0.1", 5353)
    assert parse_server("192.0.2.1") == ("192.0.2.1", 53)
    assert parse_server("::1") == ("::1", 53)
    assert parse_server("[::1]:5353") == ("::1", 5353)
    for wrong in ("", "dns.test", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:5_3", "[::1]x"):
        with pytest.raises(ValueError):
            parse_server(wrong)
    conf = tmp_path / "resolv.conf"
    servers = Servers((), conf)
    assert servers.in_order() == [("127.0.0.1", 53)]
    conf.write_text(
        "# nameserver 9.9.9.9\nsearch x.test\nnameserver 192.0.2.53\nnameserver bad\nnameserver ::1\n"
    )
    assert servers.in_order() == [("192.0.2.53", 53), ("::1", 53)]
