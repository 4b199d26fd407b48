"""Two bocau servers of two companies exchange mail and bounces; the second runs by `bocau serve`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clients.messages import mail
from exchange.nameserver import NameServer, free_port
from harness import HOST, STANDARD_PORTS, Server, run_cli

OTHER = "127.0.0.3"
START_SECONDS = 30
MAIL_SECONDS = 30
PASSWORD = "another horse"


@dataclass
class Other:
    """A production server for other.test, set up by the commands of the manual."""

    directory: Path
    process: "subprocess.Popen[bytes]"

    def cli(self, *arguments: str, given: str = "") -> str:
        config = str(self.directory / "bocau.toml")
        done = run_cli(*arguments, "--config", config, input=given)
        assert done.returncode == 0, done.stderr
        return done.stdout


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
        first = Server(base / "first", settings=(f"dns.resolver={dns.address}", "delivery.port=2"))
        first.offset = 20_000 + os.getpid() % 500 * 10
        assert first.offset + max(STANDARD_PORTS) < 65_536
        first.settings[1] = f"delivery.port={first.offset + 25}"
        with first:
            directory = base / "second"
            directory.mkdir()
            (directory / "bocau.toml").write_text(configuration(directory, first.port("smtp"), dns.address))
            with (directory / "log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "bocau", "serve", "--config", str(directory / "bocau.toml")],
                    stdout=log,
                    stderr=log,
                )
            other = Other(directory, process)
            wait_until_it_answers(other, first.port("smtp"))
            other.cli("domain", "add", "other.test")
            other.cli("account", "add", "carol@other.test", "--password-file", "-", given=PASSWORD + "\n")
            yield first, other
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            other.cli("verify")
            assert "Traceback" not in (directory / "log").read_text()


def wait_until_it_answers(other: Other, port: int) -> None:
    import socket

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and other.process.poll() is None:
        try:
            socket.create_connection((OTHER, port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("bocau serve did not start: " + (other.directory / "log").read_text())


def bodies_of_carol(other: Other) -> list[bytes]:
    """As an administrator would look: by an export."""
    target = other.directory / f"export-{time.monotonic_ns()}"
    other.cli("export", "carol@other.test", str(target))
    return [file.read_bytes() for part in ("new", "cur") for file in (target / part).iterdir()]


def test_mail_and_the_answer_and_a_bounce(servers: tuple[Server, Other]) -> None:
    first, other = servers
    letter = mail("hello other company").replace(b"sender@example.org", b"alice@demo.test")
    with first.submission("alice") as client:
        client.sendmail("alice@demo.test", ["carol@other.test", "missing@other.test"], letter)
    assert wait_for(lambda: bodies_of_carol(other))[0].endswith(letter)
    bounce = wait_for(lambda: found(first, "alice", b"missing@other.test"))
    assert b"Status: 5.1.1" in bounce and b"no such" in bounce.lower()

    answer = mail("the answer").replace(b"sender@example.org", b"carol@other.test")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bocau", "sendmail", "--config", str(other.directory / "bocau.toml")),
            *("-f", "carol@other.test", "alice@demo.test"),
        ],
        input=answer.replace(b"\r\n", b"\n"),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    arrived = wait_for(lambda: found(first, "alice", b"Subject: the answer"))
    assert b"with ESMTPS" in arrived or b"with UTF8SMTPS" in arrived


def found(server: Server, user: str, wanted: bytes) -> bytes:
    with server.imap(user) as imap:
        imap.select(readonly=True)
        _, answer = imap.fetch("1:*", "(BODY.PEEK[])")
    return next((item[1] for item in answer if isinstance(item, tuple) and wanted in item[1]), b"")


def wait_for(look):  # type: ignore[no-untyped-def]
    """What `look` finds, once it finds anything."""
    deadline = time.monotonic() + MAIL_SECONDS
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert seen
    return seen
