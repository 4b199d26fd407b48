"""Logins meant to confuse: other identities, NUL, bad base64, aborts (RFC 4422, RFC 4616, RFC 4954)."""

from base64 import b64encode

import pytest

from harness import Server
from hostile.talk import Talk

RIGHT = b"\0alice@demo.test\0correct horse"


def secure(server: Server, service: str) -> Talk:
    """A connection with TLS, ready for a login."""
    talk = Talk(server, service)
    if service == "submission":
        assert talk.ask(b"EHLO c.example") == 250
        talk.send(b"STARTTLS\r\n")
        assert talk.line().startswith(b"220")
        talk.start_tls()
        assert talk.ask(b"EHLO c.example") == 250
    else:
        talk.send(b"s STARTTLS\r\n" if service == "imap" else b"STLS\r\n")
        assert talk.line().startswith((b"s OK", b"+OK"))
        talk.start_tls()
    return talk


def attempt(talk: Talk, service: str, response: bytes) -> bytes:
    """AUTHENTICATE PLAIN with this initial response; the reply's line."""
    if service == "imap":
        return talk.tagged(b"AUTHENTICATE PLAIN " + response)
    talk.send(b"AUTH PLAIN " + response + b"\r\n")
    return talk.line()


def is_yes(line: bytes) -> bool:
    return line.startswith((b"235", b"a1 OK", b"+OK"))


SERVICES = ("submission", "imap", "pop3")


@pytest.mark.parametrize("service", SERVICES)
def test_the_right_password_is_the_control(server: Server, service: str) -> None:
    with secure(server, service) as talk:
        assert is_yes(attempt(talk, service, b64encode(RIGHT)))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "response",
    [
        b64encode(b"bob@demo.test\0alice@demo.test\0correct horse"),
        b64encode(b"admin@demo.test\0alice@demo.test\0correct horse"),
        b64encode(b"\0\0"),
        b64encode(b"\0alice@demo.test\0"),
        b64encode(b"\0\0correct horse"),
        b64encode(b"alice@demo.test"),
        b64encode(b"\0alice@demo.test\0correct horse\0"),
        b64encode(b"\0alice@demo.test\0correct\0horse"),
        b64encode(b"\0alice@demo.test\0\xff\xfe"),
        b64encode(b"\0\xff\xfe@demo.test\0x"),
        b64encode(b"\0' OR 1=1 --\0x"),
        b64encode(RIGHT)[:-2],
        b64encode(RIGHT)[:10] + b"\x80" + b64encode(RIGHT)[10:],
        b"!!!!",
        b"=",
        b64encode(b"\0alice@demo.test\0" + b"x" * 13_000),
    ],
    ids=range(16),
)
def test_anything_but_the_account_s_own_login_fails(server: Server, service: str, response: bytes) -> None:
    with secure(server, service) as talk:
        answer = attempt(talk, service, response)
        assert not is_yes(answer), answer
        if service == "submission":
            assert talk.ask(b"MAIL FROM:<alice@demo.test>") in (0, 421, 503, 530, 500)


def test_a_failed_login_leaves_no_identity_and_an_abort_is_answered(server: Server) -> None:
    with secure(server, "submission") as talk:
        for _ in range(3):
            assert talk.ask(b"AUTH PLAIN") == 334
            assert talk.ask(b"*") == 501
        assert talk.ask(b"MAIL FROM:<alice@demo.test>") == 530
        assert talk.ask(b"AUTH PLAIN " + b64encode(RIGHT)) == 235
        assert talk.ask(b"AUTH PLAIN " + b64encode(RIGHT)) == 503
        # Logged in as alice, nobody is bob.
        assert talk.ask(b"MAIL FROM:<bob@demo.test>") in (550, 553)


def test_endless_aborts_are_ended(server: Server) -> None:
    with secure(server, "submission") as talk:
        for _ in range(100):
            if talk.ask(b"AUTH PLAIN") in (0, 421) or talk.ask(b"*") in (0, 421):
                return
    raise AssertionError("logins may be given up for ever")
