"""Two bocau servers of two companies exchange mail and bounces by the MX records of each other.

demo.test runs by `bocau demo`, other.test by `bocau serve` with the commands of the manual.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from socket import create_connection

import pytest

from exchange.nameserver import NameServer, free_port
from harness import HOST, Server, eventually, free_offset, run_cli

OTHER = "127.0.0.3"
CAROL = "carol@other.test"
PASSWORD = "another horse"
START_SECONDS = 30


@dataclass
class Other:
    """A production server for other.test."""

    directory: Path
    process: "subprocess.Popen[bytes]"

    @property
    def config(self) -> tuple[str, str]:
        return "--config", str(self.directory / "bocau.toml")

    def cli(self, *arguments: str, given: str | bytes = "") -> str:
        done = run_cli(*arguments, *self.config, input=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answers(self, port: int) -> bool:
        assert self.process.poll() is None, (self.directory / "log").read_text()
        try:
            create_connection((OTHER, port), 1).close()
        except OSError:
            return False
        return True


def configuration(directory: Path, port: int, dns: str) -> str:
    ports = {service: free_port(OTHER) for service in ("submission", "submissions", "imap", "imaps", "pop3")}
    listen = "".join(f'{service} = ["{OTHER}:{number}"]\n' for service, number in ports.items())
    return (
        f'hostname = "mx.other.test"\ndata_dir = "{directory}/data"\nworkers = 1\n\n'
        f'[dns]\nresolver = ["{dns}"]\n\n'
        f'[delivery]\nport = {port}\n\n[listen]\nsmtp = ["{OTHER}:{port}"]\nlmtp = []\npop3s = []\n{listen}'
    )


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Other]]:
    base = tmp_path_factory.mktemp("two")
    # Both listen on the same port of two addresses, since `delivery.port` is one for all destinations.
    zones = {
        "demo.test": ["@ MX 10 mx", f"mx A {HOST}"],
        "other.test": ["@ MX 10 mx", f"mx A {OTHER}"],
    }
    with NameServer(base / "dns", zones) as dns:
        here = Server(base / "first", users=1, settings=(f"dns.resolver={dns.address}", "delivery.port=2"))
        here.offset = free_offset()
        here.settings[-1] = f"delivery.port={here.offset + 25}"
        with here:
            there = started(base / "second", here.port("smtp"), dns.address)
            there.cli("domain", "add", "other.test")
            there.cli("account", "add", CAROL, "--password-file", "-", given=PASSWORD + "\n")
            yield here, there
            there.process.send_signal(signal.SIGTERM)
            assert there.process.wait(20) == 0
            there.cli("verify")
            assert "Traceback" not in (there.directory / "log").read_text()
            here.assert_no_traceback()
            here.cli("verify")


def started(directory: Path, port: int, dns: str) -> Other:
    directory.mkdir()
    (directory / "bocau.toml").write_text(configuration(directory, port, dns))
    with (directory / "log").open("wb") as log:
        command = [sys.executable, "-m", "bocau", "serve", "--config", str(directory / "bocau.toml")]
        other = Other(directory, subprocess.Popen(command, stdout=log, stderr=log))
    eventually(lambda: other.answers(port), START_SECONDS)
    return other


def send(server: Server, sender: str, *recipients: str) -> bytes:
    text = f"From: {sender}\r\nTo: {', '.join(recipients)}\r\nSubject: across\r\n\r\nGrüße\r\n".encode()
    with server.submission(sender.partition("@")[0]) as client:
        client.sendmail(sender, recipients, text)
    return text


def bodies_of_carol(other: Other) -> list[bytes]:
    """As an administrator would look: by an export."""
    number = sum(1 for _ in other.directory.glob("export-*"))
    target = other.directory / f"export-{number}"
    other.cli("export", CAROL, str(target))
    return [file.read_bytes() for part in ("new", "cur") for file in (target / part).iterdir()]


def inbox(server: Server, user: str) -> list[Message]:
    with server.imap(user) as imap:
        imap.select(readonly=True)
        _, answer = imap.fetch("1:*", "(BODY.PEEK[])")
        return [message_from_bytes(item[1]) for item in answer if isinstance(item, tuple)]


def test_mail_goes_out_through_the_queue_and_in_at_the_other_server(servers: tuple[Server, Other]) -> None:
    here, there = servers
    text = send(here, "alice@demo.test", CAROL)
    (body,) = eventually(lambda: bodies_of_carol(there))
    # Submission put Date and Message-ID above it.
    assert body.endswith(text.partition(b"\r\n\r\n")[2])
    message = message_from_bytes(body)
    assert message["Return-Path"] == "<alice@demo.test>" and message["Subject"] == "across"
    # Opportunistic TLS between the two.
    assert "ESMTPS" in message.get_all("Received", [])[0]
    assert eventually(lambda: here.json("queue", "list") == [])


def test_the_answer_comes_back(servers: tuple[Server, Other]) -> None:
    here, there = servers
    answer = b"From: carol@other.test\nTo: alice@demo.test\nSubject: the answer\n\nyes\n"
    there.cli("sendmail", "-f", CAROL, "alice@demo.test", given=answer)
    (message,) = eventually(lambda: [m for m in inbox(here, "alice") if m["Subject"] == "the answer"])
    assert message["Return-Path"] == f"<{CAROL}>"
    assert "ESMTPS" in message.get_all("Received", [])[0]


def test_an_unknown_recipient_bounces_with_the_other_servers_words(servers: tuple[Server, Other]) -> None:
    here, _ = servers
    send(here, "bob@demo.test", "nobody@other.test")
    (bounce,) = eventually(lambda: inbox(here, "bob"))
    assert bounce.get_content_type() == "multipart/report"
    assert bounce["Return-Path"] == "<>"
    report = bounce.get_payload()[1].as_string()
    assert "5.1.1" in report and "nobody@other.test" in report and "No such user here" in report


def test_what_the_other_server_takes_is_not_bounced_with_what_it_refuses(
    servers: tuple[Server, Other],
) -> None:
    """Also on a connection that has just carried a message whose recipients were all refused."""
    here, there = servers
    before = len(bodies_of_carol(there))
    send(here, "admin@demo.test", "nobody@other.test")
    send(here, "admin@demo.test", CAROL, "nobody@other.test", "user1@demo.test")
    assert eventually(lambda: len(bodies_of_carol(there)) == before + 1)
    bounces = eventually(lambda: found if len(found := inbox(here, "admin")) == 2 else [])
    for bounce in bounces:
        report = bounce.get_payload()[1].as_string()
        assert "nobody@other.test" in report and "carol" not in report
    assert len(inbox(here, "user1")) == 1
