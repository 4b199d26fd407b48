"""Two servers exchange mail: out through one's queue, in through the other's port 25; bounces come back."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

import pytest

from harness import HOST, Server, eventually

OTHER = "other.test"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """`here` (demo.test) sends what is for other.test to `there`, which has an account carol@other.test."""
    with Server(tmp_path_factory.mktemp("there"), users=0) as there:
        there.cli("domain", "add", OTHER)
        there.cli("account", "add", f"carol@{OTHER}", input="a good password\n")
        route = f"delivery.routes.{OTHER}={HOST}:{there.port('smtp')}"
        with Server(tmp_path_factory.mktemp("here"), users=1, settings=[route]) as here:
            yield here, there
            for server in (here, there):
                server.assert_no_traceback()
                server.cli("verify")


def send(server: Server, sender: str, *recipients: str) -> None:
    text = f"From: {sender}\r\nTo: {', '.join(recipients)}\r\nSubject: across\r\n\r\nGrüße\r\n"
    with server.submission(sender.partition("@")[0]) as client:
        client.sendmail(sender, recipients, text.encode())


def inbox(server: Server, user: str, password: str | None = None) -> list[Message]:
    with server.imap(user, password) as imap:
        imap.select(readonly=True)
        _, answer = imap.fetch("1:*", "(BODY.PEEK[])")
        return [message_from_bytes(item[1]) for item in answer if isinstance(item, tuple)]


def test_mail_goes_out_through_the_queue_and_in_at_the_other_server(servers: tuple[Server, Server]) -> None:
    here, there = servers
    send(here, "alice@demo.test", f"carol@{OTHER}")
    (message,) = eventually(lambda: inbox(there, f"carol@{OTHER}", "a good password"))
    assert message["Return-Path"] == "<alice@demo.test>"
    # Opportunistic TLS between the two.
    assert "ESMTPS" in message.get_all("Received", [])[0]
    assert eventually(lambda: here.json("queue", "list") == [])


def test_an_unknown_recipient_bounces_with_the_other_servers_words(servers: tuple[Server, Server]) -> None:
    here, _ = servers
    send(here, "bob@demo.test", f"nobody@{OTHER}")
    (bounce,) = eventually(lambda: inbox(here, "bob"))
    assert bounce.get_content_type() == "multipart/report"
    assert bounce["Return-Path"] == "<>"
    report = bounce.get_payload()[1].as_string()
    assert "5.1.1" in report and f"nobody@{OTHER}" in report


def test_what_the_other_server_takes_is_not_bounced_with_what_it_refuses(
    servers: tuple[Server, Server],
) -> None:
    here, there = servers
    before = len(inbox(there, f"carol@{OTHER}", "a good password"))
    send(here, "admin@demo.test", f"carol@{OTHER}", f"nobody@{OTHER}", "user1@demo.test")
    assert eventually(lambda: len(inbox(there, f"carol@{OTHER}", "a good password")) == before + 1)
    (bounce,) = eventually(lambda: inbox(here, "admin"))
    report = bounce.get_payload()[1].as_string()
    assert f"nobody@{OTHER}" in report and "carol" not in report
    assert len(inbox(here, "user1")) == 1
