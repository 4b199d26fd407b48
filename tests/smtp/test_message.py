"""From DATA to the mailbox: trace fields, loops, sizes, line ends, LMTP (RFC 5321, RFC 2033)."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Server
from smtp.admin import cli
from smtp.wire import Wire, inbox, letter, newest

SIZE_MAX = 200_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes small messages only."""
    settings = (f"smtp.size_max_bytes={SIZE_MAX}",)
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    with Wire(server) as wire:
        yield wire


def begin(wire: Wire, *recipients: str, sender: str = "sender@example.org") -> Wire:
    assert wire.mail(sender).code == 250
    for recipient in recipients or ("user1@demo.test",):
        assert wire.rcpt(recipient).code == 250
    return wire


TRACE = re.compile(
    rb"Return-Path: <bounces\+42@example\.org>\r\n"
    rb"Received: from client\.example\.org \(\[127\.0\.0\.1\]\)\r\n"
    rb"\tby \S+ with ESMTP id [0-9a-z]{16}\r\n"
    rb"\tfor <user1@demo\.test>; \w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\r\n"
)


def test_two_trace_fields_stand_above_the_message_and_nothing_else(server: Server, wire: Wire) -> None:
    message = b"Return-Path: <forged@example.org>\r\n" + letter("trace")
    answer = begin(wire, sender="bounces+42@example.org").data(message)
    arrived = newest(server, "user1", b"Subject: trace\r\n")
    assert arrived.endswith(message)
    trace = arrived.removesuffix(message)
    assert TRACE.fullmatch(trace), trace
    # The id of the reply finds the message again, in its header and in the log.
    trace_id = answer.text.split()[-1]
    assert trace_id.encode() in trace and f"id={trace_id}" in server.log()


def test_recipients_do_not_learn_of_each_other(server: Server, wire: Wire) -> None:
    assert begin(wire, "user1@demo.test", "user2@demo.test").data(letter("two of us")).code == 250
    assert b"for <" not in newest(server, "user1", b"Subject: two of us")


def test_the_null_sender_is_taken(server: Server, wire: Wire) -> None:
    assert begin(wire, sender="").data(letter("from nobody")).code == 250
    assert newest(server, "user1", b"from nobody").startswith(b"Return-Path: <>\r\n")


@pytest.mark.parametrize(("hops", "code"), [(100, 250), (101, 554)])
def test_loops_end(server: Server, wire: Wire, hops: int, code: int) -> None:
    message = b"Received: from a by b; Sun, 22 Nov 2026 10:00:00 +0000\r\n" * hops + letter(f"{hops} hops")
    answer = begin(wire).data(message)
    assert answer.code == code
    assert code == 250 or answer.status == "5.4.6"
    assert bool(newest(server, "user1", f"Subject: {hops} hops".encode())) is (code == 250)


def test_a_message_that_grows_too_large_is_refused_at_its_end(server: Server, wire: Wire) -> None:
    large = letter("large", ("x" * 70 + "\r\n") * (SIZE_MAX // 72 + 10))
    answer = begin(wire).data(large)
    assert (answer.code, answer.status) == (552, "5.3.4")
    # The session is sound, and nothing is left of the transaction.
    assert wire.rcpt("user1@demo.test").code == 503
    assert begin(wire).data(letter("after the large one")).code == 250
    assert newest(server, "user1", b"after the large one")
    assert not newest(server, "user1", b"Subject: large\r\n")


def test_chunks_that_grow_too_large_are_refused(wire: Wire) -> None:
    begin(wire)
    piece = b"x" * 50_000
    answers = []
    for _ in range(5):
        wire.send(b"BDAT %d\r\n" % len(piece) + piece)
        answers.append(wire.hear().code)
        if answers[-1] != 250:
            break
    assert answers == [250] * 4 + [552]
    assert begin(wire).data(letter("small again")).code == 250


ENDINGS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_only_crlf_dot_crlf_ends_a_message(server: Server, wire: Wire, ending: bytes) -> None:
    """SMTP smuggling (CVE-2023-51764): the second message must not come to life."""
    begin(wire)
    assert wire.say("DATA").code == 354
    smuggled = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<user3@demo.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
    wire.send(letter("carrier").removesuffix(b"\r\n") + ending + smuggled + b"\r\n.\r\n")
    answer = wire.hear()
    assert (answer.code, answer.status) == (550, "5.6.0")
    assert wire.say("NOOP").code == 250, "one reply for one message"
    assert inbox(server, "user3") == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_chunks_of_text_smuggle_nothing_either(server: Server, wire: Wire, ending: bytes) -> None:
    """The next server may get them by DATA."""
    begin(wire)
    message = letter("chunk carrier") + b"a" + ending + b"MAIL FROM:<a@example.org>\r\n"
    wire.send(b"BDAT %d LAST\r\n" % len(message) + message)
    answer = wire.hear()
    assert (answer.code, answer.status) == (550, "5.6.0")
    assert wire.say("NOOP").code == 250
    assert not newest(server, "user1", b"Subject: chunk carrier")


def test_dots_are_taken_off_once(server: Server, wire: Wire) -> None:
    body = ".\r\n..\r\n.a\r\n...\r\n .\r\n"
    assert begin(wire).data(letter("dots", body)).code == 250
    assert newest(server, "user1", b"Subject: dots").endswith(body.encode())


def test_empty_and_headless_messages(server: Server, wire: Wire) -> None:
    for message in (b"", b"\r\n", b"\r\nonly a body\r\n", b"no header at all\r\n"):
        assert begin(wire, "user4@demo.test").data(message).code == 250
    assert len(inbox(server, "user4")) == 4


@pytest.mark.parametrize("command", ["RSET", "EHLO again.example.org", "HELO again.example.org"])
def test_what_resets_leaves_nothing(wire: Wire, command: str) -> None:
    begin(wire)
    assert wire.say(command).code == 250
    assert wire.rcpt("user1@demo.test").code == 503
    assert wire.say("DATA").code == 503


def test_tls_does_not_come_in_the_middle(wire: Wire) -> None:
    begin(wire)
    assert wire.say("STARTTLS").code == 503
    assert wire.say("RSET").code == 250
    wire.starttls()
    assert wire.rcpt("user1@demo.test").code == 503


def test_commands_out_of_order(wire: Wire) -> None:
    assert wire.say("DATA").code == 503 and wire.rcpt("user1@demo.test").code == 503
    assert wire.mail().code == 250
    assert wire.mail().code == 503
    assert wire.rcpt("nobody@demo.test").code == 550
    refused = wire.say("DATA")
    assert (refused.code, refused.status) == (554, "5.5.1")
    assert wire.say("AUTH PLAIN AGEAYg==").code in (502, 503), "no logins from strangers"


def files(server: Server) -> dict[Path, int]:
    return {
        path: path.stat().st_size
        for path in server.data.rglob("*")
        if path.is_file() and ".sqlite" not in path.name
    }


def test_all_recipients_share_one_body_and_no_file_is_made(server: Server, wire: Wire) -> None:
    begin(wire).data(letter("opens the pack"))
    before = files(server)
    message = letter("for five", ("0123456789" * 7 + "\r\n") * 2000)
    people = [f"user{number}@demo.test" for number in range(1, 6)]
    assert begin(wire, *people).data(message).code == 250
    after = files(server)
    assert all(len(inbox(server, f"user{number}")) for number in range(1, 6))
    new = {path for path in set(after) - set(before) if "packs" in path.parts}
    assert len(new) <= 1, "a pack of this worker at most"
    grown = sum(size - before.get(path, 0) for path, size in after.items() if "packs" in path.parts)
    assert len(message) <= grown < 1.5 * len(message)


# --- LMTP ------------------------------------------------------------------------------


def test_lmtp_answers_for_each_recipient(server: Server) -> None:
    cli(server, "account", "add", "tiny@demo.test", "--quota", "2K", input="correct horse\n")
    with Wire(server, "lmtp", hello="LHLO") as wire:
        assert "LMTP" in wire.greeting.text and "PIPELINING" in wire.keywords
        assert wire.mail().code == 250
        codes = [
            wire.rcpt(name).code
            for name in ("user1@demo.test", "nobody@demo.test", "tiny@demo.test", "user2@demo.test")
        ]
        assert codes == [250, 550, 250, 250]
        first = wire.data(letter("by lmtp", "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 40))
        answers = [first, wire.hear(), wire.hear()]
        assert [answer.code for answer in answers] == [250, 552, 250]
        assert wire.say("NOOP").code == 250
        # The same by chunks: a reply each at LAST only.
        begin(wire, "user1@demo.test", "user2@demo.test")
        message = letter("lmtp chunks")
        wire.send(b"BDAT 5\r\n" + message[:5] + b"BDAT %d LAST\r\n" % (len(message) - 5) + message[5:])
        assert [wire.hear().code for _ in range(3)] == [250, 250, 250]
        # Nobody accepted: a single reply (RFC 2033 §4.2).
        assert wire.mail().code == 250 and wire.rcpt("nobody@demo.test").code == 550
        assert wire.say("DATA").code in (503, 554)
        assert (
            wire.say("EHLO wrong.example.org").code == 500 and wire.say("HELO wrong.example.org").code == 500
        )
    assert b"with LMTP id" in newest(server, "user1", b"Subject: by lmtp")
    assert newest(server, "user2", b"Subject: lmtp chunks")


def test_lmtp_refuses_relaying_too(server: Server) -> None:
    with Wire(server, "lmtp", hello="LHLO") as wire:
        assert wire.mail().code == 250
        assert wire.rcpt("someone@elsewhere.test").code == 550


def test_lmtp_by_a_socket_file(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    settings = (f'listen.lmtp=["unix:{path}"]',)
    with Server(tmp_path / "server", users=0, workers=1, settings=settings) as server:
        with socket.socket(socket.AF_UNIX) as client, client.makefile("rb") as lines:
            client.settimeout(20)
            client.connect(str(path))
            client.sendall(b"LHLO here\r\n")
            assert any(line.startswith(b"250 ") for line in lines)
            client.sendall(b"MAIL FROM:<sender@example.org>\r\nRCPT TO:<alice@demo.test>\r\nDATA\r\n")
            assert [lines.readline()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
            client.sendall(letter("by a file") + b".\r\nQUIT\r\n")
            assert lines.readline().startswith(b"250 2.0.0")
            assert lines.readline().startswith(b"221 ")
        arrived = newest(server, "alice", b"Subject: by a file")
        assert b"with LMTP id" in arrived and b"[127" not in arrived
        server.assert_no_traceback()
