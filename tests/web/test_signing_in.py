"""Logging in by a browser at the whole server: several workers, other protocols, the command line."""

import imaplib
import poplib
import smtplib
import time

import pyotp
import pytest

from harness import Server, eventually
from visitor import Visitor

HEADERS = (
    *("content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy"),
    *("cross-origin-resource-policy", "permissions-policy"),
)


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    return ("login.delay_seconds_max=15",)


def test_every_worker_knows_the_session(server: Server) -> None:
    visitor = Visitor(server)
    assert visitor.login().status == 200
    assert all(visitor.is_in for _ in range(12))
    before = visitor.cookie
    changed = {"singleton": {"current": server.password, "new": "another horse"}}
    assert visitor.call("Password/set", update=changed)["updated"]
    old = Visitor(server)
    old.cookie = before
    # At once, whichever worker is asked.
    assert not any(old.is_in for _ in range(12)) and all(visitor.is_in for _ in range(12))
    back = {"singleton": {"current": "another horse", "new": server.password}}
    assert visitor.call("Password/set", update=back)["updated"]
    assert visitor.ask("POST", "/auth/logout").status == 204


@pytest.mark.parametrize("path", ["/", "/auth/boot", "/jmap/session", "/nothing", "/assets/nothing.js"])
def test_headers_are_on_every_answer(server: Server, path: str) -> None:
    for answer in (Visitor(server).ask("GET", path), Visitor(server).ask("GET", path, Host="evil.example")):
        assert all(name in answer.headers for name in HEADERS), answer.status
        # The demo's certificate is its own: no promise that would shut people out.
        assert "strict-transport-security" not in answer.headers


def test_a_stream_ends_with_its_session(server: Server) -> None:
    """D-6: at the doorbell, in whichever process it runs."""
    for end in (
        lambda visitor: visitor.ask("POST", "/auth/logout"),
        lambda visitor: server.cli("account", "sessions", visitor.name, "--end"),
        lambda visitor: server.cli(
            "account", "set", visitor.name, "--password", "--password-file", "-", input=server.password
        ),
    ):
        visitor = Visitor(server, "user3")
        visitor.login()
        connection, stream = visitor.stream("/jmap/eventsource?types=*&closeafter=no&ping=300")
        assert stream.status == 200
        end(visitor)
        assert b"data:" not in stream.read()
        connection.close()


def test_sessions_from_the_command_line(server: Server) -> None:
    visitor = Visitor(server, "bob")
    visitor.login()
    (session,) = server.json("account", "sessions", visitor.name)
    assert session["user_agent"] == "Visitor/1"
    assert server.json("account", "sessions", visitor.name, "--end") == {"ended_count": 1}
    assert not visitor.is_in


def test_a_second_factor_through_its_life(server: Server) -> None:
    visitor, running = Visitor(server, "user1"), server.imap("user1")
    visitor.login()
    begin = {"singleton": {"password": server.password, "isPending": True}}
    secret = visitor.call("SecondFactor/set", update=begin)["updated"]["singleton"]["secret"]
    code = pyotp.TOTP(secret).now()
    confirmed = visitor.call("SecondFactor/set", update={"singleton": {"code": code, "isEnabled": True}})
    recovery_codes = confirmed["updated"]["singleton"]["recoveryCodes"]

    # What the password alone had opened ends.
    eventually(lambda: _has_ended(running))
    with pytest.raises(imaplib.IMAP4.error, match=r"\[ALERT\].*app password"):
        server.imap("user1")
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        server.submission("user1")
    assert refused.value.smtp_code == 534 and b"5.7.9" in refused.value.smtp_error
    with pytest.raises(poplib.error_proto, match="app password"):
        server.pop("user1")
    made = server.json("account", "app-password", "add", visitor.name, "--label", "phone")
    server.imap("user1", made["secret"]).logout()
    server.submission("user1", made["secret"]).quit()

    new = Visitor(server, "user1")
    assert new.login().json == {"error": "code"}
    assert new.login(code=recovery_codes[0]).status == 200
    shown = server.json("account", "second-factor", "show", visitor.name)
    assert (shown["is_enabled"], shown["recovery_codes_left"]) == (True, 9)
    assert server.json("account", "second-factor", "remove", visitor.name)["removed"]
    assert server.cli("account", "second-factor", "remove", visitor.name, check=False).returncode == 1
    assert Visitor(server, "user1").login().status == 200
    server.imap("user1").logout()


def _has_ended(client: imaplib.IMAP4) -> bool:
    try:
        client.noop()
    except imaplib.IMAP4.abort:
        return True
    return False


def test_the_log_tells_who_but_no_secret(server: Server) -> None:
    visitor = Visitor(server, "user2")
    began = time.monotonic()
    assert visitor.login("a wrong password").status == 401
    assert time.monotonic() - began > 1.5
    visitor.login()
    made = visitor.call(
        "AppPassword/set",
        create={"a": {"label": "phone", "scopes": ["imap"], "password": server.password}},
    )
    log = server.log(10_000_000)
    assert "app password made" in log and visitor.name in log
    for secret in (server.password, "a wrong password", made["created"]["a"]["secret"], visitor.cookie):
        assert secret not in log
    told = [(one["way"], one["outcome"]) for one in visitor.call("SignIn/get")["list"]]
    assert told == [("web", "ok"), ("web", "wrongPassword")]
