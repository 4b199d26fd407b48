"""STARTTLS: what was sent in clear text is never answered inside TLS (RFC 3207 §4.2, RFC 9051 §6.2.1)."""

import pytest

from harness import Server
from hostile.talk import Talk

SMTP_LIKE = {"smtp": b"EHLO", "submission": b"EHLO", "lmtp": b"LHLO"}
INJECTED = {
    "smtp": b"MAIL FROM:<injected@example.net>\r\n",
    "submission": b"RSET\r\n",
    "lmtp": b"MAIL FROM:<injected@example.net>\r\n",
    "imap": b"inj NOOP\r\n",
    "pop3": b"CAPA\r\n",
}


def ask_for_tls(talk: Talk, service: str) -> bytes:
    """The command that starts TLS, after what must come before it."""
    if service in SMTP_LIKE:
        assert talk.ask(SMTP_LIKE[service] + b" client.example.org") == 250
        return b"STARTTLS\r\n"
    return b"s1 STARTTLS\r\n" if service == "imap" else b"STLS\r\n"


@pytest.mark.parametrize("service", INJECTED)
def test_what_came_with_starttls_is_not_answered_inside_tls(server: Server, service: str) -> None:
    with Talk(server, service) as talk:
        command = ask_for_tls(talk, service)
        talk.send(command + INJECTED[service])
        answer = talk.line()
        if not answer.startswith((b"220", b"s1 OK", b"+OK")):
            assert answer.startswith((b"5", b"4", b"s1 BAD", b"s1 NO", b"* BYE", b"-ERR")), answer
            return
        talk.start_tls()
        after = {"imap": b"t1 NOOP\r\n", "pop3": b"QUIT\r\n"}.get(
            service, SMTP_LIKE.get(service, b"") + b" x.example\r\n"
        )
        talk.send(after)
        first = talk.line()
        assert first.startswith((b"250-mail.demo.test", b"t1 OK", b"+OK")), first
        talk.wait(0.3)
        if service not in SMTP_LIKE and service != "pop3":
            with pytest.raises(TimeoutError):
                talk.line()


@pytest.mark.parametrize("service", INJECTED)
def test_starttls_twice_is_refused(server: Server, service: str) -> None:
    with Talk(server, service) as talk:
        talk.send(ask_for_tls(talk, service))
        assert talk.line().startswith((b"220", b"s1 OK", b"+OK"))
        talk.start_tls()
        if service in SMTP_LIKE:
            assert talk.ask(SMTP_LIKE[service] + b" client.example.org") == 250
            assert talk.ask(b"STARTTLS") in (502, 503, 554)
            assert talk.ask(b"NOOP") == 250
        else:
            talk.send(b"s2 STARTTLS\r\n" if service == "imap" else b"STLS\r\n")
            assert talk.line().startswith((b"s2 BAD", b"s2 NO", b"-ERR"))


@pytest.mark.parametrize("service", INJECTED)
def test_garbage_instead_of_a_handshake_ends_the_connection(server: Server, service: str) -> None:
    with Talk(server, service) as talk:
        talk.send(ask_for_tls(talk, service))
        assert talk.line().startswith((b"220", b"s1 OK", b"+OK"))
        talk.send(b"NOOP\r\n" * 2000)
        talk.half_close()
        said = talk.rest()
    assert b"250" not in said and b"OK" not in said


@pytest.mark.parametrize("service", ["smtp", "submission"])
def test_a_password_in_clear_text_is_not_taken(server: Server, service: str) -> None:
    with Talk(server, service) as talk:
        assert talk.ask(b"EHLO client.example.org") == 250
        for mechanism in (b"PLAIN AGFsaWNlQGRlbW8udGVzdABjb3JyZWN0IGhvcnNl", b"LOGIN", b"PLAIN"):
            assert talk.ask(b"AUTH " + mechanism) in (502, 503, 504, 530, 538)
        assert talk.ask(b"NOOP") == 250
