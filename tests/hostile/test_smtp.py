"""Hostile SMTP: smuggling, bad commands, pipelining, chunks, volume (RFC 5321 §2.3.8, §4.5.3, RFC 3030)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bocau.runtime.connection import CLOSE_SECONDS
from harness import Server
from hostile.conftest import SIZE_MAX
from hostile.talk import Talk

SMUGGLED = (
    b"MAIL FROM:<smug@example.net>\r\nRCPT TO:<user1@demo.test>\r\nDATA\r\n"
    b"Subject: smuggled\r\n\r\nbad\r\n.\r\n"
)
SEQUENCES = (
    b"\n.\n",
    b"\n.\r",
    b"\r.\n",
    b"\r.\r",
    b"\n.\r\n",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\r\n",
)


def greeted(server: Server, service: str = "smtp") -> Talk:
    talk = Talk(server, service)
    assert talk.ask(b"EHLO client.example.org" if service != "lmtp" else b"LHLO client.example.org") == 250
    return talk


def in_data(server: Server, recipient: bytes = b"user1@demo.test", service: str = "smtp") -> Talk:
    talk = greeted(server, service)
    assert talk.ask(b"MAIL FROM:<honest@example.org>") == 250
    assert talk.ask(b"RCPT TO:<" + recipient + b">") == 250
    assert talk.ask(b"DATA") == 354
    return talk


def inbox(server: Server, user: str) -> list[bytes]:
    with server.imap(user) as imap:
        _, said = imap.select(readonly=True)
        if said[0] == b"0":
            return []
        _, answer = imap.fetch("1:*", "(BODY.PEEK[])")
        return [item[1] for item in answer if isinstance(item, tuple)]


@pytest.mark.parametrize("service", ["smtp", "lmtp"])
@pytest.mark.parametrize("sequence", SEQUENCES, ids=repr)
def test_nothing_but_crlf_dot_crlf_ends_a_message(server: Server, sequence: bytes, service: str) -> None:
    before = len(inbox(server, "user1"))
    with in_data(server, service=service) as talk:
        talk.send(b"Subject: carrier\r\n\r\nbody" + sequence + SMUGGLED + b"QUIT\r\n")
        replies = talk.replies()
    assert replies in ([250, 221], [550, 221], [554, 221], [500, 221]), replies
    after = inbox(server, "user1")
    assert len(after) - before == (replies[0] == 250)
    assert not any(b"Return-Path: <smug@" in message for message in after)


@pytest.mark.parametrize(
    "line",
    [
        b"NOOP\n",
        b"NOOP\r",
        b"NO\0OP\r\n",
        b"N\xc3\xb6OP\r\n",
        b" NOOP\r\n",
        b"\tNOOP\r\n",
        b"\r\n",
        b"X" * 513 + b"\r\n",
        b"X" * 4096 + b"\r\n",
        b"MAIL FROM:<" + b"a" * 5000 + b"@example.org>\r\n",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    ],
    ids=repr,
)
def test_a_bad_command_gets_a_clear_reply(server: Server, line: bytes) -> None:
    with greeted(server) as talk:
        talk.send(line)
        talk.half_close()
        replies = talk.replies()
    assert all(code in (250, 421, 500, 501, 502, 503, 521, 554) for code in replies), replies
    assert replies or line == b"NOOP\r"


def test_a_line_without_end_is_not_read_for_ever(server: Server) -> None:
    """At all services at once: each is given its time to take the refusal."""

    def talked_at(service: str) -> bytes:
        with Talk(server, service) as talk:
            began = time.monotonic()
            while talk.send(b"A" * 65536) and time.monotonic() - began < 3 * CLOSE_SECONDS:
                pass
            assert time.monotonic() - began < 2 * CLOSE_SECONDS, "it reads on and on"
            return talk.rest()

    services = ("smtp", "lmtp", "submission", "imap", "pop3")
    with ThreadPoolExecutor(len(services)) as pool:
        for service, said in zip(services, pool.map(talked_at, services), strict=True):
            refusals = (b"500", b"421", b"521", b"554", b"* B", b"-ERR")
            assert said == b"" or said.startswith(refusals), (service, said)


def test_legal_pipelining_is_answered_in_order(server: Server) -> None:
    with greeted(server) as talk:
        talk.send(
            b"MAIL FROM:<a@example.org>\r\nRCPT TO:<user1@demo.test>\r\n"
            b"RCPT TO:<nobody@demo.test>\r\nDATA\r\n"
        )
        assert [talk.reply() for _ in range(4)] == [250, 250, 550, 354]
        talk.send(b"Subject: x\r\n\r\n.\r\nQUIT\r\n")
        assert talk.replies() == [250, 221]


def test_who_talks_first_or_talks_http_is_sent_away(server: Server) -> None:
    with Talk(server, "smtp", greet=False) as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: mail.demo.test\r\nUser-Agent: x\r\n\r\n" * 30)
        talk.half_close()
        replies = talk.replies()
    assert replies and replies[-1] in (421, 500, 502, 521, 554) and 250 not in replies[1:]


@pytest.mark.parametrize("setup", [(), (b"MAIL FROM:<a@b.example>",)], ids=["no mail", "no recipient"])
def test_a_chunk_out_of_place_is_consumed_and_refused(server: Server, setup: tuple[bytes, ...]) -> None:
    with greeted(server) as talk:
        for command in setup:
            assert talk.ask(command) == 250
        talk.send(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
        assert talk.reply() in (503, 554)
        assert talk.reply() == 250
        assert talk.ask(b"NOOP") == 250


@pytest.mark.parametrize("size", [b"-1", b"1e3", b"1_0", b"9" * 400, b"", b"1 FIRST", "１".encode()])
def test_a_chunk_of_unknown_length_ends_the_conversation(server: Server, size: bytes) -> None:
    with greeted(server) as talk:
        talk.send(b"BDAT " + size + b"\r\nMAIL FROM:<smug@example.net>\r\n")
        # Whatever follows may be octets of the chunk: it is never taken for a command.
        replies = talk.replies()
    assert replies and 250 not in replies and replies[0] in (421, 500, 501, 552), replies


def test_an_empty_last_chunk_is_an_empty_message_and_data_may_not_follow_a_chunk(server: Server) -> None:
    with greeted(server) as talk:
        for last in (b"BDAT 0 LAST", b"BDAT 0"):
            assert talk.ask(b"MAIL FROM:<a@example.org>") == 250
            assert talk.ask(b"RCPT TO:<user2@demo.test>") == 250
            assert talk.ask(last) in (250, 554)
        assert talk.ask(b"DATA") == 503
        assert talk.ask(b"RSET") == 250


def test_many_tiny_chunks_and_an_early_end_leave_nothing(server: Server) -> None:
    with greeted(server) as talk:
        assert talk.ask(b"MAIL FROM:<a@example.org>") == 250
        assert talk.ask(b"RCPT TO:<user3@demo.test>") == 250
        for _ in range(20):
            if not talk.send(b"BDAT 1\r\nx" * 1000):
                break
            for _ in range(1000):
                if talk.reply() not in (250, 552):
                    break
    assert inbox(server, "user3") == []


@pytest.mark.parametrize("declared", [b"", b" SIZE=10"])
def test_a_message_above_the_limit_is_refused_without_being_kept(server: Server, declared: bytes) -> None:
    with greeted(server) as talk:
        assert talk.ask(b"MAIL FROM:<a@example.org>" + declared) == 250
        assert talk.ask(b"RCPT TO:<user3@demo.test>") == 250
        assert talk.ask(b"DATA") == 354
        for _ in range(20):
            talk.send((b"x" * 76 + b"\r\n") * (SIZE_MAX // 78))
        assert talk.ask(b"\r\n.") == 552
        assert talk.ask(b"NOOP") == 250
    assert inbox(server, "user3") == []


def test_a_size_declared_above_the_limit_is_refused_at_mail(server: Server) -> None:
    with greeted(server) as talk:
        assert talk.ask(b"MAIL FROM:<a@example.org> SIZE=%d" % (SIZE_MAX + 1)) == 552
        for size in (b"-1", b"1_0", b"9" * 400, "１２".encode(), b""):
            assert talk.ask(b"MAIL FROM:<a@example.org> SIZE=" + size) in (500, 501, 552, 553)


def test_ten_thousand_recipients_are_not_taken_at_once(server: Server) -> None:
    with greeted(server) as talk:
        assert talk.ask(b"MAIL FROM:<a@example.org>") == 250
        codes = []
        for _ in range(100):
            if not talk.send(b"".join(b"RCPT TO:<user4+%d@demo.test>\r\n" % n for n in range(100))):
                break
            codes += [talk.reply() for _ in range(100)]
        taken = codes.count(250)
        assert 100 <= taken <= 1000 and set(codes[taken:]) <= {452, 421, 0}
        assert talk.ask(b"DATA") in (354, 0)


def test_endless_commands_are_ended(server: Server) -> None:
    for command, most in (
        (b"XYZZY", 30),
        (b"NOOP", 2000),
        (b"RSET", 2000),
        (b"RCPT TO:<no%d@demo.test>", 60),
    ):
        with greeted(server) as talk:
            if command.startswith(b"RCPT"):
                assert talk.ask(b"MAIL FROM:<a@example.org>") == 250
            code, count = 1, 0
            while code not in (0, 421) and count <= most:
                code = talk.ask(command % count if b"%" in command else command)
                count += 1
            assert count <= most, f"{command!r} may be repeated for ever"


def test_a_half_closed_connection_is_answered_to_its_end(server: Server) -> None:
    with in_data(server, b"user5@demo.test") as talk:
        talk.send(b"Subject: last words\r\n\r\n.\r\n")
        talk.half_close()
        assert talk.replies()[:1] == [250]
    with in_data(server, b"user5@demo.test") as talk:
        talk.send(b"Subject: never ended\r\n\r\nhalf a mess")
        talk.half_close()
        talk.replies()
    assert [b"last words" in message for message in inbox(server, "user5")] == [True]


def test_nul_and_eight_bit_come_back_as_they_were(server: Server) -> None:
    body = b"Subject: \xff\xfe\r\n\r\n" + bytes(range(1, 10)) + bytes(range(14, 256)) + b"\r\n"
    with in_data(server, b"bob@demo.test") as talk:
        assert talk.ask(body + b".") == 250
    (message,) = inbox(server, "bob")
    assert message.endswith(body)
    with in_data(server, b"bob@demo.test") as talk:
        assert talk.ask(b"Subject: nul\r\n\r\na\0b\r\n.") in (250, 550, 554)
