"""Where mail goes by the DNS, asked of a real name server (RFC 5321 §5.1, RFC 7505, RFC 5890)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exchange.nameserver import NameServer
from harness import Server, eventually
from smtp.admin import cli, told
from smtp.far import Far
from smtp.wire import Wire, letter, newest

FOUR, DEAD = "127.0.0.4", "127.0.0.9"
PHO = "phở.test"
PHO_A_LABELS = "xn--ph-rbt.test"
ZONES = {
    "best.test": ["@ MX 20 second", "@ MX 10 first", f"first A {FOUR}", f"second A {DEAD}"],
    "spare.test": ["@ MX 10 first", "@ MX 20 second", f"first A {DEAD}", f"second A {FOUR}"],
    "six.test": ["@ MX 10 mx", "mx AAAA ::1"],
    "both.test": ["@ MX 10 mx", "mx AAAA ::2", f"mx A {FOUR}"],
    "plain.test": [f"@ A {FOUR}"],
    "plain6.test": ["@ AAAA ::1"],
    "null.test": ["@ MX 0 .", f"@ A {FOUR}"],
    "nothing.test": ["@ TXT none"],
    "away.test": ["@ MX 10 mx.nothing.test."],
    "alias.test": ["@ MX 10 mx", "mx CNAME real", f"real A {FOUR}"],
    "broken.test": ["@ THIS is no zone"],
    PHO_A_LABELS: ["@ MX 10 mx", f"mx A {FOUR}"],
    # The same server is the best exchanger of its own domain: mail must not come back to it.
    "ours.test": ["@ MX 10 mail.demo.test.", "@ MX 20 mx", f"mx A {FOUR}"],
}


@dataclass
class World:
    server: Server
    four: Far
    six: Far

    def send(self, subject: str, *recipients: str) -> None:
        with Wire(self.server, "submissions") as wire:
            assert wire.login("alice@demo.test", self.server.password).code == 235
            assert wire.mail("alice@demo.test", "SMTPUTF8").code == 250
            for recipient in recipients:
                assert wire.rcpt(recipient).code == 250
            assert wire.data(letter(subject, author="alice@demo.test")).code == 250

    def waiting(self) -> list[dict[str, Any]]:
        """What was tried and still waits."""
        return [row for row in told(self.server, "queue", "list") if row["last_reply"]]

    def report(self, address: str) -> str:
        wanted = f"Final-Recipient: rfc822; {address}".encode()
        return eventually(lambda: newest(self.server, "alice", wanted)).decode()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    base = tmp_path_factory.mktemp("dns")
    with Far(FOUR) as four:
        six = Far("::1")
        six.remote.port = four.remote.port
        with six, NameServer(base / "nsd", ZONES) as dns:
            settings = (f"dns.resolver={dns.address}", f"delivery.port={four.remote.port}")
            with Server(base / "server", settings=settings) as server:
                yield World(server, four, six)
                server.assert_no_traceback()
                cli(server, "verify")


@pytest.fixture(autouse=True)
def nothing_waits(world: World) -> None:
    world.four.forget()
    world.six.forget()
    for row in told(world.server, "queue", "list"):
        cli(world.server, "queue", "drop", str(row["id"]))


@pytest.mark.parametrize(
    "domain", ["best.test", "spare.test", "both.test", "plain.test", "alias.test", PHO, PHO_A_LABELS.upper()]
)
def test_reached_by_ipv4(world: World, domain: str) -> None:
    world.send(f"to {domain}", f"carol@{domain}")
    taken = eventually(lambda: world.four.remote.taken)
    wanted = PHO_A_LABELS if "ph" in domain.lower() else domain
    assert taken[0].recipients[0].startswith(f"RCPT TO:<carol@{wanted}>")
    assert len(taken) == 1


@pytest.mark.parametrize("domain", ["six.test", "plain6.test", "[IPv6:::1]"])
def test_reached_by_ipv6(world: World, domain: str) -> None:
    world.send("to six", f"carol@{domain}")
    assert eventually(lambda: world.six.remote.taken)
    assert world.four.remote.connection_count == 0


def test_reached_by_its_bare_address(world: World) -> None:
    world.send("to the literal", f"carol@[{FOUR}]")
    assert (
        eventually(lambda: world.four.remote.taken)[0].recipients[0].startswith(f"RCPT TO:<carol@[{FOUR}]>")
    )


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("x@null.test", "5.1.10"),
        ("x@missing.best.test", "5.1.2"),
        ("x@nothing.test", "5."),
        ("x@away.test", "5."),
    ],
)
def test_what_the_dns_denies_comes_back_at_once(world: World, address: str, status: str) -> None:
    world.send(f"denied {address}", address)
    assert f"Status: {status}" in world.report(address)
    assert told(world.server, "queue", "list") == [] and world.four.remote.connection_count == 0


@pytest.mark.parametrize("domain", ["broken.test", "not-served-there.test"])
def test_what_the_dns_cannot_say_now_waits(world: World, domain: str) -> None:
    """SERVFAIL of a zone that does not load; REFUSED for a domain that the server does not know."""
    world.send("unknown yet", f"x@{domain}", "carol@best.test")
    (row,) = eventually(world.waiting)
    assert "DNS" in row["last_reply"]
    assert eventually(lambda: world.four.remote.taken), "the other recipient does not wait for it"
    shown = told(world.server, "queue", "show", str(row["id"]))
    assert [r["status"] for r in shown["recipients"] if r["address"].endswith(domain)] == ["waiting"]


def test_a_silent_resolver_keeps_the_mail(tmp_path: Path, world: World) -> None:
    with Server(
        tmp_path, users=0, workers=1, settings=("dns.resolver=127.0.0.9:9", "dns.timeout_seconds=0.5")
    ) as lone:
        with Wire(lone, "submissions") as wire:
            assert wire.login("alice@demo.test", lone.password).code == 235
            assert wire.mail("alice@demo.test").code == 250 and wire.rcpt("carol@best.test").code == 250
            assert wire.data(letter("no resolver", author="alice@demo.test")).code == 250
        (row,) = eventually(lambda: [row for row in told(lone, "queue", "list") if row["last_reply"]])
        assert "DNS" in row["last_reply"]


def test_mail_does_not_come_back_to_its_own_server(world: World) -> None:
    world.send("looping", "x@ours.test")
    assert "Status: 5.4.6" in world.report("x@ours.test")
    assert world.four.remote.connection_count == 0, "worse exchangers than ourselves would send it back"
