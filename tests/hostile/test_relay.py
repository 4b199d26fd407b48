"""Nobody uses this server to reach others, and no message goes round for ever."""

import smtplib

import pytest

from harness import Server, eventually
from hostile.conftest import Remote
from hostile.talk import Talk

SENDERS = (b"x@ext.test", b"alice@demo.test", b"", b"x@localhost", b"x", b"x@[127.0.0.1]")
FORMS = (
    b"v@ext.test",
    b"v%ext.test@demo.test",
    b"v%ext.test@[127.0.0.1]",
    b'"v@ext.test"',
    b'"v%ext.test"',
    b'"v@ext.test"@demo.test',
    b'"v@ext.test"@[127.0.0.1]',
    b"v@ext.test@demo.test",
    b"@demo.test:v@ext.test",
    b"@[127.0.0.1]:v@ext.test",
    b"ext.test!v",
    b"ext.test!v@demo.test",
    b"demo.test!ext.test!v",
    b"v@ext.test@[127.0.0.1]",
    b"v@[127.0.0.1]",
    b"v",
    b"@demo.test,@x:v@ext.test",
    b"v@ext.test.",
    b"v@EXT.TEST",
    b"v@demo.test.ext.test",
    b"v%ext.test%demo.test@demo.test",
    b"v@ext.test ",
    b"v@ext.test\0@demo.test",
    b"postmaster@ext.test",
)


@pytest.mark.parametrize("service", ["smtp", "lmtp"])
@pytest.mark.parametrize("sender", SENDERS)
def test_mail_for_others_is_not_taken_from_strangers(
    server: Server, remote: Remote, sender: bytes, service: str
) -> None:
    hello = b"EHLO" if service == "smtp" else b"LHLO"
    taken = []
    for form in FORMS:
        with Talk(server, service) as talk:
            assert talk.ask(hello + b" client.example.org") == 250
            if talk.ask(b"MAIL FROM:<" + sender + b">") != 250:
                continue
            code = talk.ask(b"RCPT TO:<" + form + b">")
            if 200 <= code < 300:
                taken.append(form)
    assert taken == [], f"from {sender!r}"
    assert not server.json("queue", "list")
    assert remote.sink.received == []


def test_the_postmaster_is_reached_with_and_without_a_domain(server: Server) -> None:
    with Talk(server, "smtp") as talk:
        assert talk.ask(b"EHLO client.example.org") == 250
        assert talk.ask(b"MAIL FROM:<>") == 250
        for form in (b"postmaster", b"PostMaster", b"postmaster@demo.test"):
            assert talk.ask(b"RCPT TO:<" + form + b">") == 250


def test_too_many_hops_are_a_loop(server: Server, remote: Remote) -> None:
    trace = b"Received: from a.example by b.example; Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    with smtplib.SMTP("127.0.0.1", server.port("smtp")) as smtp, pytest.raises(smtplib.SMTPDataError) as no:
        smtp.sendmail("a@example.org", ["alice@demo.test"], trace * 101 + b"Subject: x\r\n\r\n")
    assert no.value.smtp_code == 554 and b"5.4.6" in no.value.smtp_error
    assert remote.sink.received == []


def test_aliases_and_groups_in_a_circle_end(server: Server, remote: Remote) -> None:
    before = {user: count(server, user) for user in ("user1", "user2")}
    for name, target in (("ring1", "ring2"), ("ring2", "ring1"), ("self", "self")):
        server.cli("alias", "add", f"{name}@demo.test", f"{target}@demo.test", check=False)
    server.cli("alias", "add", "both@demo.test", "user1@demo.test", "both@demo.test", check=False)
    for name in ("ring1", "self", "both"):
        with Talk(server, "smtp") as talk:
            assert talk.ask(b"EHLO client.example.org") == 250
            assert talk.ask(b"MAIL FROM:<a@example.org>") == 250
            if talk.ask(b"RCPT TO:<%s@demo.test>" % name.encode()) == 250 and talk.ask(b"DATA") == 354:
                assert talk.ask(b"Subject: round\r\n\r\n.") in (250, 550, 554)
    eventually(lambda: not server.json("queue", "list"))
    after = {user: count(server, user) for user in before}
    assert sum(after.values()) - sum(before.values()) <= 1
    assert remote.sink.received == []


def count(server: Server, user: str) -> int:
    with server.imap(user) as imap:
        return int(imap.select(readonly=True)[1][0] or b"0")
