"""Every word that EHLO says is true (RFC 5321 §4.1.1.1)."""

import smtplib
from email import message_from_bytes

from harness import HOST, Server, eventually
from smtp.admin import cli
from smtp.wire import Wire, inbox, letter, newest

BINARY = bytes(range(256)) * 8 + b"\n.\r\n.\r.\n"


def test_what_is_offered(server: Server) -> None:
    with Wire(server) as wire:
        assert wire.greeting.code == 220 and " ESMTP " in wire.greeting.text
        offered = wire.keywords
        assert set(offered) == {
            *("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING"),
            *("BINARYMIME", "DSN", "STARTTLS", "LIMITS", "HELP"),
        }
        assert int(offered["SIZE"]) == 50 * 1024 * 1024 and offered["LIMITS"] == "RCPTMAX=1000"
        # After TLS it is not offered again (RFC 3207 §4.2).
        assert "STARTTLS" not in wire.starttls().keywords
    with Wire(server, "submission") as wire:
        assert "AUTH" not in wire.keywords, "never in clear text"
        mechanisms = set(wire.starttls().keywords["AUTH"].split())
        assert {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"} <= mechanisms


def test_a_whole_group_of_commands_may_be_sent_at_once(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(
            b"MAIL FROM:<sender@example.org>\r\nRCPT TO:<user1@demo.test>\r\n"
            b"RCPT TO:<nobody@demo.test>\r\nDATA\r\n"
        )
        assert [wire.hear().code for _ in range(4)] == [250, 250, 550, 354]
        # The next transaction and the farewell come with the body.
        wire.send(letter("pipelined") + b".\r\nRSET\r\nNOOP\r\nQUIT\r\n")
        assert [wire.hear().code for _ in range(4)] == [250, 250, 250, 221] and wire.ended()
    assert newest(server, "user1", b"Subject: pipelined")


def test_size_is_refused_where_it_is_said_and_where_it_happens(server: Server) -> None:
    with Wire(server) as wire:
        limit = int(wire.keywords["SIZE"])
        refused = wire.mail(parameters=f"SIZE={limit + 1}")
        assert (refused.code, refused.status) == (552, "5.3.4")
        assert wire.mail(parameters=f"SIZE={limit}").code == 250
        assert wire.say("RSET").code == 250


def test_eight_bits_arrive_as_they_are(server: Server) -> None:
    message = letter("eight bits", "\u1eb7\u0300 đường\r\n") + b"\xff\xfe not UTF-8\r\n"
    with Wire(server) as wire:
        assert wire.mail(parameters="BODY=8BITMIME").code == 250 and wire.rcpt("user1@demo.test").code == 250
        assert wire.data(message).code == 250
    assert newest(server, "user1", b"Subject: eight bits").endswith(message)


def test_chunks_bring_binary_parts_that_imap_gives_back(server: Server) -> None:
    head = b"From: sender@example.org\r\nSubject: chunks\r\nMIME-Version: 1.0\r\n"
    head += b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    message = head + BINARY
    with Wire(server) as wire:
        assert wire.mail(parameters=f"BODY=BINARYMIME SIZE={len(message)}").code == 250
        assert wire.rcpt("user2@demo.test").code == 250
        # RFC 3030 §3: DATA cannot carry it.
        assert wire.say("DATA").code == 503
        for start in range(0, len(message), 1000):
            piece = message[start : start + 1000]
            wire.send(b"BDAT %d\r\n" % len(piece) + piece)
            assert wire.hear().code == 250
        assert wire.say("BDAT 0 LAST").code == 250
    with server.imap("user2") as imap:
        imap.select(readonly=True)
        for section, wanted in (("", message), ("1", BINARY)):
            _, answer = imap.fetch("1", f"(BODY.PEEK[{section}])")
            assert answer[0][1].endswith(wanted)


def test_chunks_go_in_pipelined(server: Server) -> None:
    message = letter("chunks in a row")
    with Wire(server) as wire:
        wire.send(
            b"MAIL FROM:<sender@example.org>\r\nRCPT TO:<user1@demo.test>\r\n"
            + (b"BDAT 10\r\n" + message[:10])
            + (b"BDAT %d LAST\r\n" % (len(message) - 10) + message[10:])
        )
        assert [wire.hear().code for _ in range(4)] == [250, 250, 250, 250]
        # Without a recipient the octets are taken off the wire and refused.
        wire.send(b"MAIL FROM:<sender@example.org>\r\nBDAT 6 LAST\r\nRSET\r\nQUIT\r\n")
        assert [wire.hear().code for _ in range(3)] == [250, 554, 221]
    assert newest(server, "user1", b"Subject: chunks in a row").endswith(message)


def test_international_addresses(server: Server) -> None:
    composed, decomposed = "nguyễn@demo.test", "nguye\u0302\u0303n@demo.test"
    cli(server, "account", "add", composed, input=server.password + "\n")
    with Wire(server) as wire:
        assert wire.mail("đặng@example.org").code == 553, "SMTPUTF8 was not said"
        assert wire.mail().code == 250
        refused = wire.rcpt(composed)
        assert (refused.code, refused.status) == (553, "5.6.7")
        assert wire.say("RSET").code == 250
        for number, spelling in enumerate((composed, decomposed, "NGUYỄN@Demo.Test", "nguyễn+thẻ@demo.test")):
            assert wire.mail("đặng@example.org", "SMTPUTF8 BODY=8BITMIME").code == 250
            assert wire.rcpt(spelling).code == 250, spelling
            assert wire.data(letter(f"thư số {number}", author="đặng@example.org")).code == 250
    messages = inbox(server, composed)
    assert len(messages) == 4
    assert messages[0].startswith("Return-Path: <đặng@example.org>\r\n".encode())
    assert b"with UTF8SMTP id" in messages[0]
    assert message_from_bytes(messages[0])["Subject"] is not None


def test_the_new_account_answers_from_its_own_address(server: Server) -> None:
    address = "trần@demo.test"
    cli(server, "account", "add", address, input=server.password + "\n")
    with Wire(server, "submission") as wire:
        wire.starttls()
        assert wire.login(address, server.password).code == 235
        assert wire.mail(address, "SMTPUTF8").code == 250 and wire.rcpt("user1@demo.test").code == 250
        assert wire.data(letter("trả lời", author=address)).code == 250
    assert b"with UTF8SMTPSA id" in newest(server, "user1", "Subject: trả lời".encode())


def test_reports_are_made_as_asked(server: Server) -> None:
    with Wire(server, "submission") as wire:
        wire.starttls()
        assert wire.login("alice@demo.test", server.password).code == 235
        assert wire.mail("alice@demo.test", "RET=HDRS ENVID=QQ+2B314159").code == 250
        assert wire.rcpt("user3@demo.test", "NOTIFY=SUCCESS ORCPT=rfc822;Old+2BName@example.org").code == 250
        assert wire.data(letter("confirm", "secret words\r\n", author="alice@demo.test")).code == 250
    report = eventually(lambda: newest(server, "alice", b"QQ+314159"))
    assert report.startswith(b"Return-Path: <>\r\n")
    parsed = message_from_bytes(report)
    assert (
        parsed.get_content_type() == "multipart/report"
        and parsed.get_param("report-type") == "delivery-status"
    )
    _, status, returned = parsed.get_payload()
    whole, recipient = status.get_payload()
    assert whole["Original-Envelope-Id"] == "QQ+314159"
    assert recipient["Original-Recipient"].replace(" ", "") == "rfc822;Old+Name@example.org"
    assert (recipient["Action"], recipient["Status"][0]) == ("delivered", "2")
    assert returned.get_content_type() == "text/rfc822-headers" and b"secret words" not in report


def test_limits_hold_as_announced(server: Server) -> None:
    with Wire(server) as wire:
        wire.send(b"MAIL FROM:<sender@example.org>\r\n" + b"RCPT TO:<user1@demo.test>\r\n" * 1001)
        answers = [wire.hear() for _ in range(1002)]
        assert [answer.code for answer in answers[:1001]] == [250] * 1001
        assert (answers[-1].code, answers[-1].status) == (452, "4.5.3")


def test_names_are_not_told(server: Server) -> None:
    with Wire(server) as wire:
        assert wire.say("VRFY alice@demo.test") == wire.say("VRFY nobody@demo.test")
        assert wire.say("VRFY alice").code == 252
        assert wire.say("EXPN staff").code == 502
        help_ = wire.say("HELP")
        assert help_.code == 214 and "MAIL" in help_.text
        assert wire.say("HELP MAIL").code == 214
        assert wire.say("NOOP anything").code == 250


def test_tls_of_today_only(server: Server) -> None:
    with Wire(server) as wire:
        wire.starttls()
        assert wire.tls_socket.version() in ("TLSv1.2", "TLSv1.3")
        assert wire.say("STARTTLS").code == 503
        assert wire.mail().code == 250 and wire.rcpt("user1@demo.test").code == 250
        assert wire.data(letter("by tls")).code == 250
    arrived = newest(server, "user1", b"Subject: by tls")
    assert b"with ESMTPS id" in arrived and b"using TLSv1.3 with cipher" in arrived


def test_the_oldest_greeting_still_works(server: Server) -> None:
    with smtplib.SMTP(HOST, server.port("smtp"), timeout=20) as client:
        assert client.helo("client.example.org")[0] == 250
        client.mail("sender@example.org")
        client.rcpt("user1@demo.test")
        assert client.data(letter("helo"))[0] == 250
    assert b"with SMTP id" in newest(server, "user1", b"Subject: helo")
