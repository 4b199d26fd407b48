"""Nobody writes lines of their own into the log, and no secret is in it."""

from base64 import b64encode

from harness import Server, eventually
from hostile.talk import Talk

EVIL = b"\x1b[31mred\x1b[0m\x07\x08\xe2\x80\xae\xc2\x9b"
FORGED = "2026-01-01T00:00:00.000Z info    smtp: received forged"
SECRET = "s3cret-passphrase"


def test_what_clients_say_stays_on_one_line_and_is_harmless(server: Server) -> None:
    with Talk(server, "smtp") as talk:
        talk.ask(b"EHLO x\x1b]0;title\x07")
        talk.ask(b"EHLO " + EVIL)
        talk.ask(b"EHLO client.example.org")
        talk.ask(b"MAIL FROM:<" + EVIL + b"@example.org>")
        talk.ask(b'MAIL FROM:<"a\r' + FORGED.encode() + b'"@example.org>')
        talk.ask(b"MAIL FROM:<a@example.org> SMTPUTF8")
        talk.ask(b'RCPT TO:<"' + EVIL + b'"@demo.test>')
        talk.ask(b"RCPT TO:<\xe2\x80\xae\xe2\x80\xa8x@demo.test>")
    with Talk(server, "imap") as talk:
        talk.tagged(b"STARTTLS")
        talk.start_tls()
        for user in (EVIL, b"a\r\n" + FORGED.encode(), "a\u2028\u0085b".encode()):
            talk.tagged(b"LOGIN {%d+}\r\n%s {%d+}\r\n%s" % (len(user), user, len(SECRET), SECRET.encode()))
    with Talk(server, "pop3") as talk:
        talk.send(b"STLS\r\n")
        talk.line()
        talk.start_tls()
        talk.send(b"USER " + EVIL + b"\r\nPASS " + SECRET.encode() + b"\r\n")
        talk.send(b"AUTH PLAIN " + b64encode(b"\0" + EVIL + b"\0" + SECRET.encode()) + b"\r\nQUIT\r\n")
        talk.rest()
    eventually(lambda: "pop3" in server.log(100_000))
    log = server.log_file.read_bytes()
    text = log.decode("utf-8")
    assert all(line.startswith("20") and "Z " in line[:30] for line in text.split("\n") if line)
    assert not any(line.startswith(FORGED) for line in text.splitlines())
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in text if char != "\n")
    assert not any(char in text for char in "\u202e\u2028\u2029\u2066")
    assert SECRET not in text and b64encode(SECRET.encode()).decode()[:12] not in text
    assert "correct horse" not in text


def test_an_accepted_message_is_found_by_one_id(server: Server) -> None:
    with Talk(server, "smtp") as talk:
        for command in (b"EHLO c.example", b"MAIL FROM:<a@example.org>", b"RCPT TO:<user2@demo.test>"):
            assert talk.ask(command) == 250
        assert talk.ask(b"DATA") == 354
        talk.send(b"Subject: traced\r\n\r\n.\r\n")
        trace_id = talk.line().split()[-1].decode()
    lines = eventually(lambda: [line for line in server.log(50_000).splitlines() if f"id={trace_id}" in line])
    assert any("delivered" in line for line in lines)
    with server.imap("user2") as imap:
        imap.select()
        _, answer = imap.search(None, "TEXT", trace_id)
    assert answer[0], "the id is in the message's Received field too"
