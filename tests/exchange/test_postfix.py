"""bocau and Postfix exchange mail and bounces, both ways, over STARTTLS; MX records come from NSD."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import TypeVar

import pytest

from clients.messages import mail
from exchange.nameserver import NameServer, free_port
from exchange.postfix import MAIL_SECONDS, Postfix
from harness import HOST, Server

REMOTE = "127.0.0.2"
T = TypeVar("T")


@dataclass
class World:
    bocau: Server
    postfix: Postfix


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    base = tmp_path_factory.mktemp("exchange")
    port = free_port(REMOTE)
    zones = {
        "remote.test": ["@ MX 10 dead", "@ MX 20 mx", f"mx A {REMOTE}", "dead A 127.0.0.9"],
        "nomail.test": ["@ MX 0 ."],
        "onlya.test": [f"@ A {REMOTE}"],
        "unreachable.test": ["@ MX 10 mx", "mx A 127.0.0.9"],
    }
    with NameServer(base / "dns", zones) as dns:
        settings = (f"dns.resolver={dns.address}", f"delivery.port={port}")
        with Server(base / "bocau", settings=settings) as bocau:
            next_hop = f"[{HOST}]:{bocau.port('smtp')}"
            with Postfix(
                host=REMOTE,
                port=port,
                domain="remote.test",
                users=["carol"],
                next_hop=next_hop,
            ) as postfix:
                yield World(bocau, postfix)
            bocau.assert_no_traceback()
            bocau.cli("verify")


def wait_for(server: Server, user: str, wanted: bytes) -> bytes:
    """The message in the user's INBOX that contains `wanted`."""
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        with server.imap(user) as imap:
            imap.select(readonly=True)
            _, answer = imap.fetch("1:*", "(BODY.PEEK[])")
        for item in answer:
            if isinstance(item, tuple) and wanted in item[1]:
                return bytes(item[1])
        time.sleep(0.2)
    raise AssertionError(f"no {wanted!r} for {user}:\n{server.log(4000)}")


def report(message: bytes) -> tuple[Message, Message, str]:
    """(whole report, fields of its one recipient, the text for people)."""
    parsed = message_from_bytes(message)
    assert parsed.get_content_type() == "multipart/report"
    text, status, *_ = parsed.get_payload()
    assert status.get_content_type() in ("message/delivery-status", "message/global-delivery-status")
    recipients = [block for block in status.get_payload() if block["Final-Recipient"]]
    assert len(recipients) == 1
    return parsed, recipients[0], text.get_payload(decode=True).decode()


def submit(world: World, recipient: str | list[str], message: bytes, options: tuple[str, ...] = ()) -> None:
    with world.bocau.submission("alice") as client:
        recipients = [recipient] if isinstance(recipient, str) else recipient
        client.sendmail("alice@demo.test", recipients, message, rcpt_options=list(options))


def from_alice(subject: str) -> bytes:
    return mail(subject).replace(b"sender@example.org", b"alice@demo.test")


def test_mail_goes_out_to_postfix_over_tls_past_a_dead_mx(world: World) -> None:
    submit(world, "carol@remote.test", from_alice("to postfix"))
    arrived = world.postfix.wait_for("carol", b"Subject: to postfix")
    assert b"using TLSv1.3" in arrived
    assert arrived.replace(b"\n", b"\r\n").endswith(from_alice("to postfix").split(b"\r\n\r\n", 1)[1])
    assert b"Return-Path: <alice@demo.test>" in arrived


def test_mail_to_a_domain_without_mx_goes_to_its_address(world: World) -> None:
    submit(world, "nobody@onlya.test", from_alice("implicit mx"))
    _, recipient, _ = report(wait_for(world.bocau, "alice", b"nobody@onlya.test"))
    assert recipient["Status"].startswith("5."), "Postfix does not take mail for that domain"
    assert "554" in recipient["Diagnostic-Code"] or "550" in recipient["Diagnostic-Code"]


def test_mail_comes_in_from_postfix_over_tls(world: World) -> None:
    world.postfix.send("carol@remote.test", "bob@demo.test", mail("from postfix"))
    arrived = wait_for(world.bocau, "bob", b"Subject: from postfix")
    assert b"ESMTPS" in arrived and b"TLSv1.3" in arrived
    assert arrived.startswith(b"Return-Path: <carol@remote.test>\r\n")


def test_an_unknown_user_there_bounces_with_the_words_of_postfix(world: World) -> None:
    submit(world, ["carol@remote.test", "missing@remote.test"], from_alice("half"))
    world.postfix.wait_for("carol", b"Subject: half")
    bounce = wait_for(world.bocau, "alice", b"missing@remote.test")
    parsed, recipient, text = report(bounce)
    assert parsed["Return-Path"] == "<>" and parsed["Auto-Submitted"] == "auto-replied"
    assert recipient["Action"] == "failed" and recipient["Status"] == "5.1.1"
    assert "User unknown in virtual mailbox table" in recipient["Diagnostic-Code"].replace("\n", "")
    assert "missing@remote.test" in text and "không" in text


def test_an_unknown_user_here_bounces_at_postfix(world: World) -> None:
    world.postfix.send("carol@remote.test", "missing@demo.test", mail("wrong name"))
    bounce = world.postfix.wait_for("carol", b"missing@demo.test")
    assert b"550 5.1.1" in bounce


def test_a_null_mx_bounces_at_once(world: World) -> None:
    submit(world, "someone@nomail.test", from_alice("null mx"))
    _, recipient, _ = report(wait_for(world.bocau, "alice", b"someone@nomail.test"))
    assert recipient["Status"] == "5.1.10"


def test_a_domain_that_does_not_exist_bounces_at_once(world: World) -> None:
    submit(world, "someone@missing.onlya.test", from_alice("nxdomain"))
    _, recipient, _ = report(wait_for(world.bocau, "alice", b"someone@missing.onlya.test"))
    assert recipient["Status"].startswith("5.1.2") or recipient["Status"].startswith("5.4.4")


def test_a_success_report_comes_when_it_was_asked_for(world: World) -> None:
    submit(world, "carol@remote.test", from_alice("notify"), ("NOTIFY=SUCCESS,FAILURE",))
    world.postfix.wait_for("carol", b"Subject: notify")
    told = wait_for(world.bocau, "alice", b"Subject: notify")
    assert b"Action: " in told and (b"relayed" in told or b"delivered" in told)


def test_mail_waits_while_postfix_is_away(world: World) -> None:
    world.postfix.stop()
    submit(world, "carol@remote.test", from_alice("waits ü đường"))
    waiting = until(lambda: [item for item in world.bocau.json("queue", "list") if item["last_reply"]])
    assert "refused" in waiting[0]["last_reply"]
    world.postfix.start()
    world.bocau.cli("queue", "retry", str(waiting[0]["id"]))
    world.postfix.wait_for("carol", "Subject: waits ü đường".encode())
    assert until(lambda: world.bocau.json("queue", "list") == [])


def test_one_dead_destination_does_not_delay_the_others(world: World) -> None:
    submit(world, ["x@unreachable.test", "carol@remote.test"], from_alice("beside a dead one"))
    world.postfix.wait_for("carol", b"Subject: beside a dead one")


def test_mail_that_comes_back_to_its_sender_is_delivered(world: World) -> None:
    world.postfix.send("alice@demo.test", "alice@demo.test", mail("to herself"))
    assert wait_for(world.bocau, "alice", b"Subject: to herself")


def until(condition: Callable[[], T]) -> T:
    """Wait for something true."""
    deadline = time.monotonic() + MAIL_SECONDS
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert value
    return value
