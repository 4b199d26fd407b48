"""Hostile IMAP: literals, nesting, sets, names (RFC 9051 §4.3, §6.4.4, §5.1; RFC 7888)."""

import time

import pytest

from harness import Server
from hostile.talk import Talk

LITERALS = (
    b"{4294967295}",
    b"{4294967296}",
    b"{1000000000+}",
    b"{99999999999999999999+}",
    b"{" + b"9" * 5000 + b"}",
    b"{-1}",
    b"{1_0}",
    "{１２}".encode(),
    b"{}",
    b"{+}",
    b"{0x10}",
)
ANSWER_SECONDS_MAX = 10.0
BYSTANDER_SECONDS_MAX = 4.0
"""Generous: other tests run at the same time."""


@pytest.fixture(scope="module")
def mail(server: Server) -> None:
    for n in range(20):
        server.deliver(b"Subject: %d\r\nFrom: a@example.org\r\n\r\nhello\r\n" % n, "alice")


def logged_in(server: Server) -> Talk:
    talk = Talk(server, "imap")
    assert talk.tagged(b"STARTTLS").startswith(b"a1 OK")
    talk.start_tls()
    assert talk.tagged(b'LOGIN alice@demo.test "correct horse"').startswith(b"a1 OK")
    assert talk.tagged(b"SELECT INBOX").startswith(b"a1 OK")
    return talk


def is_refusal(line: bytes) -> bool:
    return line == b"" or line.startswith((b"a1 BAD", b"a1 NO", b"* BYE", b"* BAD"))


@pytest.mark.parametrize("literal", LITERALS, ids=range(len(LITERALS)))
def test_an_impossible_literal_is_refused_before_login(server: Server, literal: bytes) -> None:
    with Talk(server, "imap") as talk:
        assert is_refusal(talk.tagged(b"LOGIN alice@demo.test " + literal))


@pytest.mark.parametrize("literal", LITERALS, ids=range(len(LITERALS)))
@pytest.mark.parametrize(
    "command",
    [
        *(b"SEARCH SUBJECT ", b"APPEND INBOX ", b"REPLACE 1 INBOX ", b"APPEND INBOX CATENATE (URL "),
        *(
            b"APPEND INBOX CATENATE (TEXT ",
            b"UID REPLACE 1 INBOX CATENATE (URL x TEXT ",
            b"APPEND INBOX UTF8 (~",
        ),
    ],
)
def test_an_impossible_literal_is_refused_after_login(
    server: Server, mail: None, command: bytes, literal: bytes
) -> None:
    with logged_in(server) as talk:
        assert is_refusal(talk.tagged(command + literal))


def test_empty_literals_without_end_are_ended(server: Server) -> None:
    with Talk(server, "imap") as talk:
        talk.send(b"a1 LOGIN ")
        for _ in range(100):
            if not talk.send(b"{0+}\r\n " * 10_000):
                break
        talk.send(b"\r\n")
        assert is_refusal(talk.line())


@pytest.mark.parametrize(
    "command",
    [
        b"SEARCH " + b"(" * 10_000,
        b"SEARCH " + b"(" * 10_000 + b"ALL" + b")" * 10_000,
        b"SEARCH " + b"NOT " * 10_000 + b"ALL",
        b"SEARCH " + b"OR ALL " * 10_000 + b"ALL",
        b"FETCH 1 BODY[" + b".".join([b"1"] * 10_000) + b"]",
        b"FETCH 1 BODY[HEADER.FIELDS (" + b" ".join([b"X"] * 8_000) + b")]",
        b"FETCH " + b",".join(b"%d" % n for n in range(1, 8_000)) + b" FLAGS",
        b"FETCH " + b",".join([b"1:*"] * 8_000) + b" FLAGS",
        b"FETCH 1:4294967295 FLAGS",
        b"FETCH 4294967296 FLAGS",
        b"FETCH 0 FLAGS",
        b"UID FETCH 1:4294967295 (UID)",
        b"UID FETCH *:1 (UID)",
        b"STORE 1 +FLAGS (" + b" ".join(b"k%d" % n for n in range(5_000)) + b")",
        b"LIST (" * 3_000,
        b'LIST "" "' + b"%*" * 3_000 + b'"',
        b"ID (" + b'"a" "b" ' * 2_000 + b")",
        b"STATUS INBOX (" + b"MESSAGES " * 2_000 + b"UNSEEN)",
        b"SEARCH SUBJECT " + b"x" * 50_000,
        b"SEARCH CHARSET X-NONE ALL",
        b"SEARCH SINCE 99-Foo-99999",
        b"FETCH 1 BODY[]<4294967295.4294967295>",
        b"FETCH 1 BODY[]<0.0>",
        b"FETCH 1 BODY[]<-1.5>",
        b"UID EXPUNGE 1:4294967295,4294967295:1",
    ],
    ids=range(25),
)
def test_a_monstrous_command_is_answered_in_time(server: Server, mail: None, command: bytes) -> None:
    with logged_in(server) as talk:
        began = time.monotonic()
        talk.send(b"a1 " + command + b"\r\n")
        line = talk.line()
        while line and not line.startswith((b"a1 ", b"* BYE", b"* BAD")):
            line = talk.line()
        assert time.monotonic() - began < ANSWER_SECONDS_MAX
        assert line.startswith((b"a1 ", b"* BYE", b"* BAD")), line


def test_parentheses_without_end_before_login_are_ended(server: Server) -> None:
    with Talk(server, "imap") as talk:
        for _ in range(32):
            if not talk.send(b"(" * 65536):
                break
        assert is_refusal(talk.line())


CATENATIONS = (
    b"CATENATE (URL " + b"(" * 60_000,
    b"CATENATE (" * 6_000,
    b"CATENATE (" + b"URL x " * 10_000 + b")",
    b"CATENATE (URL " + b"/x" * 25_000 + b")",
    b"CATENATE (URL /INBOX;UIDVALIDITY=99999999999999999999/;UID=1)",
    b"CATENATE (URL /INBOX/;UID=4294967295)",
    b"CATENATE (URL /INBOX/;UID=4294967296)",
    b'CATENATE (URL "/INBOX/;UID=1/;SECTION=' + b"1." * 10_000 + b'1")',
    b"CATENATE (URL /INBOX/;UID=1/;PARTIAL=9223372036854775807.9223372036854775807)",
    b'CATENATE (URL "/..%2f..%2fetc/passwd;UID=1")',
    b'CATENATE (URL "/%00;UID=1")',
    b'CATENATE (URL "file:///etc/passwd")',
    b'CATENATE (URL "imap://alice@elsewhere.example/INBOX/;UID=1")',
    b'CATENATE (URL "http://127.0.0.1:1/")',
    b'CATENATE (URL "/INBOX/;UID=1',
    b"CATENATE (TEXT NIL)",
)


@pytest.mark.parametrize("rest", CATENATIONS, ids=range(len(CATENATIONS)))
@pytest.mark.parametrize("command", [b"APPEND INBOX ", b"UID REPLACE 1 INBOX "])
def test_a_monstrous_catenation_is_refused(server: Server, mail: None, command: bytes, rest: bytes) -> None:
    with logged_in(server) as talk:
        before = talk.tagged(b"STATUS INBOX (MESSAGES)")
        began = time.monotonic()
        assert is_refusal(talk.tagged(command + rest))
        assert time.monotonic() - began < ANSWER_SECONDS_MAX
        assert before.startswith(b"a1 OK")


def test_urls_that_copy_without_end_are_refused(server: Server) -> None:
    """A short command must not fill the disk, nor the memory."""
    server.deliver(b"Subject: large\r\n\r\n" + (b"x" * 76 + b"\r\n") * 12_000, "alice")
    with logged_in(server) as talk:
        talk.send(b"a1 UID SEARCH LARGER 900000\r\n")
        uid = talk.line().split()[-1]
        talk.line()
        url = b"URL /INBOX/;UID=" + uid
        assert talk.tagged(b"APPEND Trash CATENATE (" + b" ".join([url] * 200) + b")").startswith(
            b"a1 NO [TOOBIG]"
        )


NAMES = (
    b"../../x",
    b"a/../b",
    b"INBOX/..",
    b"INBOX/../../etc",
    b"/etc/passwd",
    b"&AC8-",
    b"&AAA-",
    b"&",
    b"&Jj",
    b"&" + b"Jjo" * 3000 + b"-",
    b"x" * 10_000,
    b"/".join([b"d"] * 1000),
    b"a ",
    b"a.",
    b"~root",
    b"a%b",
    b"a*b",
    b"inBOX",
    b"",
    b"/",
    b"//",
    b"a//b",
    b"a\x7fb",
    b"\xff\xfe",
)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_mailbox_with_a_strange_name_is_refused_or_comes_back_as_it_is(server: Server, name: bytes) -> None:
    with logged_in(server) as talk:
        literal = b"{%d+}\r\n" % len(name) + name
        answer = talk.tagged(b"CREATE " + literal)
        if not answer.startswith(b"a1 OK"):
            assert is_refusal(answer), answer
            return
        assert talk.tagged(b"STATUS " + literal + b" (MESSAGES)").startswith(b"a1 OK")
        assert talk.tagged(b"DELETE " + literal).startswith(b"a1 OK")
    assert not list(server.data.glob("**/passwd")) and not (server.data.parent / "x").exists()


def test_nul_in_a_command_is_refused(server: Server) -> None:
    with Talk(server, "imap") as talk:
        assert is_refusal(talk.tagged(b"LOGIN alice\0@demo.test x"))


def test_a_client_that_stops_reading_does_not_hold_up_others(server: Server) -> None:
    body = b"Subject: large\r\n\r\n" + (b"x" * 76 + b"\r\n") * 12_000
    for _ in range(10):
        server.deliver(body, "user1")
    with Talk(server, "imap") as deaf:
        assert deaf.tagged(b"STARTTLS").startswith(b"a1 OK")
        deaf.start_tls()
        assert deaf.tagged(b'LOGIN user1@demo.test "correct horse"').startswith(b"a1 OK")
        assert deaf.tagged(b"SELECT INBOX").startswith(b"a1 OK")
        for _ in range(20):
            deaf.send(b"a2 FETCH 1:* BODY.PEEK[]\r\n")
        for _ in range(4):
            with logged_in(server) as talk:
                began = time.monotonic()
                assert talk.tagged(b"NOOP").startswith(b"a1 OK")
                assert time.monotonic() - began < BYSTANDER_SECONDS_MAX
