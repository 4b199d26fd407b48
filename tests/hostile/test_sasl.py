"""Logins meant to confuse: other identities, NUL, bad base64, broken tokens, aborts (RFC 4422, RFC 4616,
RFC 4954, RFC 7628)."""

from base64 import b64encode
from pathlib import Path

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


def attempt(talk: Talk, service: str, response: bytes, mechanism: bytes = b"PLAIN") -> bytes:
    """AUTHENTICATE with this initial response; the reply's line."""
    verb = b"a1 AUTHENTICATE" if service == "imap" else b"AUTH"
    return say(talk, b"%b %b %b" % (verb, mechanism, response))


def say(talk: Talk, line: bytes) -> bytes:
    talk.send(line + b"\r\n")
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


BROKEN = {
    b"OAUTHBEARER": [
        b"\x01",
        b"n,,\x01\x01",
        b"n,a=alice@demo.test,\x01auth=Bearer \x01\x01",
        b"n,a=alice@demo.test,\x01auth=Basic YWxpY2U=\x01\x01",
        b"n,a=alice@demo.test,\x01auth=Bearer x\0y\x01\x01",
        b"p=tls-exporter,a=alice@demo.test,\x01auth=Bearer x\x01\x01",
        b"n,,\x01" + b"a=\x01" * 1500,
    ],
    b"XOAUTH2": [
        b"user=alice@demo.test\x01\x01",
        b"user=\xff\x01auth=Bearer x\x01\x01",
        b"user=alice@demo.test\x01user=bob@demo.test\x01auth=Bearer x\x01\x01",
    ],
    b"EXTERNAL": [b"", b"alice@demo.test", b"admin@demo.test", b"\0"],
    b"SCRAM-SHA-256": [
        b"",
        b"n,,",
        b"n,a=bob@demo.test,n=alice@demo.test,r=x",
        b"n,,n=alice=@demo.test,r=x",
        b"n,,n=alice@demo.test,r=",
        b"n,,m=x,n=alice@demo.test,r=x",
        # "The server offers no binding": somebody took it off the list (RFC 5802 §6).
        b"y,,n=alice@demo.test,r=x",
        b"p=tls-server-end-point,,n=alice@demo.test,r=x",
    ],
    b"SCRAM-SHA-256-PLUS": [
        b"n,,n=alice@demo.test,r=x",
        b"y,,n=alice@demo.test,r=x",
        # Python's TLS has no exporter; what cannot be checked is not believed (RFC 9266).
        b"p=tls-exporter,,n=alice@demo.test,r=x",
        b"p=tls-unique,,n=alice@demo.test,r=x",
    ],
    b"GSSAPI": [b"x"],
    b"ANONYMOUS": [b"x"],
}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("mechanism", BROKEN)
def test_broken_exchanges_fail_at_once_and_leave_no_identity(
    server: Server, service: str, mechanism: bytes
) -> None:
    for response in BROKEN[mechanism]:
        with secure(server, service) as talk:
            answer = attempt(talk, service, b64encode(response) or b"=", mechanism)
            assert answer and not is_yes(answer) and not answer.startswith((b"334", b"+ ")), answer
            if service == "submission":
                assert talk.ask(b"MAIL FROM:<alice@demo.test>") == 530
            elif service == "imap":
                assert say(talk, b"a2 SELECT INBOX").startswith((b"a2 BAD", b"a2 NO"))
            else:
                assert say(talk, b"STAT").startswith(b"-ERR")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("mechanism", [b"PLAIN", b"LOGIN", b"SCRAM-SHA-1", b"OAUTHBEARER", b"XOAUTH2"])
def test_every_exchange_can_be_given_up(server: Server, service: str, mechanism: bytes) -> None:
    """RFC 9051 §6.2.2, RFC 5034 §4; eM Client says LOGOUT where "*" is due: that is no answer either."""
    with secure(server, service) as talk:
        for end in (b"*", b"A2 LOGOUT"):
            verb = b"a1 AUTHENTICATE" if service == "imap" else b"AUTH"
            assert say(talk, verb + b" " + mechanism).startswith((b"334", b"+ "))
            assert say(talk, end).startswith((b"501", b"a1 BAD", b"-ERR"))
        assert is_yes(attempt(talk, service, b64encode(RIGHT)))


def test_all_mechanisms_of_all_services_count_together(tmp_path: Path) -> None:
    """Also over a restart, and what is given up after the answer is known counts too."""
    bearer = b"user=bob@demo.test\x01auth=Bearer guess%d\x01\x01"
    with Server(tmp_path, settings=("login.failures_max=4",)) as server:
        with secure(server, "imap") as talk:
            assert attempt(talk, "imap", b64encode(bearer % 1), b"XOAUTH2").startswith(b"+ ")
            assert say(talk, b"*").startswith(b"a1 BAD")
        with secure(server, "submission") as talk:
            assert not is_yes(attempt(talk, "submission", b64encode(b"\0bob@demo.test\0guess2")))
        server.restart()
        with secure(server, "pop3") as talk:
            assert say(talk, b"USER bob@demo.test").startswith(b"+OK")
            assert not is_yes(say(talk, b"PASS guess3"))
        with secure(server, "imap") as talk:
            assert not is_yes(say(talk, b'a1 LOGIN bob@demo.test "guess4"'))
        right = b64encode(b"\0bob@demo.test\0" + server.password.encode())
        for service, refused in (
            ("submission", b"454 4.7.0"),
            ("imap", b"a1 NO [UNAVAILABLE]"),
            ("pop3", b"-ERR"),
        ):
            with secure(server, service) as talk:
                assert attempt(talk, service, right).startswith(refused)
                # The others of this network go on.
                assert is_yes(attempt(talk, service, b64encode(RIGHT)))
