"""All mail goes through another server, after a login there (RFC 8314, RFC 4954): two bocau servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import HOST, Server, eventually
from smtp.admin import cli, told
from smtp.wire import Wire, letter, newest

PASSWORD = "the relay's password"


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Takes mail of alice@demo.test after her login, and has carol@other.test."""
    with Server(tmp_path_factory.mktemp("relay"), users=0, password=PASSWORD, workers=1) as relay:
        cli(relay, "domain", "add", "other.test")
        cli(relay, "account", "add", "carol@other.test", input=PASSWORD + "\n")
        yield relay
        relay.assert_no_traceback()


def office(relay: Server, directory: Path, service: str, tls: str, password: str = PASSWORD) -> Server:
    """A server that sends everything for elsewhere through the relay, whose certificate it trusts."""
    directory.mkdir(parents=True, exist_ok=True)
    secret = directory / "secret"
    secret.write_text(password + "\n")
    settings = (
        f"submission.smarthost={HOST}:{relay.port(service)}",
        "submission.smarthost_user=alice@demo.test",
        f"submission.smarthost_password_file={secret}",
        f"submission.smarthost_tls={tls}",
    )
    trust = ("env", f"SSL_CERT_FILE={relay.data}/tls/certificate.pem")
    return Server(directory, users=0, workers=1, settings=settings, prefix=trust)


def send(server: Server, subject: str, recipient: str = "carol@other.test") -> None:
    with Wire(server, "submissions") as wire:
        assert wire.login("alice@demo.test", server.password).code == 235
        assert wire.mail("alice@demo.test").code == 250 and wire.rcpt(recipient).code == 250
        assert wire.data(letter(subject, author="alice@demo.test")).code == 250


def carols(relay: Server, subject: str) -> bytes:
    return newest(relay, "carol@other.test", f"Subject: {subject}\r\n".encode())


@pytest.mark.parametrize(("service", "tls"), [("submission", "required"), ("submissions", "implicit")])
def test_mail_goes_through_the_smarthost(relay: Server, tmp_path: Path, service: str, tls: str) -> None:
    with office(relay, tmp_path / "office", service, tls) as server:
        send(server, f"by {tls}")
        arrived = eventually(lambda: carols(relay, f"by {tls}"))
        # With TLS and a login there, as with us.
        assert arrived.count(b"with ESMTPSA id") == 2
        # What the smarthost refuses comes back with its words.
        send(server, "refused there", "nobody@other.test")
        report = eventually(lambda: newest(server, "alice", b"nobody@other.test"))
        assert b"No such user here" in report and b"Status: 5.1.1" in report
        assert eventually(lambda: told(server, "queue", "list") == [])
        assert PASSWORD not in server.log(10_000_000)
        server.assert_no_traceback()


def test_a_wrong_password_keeps_the_mail(relay: Server, tmp_path: Path) -> None:
    with office(relay, tmp_path / "office", "submissions", "implicit", password="wrong") as server:
        send(server, "kept")
        row = eventually(
            lambda: next((row for row in told(server, "queue", "list") if row["last_reply"]), None)
        )
        assert row is not None and "535" in row["last_reply"]
        server.assert_no_traceback()
    assert not carols(relay, "kept")


def test_a_certificate_that_nobody_vouches_for_keeps_the_mail(relay: Server, tmp_path: Path) -> None:
    server = office(relay, tmp_path / "office", "submission", "opportunistic")
    server.prefix = []
    with server:
        send(server, "unproven")
        row = eventually(
            lambda: next((row for row in told(server, "queue", "list") if row["last_reply"]), None)
        )
        assert row is not None and "certificate" in row["last_reply"].lower()
    assert not carols(relay, "unproven")
