"""Hostile IMAP over the extensions: orders, threads, rights, annotations, notices, compression, and names.

The safe outcome is a clear answer in time; nobody else waits; no process dies or grows (conftest sees to it).
"""

import re
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.programs import program
from crash.victim import Strace
from harness import Server
from hostile.conftest import children
from hostile.talk import Talk
from hostile.test_imap import ANSWER_SECONDS_MAX, NAMES, is_refusal, logged_in

BYSTANDER_SECONDS_MAX = 4.0
SEARCH_KEYS_MAX = 1000
CHAIN = 2000
BOMB_BYTES = 256 * 1024 * 1024
MEGABYTE = b"x" * (1 << 20)


@pytest.fixture(scope="module")
def mail(server: Server) -> None:
    for n in range(20):
        server.deliver(b"Subject: %d\r\nFrom: a@example.org\r\n\r\nhello\r\n" % n, "alice")


@pytest.fixture(scope="module")
def bystander(server: Server, mail: None) -> Iterator[Talk]:
    with logged_in(server) as talk:
        yield talk


def answered(talk: Talk, bystander: Talk, command: bytes) -> bytes:
    """The answer, which must come in time; meanwhile somebody else is served."""
    began = time.monotonic()
    sent = talk.send(b"a1 " + command + b"\r\n")
    assert bystander.tagged(b"NOOP", b"b1").startswith(b"b1 OK")
    assert time.monotonic() - began < BYSTANDER_SECONDS_MAX or len(command) > len(MEGABYTE)
    while sent and (line := talk.line()):
        if line.startswith((b"a1 ", b"* BYE", b"* BAD")):
            assert time.monotonic() - began < ANSWER_SECONDS_MAX
            return line
    return b""


def literal(data: bytes) -> bytes:
    return b"{%d+}\r\n" % len(data) + data


REFUSED = {
    "sort without end": b"SORT " + b"(" * 60_000,
    "sort by too much": b"SORT (" + b"REVERSE ARRIVAL " * 1000 + b"SUBJECT) UTF-8 ALL",
    "sort by nothing": b"SORT (" + b"REVERSE " * 7000 + b") UTF-8 ALL",
    "sort deep": b"SORT (SUBJECT) UTF-8 " + b"NOT " * 10_000 + b"ALL",
    "thread deep": b"THREAD REFERENCES UTF-8 " + b"(" * 10_000 + b"ALL" + b")" * 10_000,
    "thread unknown": b"THREAD " + b"x" * 50_000 + b" UTF-8 ALL",
    "search of many keys": b"SEARCH " + b"ALL " * SEARCH_KEYS_MAX + b"SEEN",
    "search fuzzily without end": b"SEARCH " + b"FUZZY " * 10_000,
    "search returns": b"SEARCH RETURN (" + b"COUNT " * 10_000 + b") ALL",
    "search partial of nothing": b"SEARCH RETURN (PARTIAL 0:0) ALL",
    "search partial too far": b"SEARCH RETURN (PARTIAL 1:4294967296) ALL",
    "search long needle": b"SEARCH TEXT " + literal(b"x" * 1_000_000),
    "search within": b"SEARCH YOUNGER 99999999999999999999",
    "esearch of many": b"ESEARCH IN (mailboxes (" + b"a " * 30_000 + b"b)) ALL",
    "esearch of many kinds": b"ESEARCH IN (" + b"personal subtree x " * 3000 + b") ALL",
    "esearch deep": b"ESEARCH IN (personal) " + b"NOT " * 10_000 + b"ALL",
    "cancel many": b"CANCELUPDATE " + b'"t" ' * 15_000 + b'"t"',
    "notify many": b"NOTIFY SET (MAILBOXES ("
    + b" ".join(b"m%d" % n for n in range(100_000))
    + b") (MessageNew))",
    "notify many by literal": b"NOTIFY SET (MAILBOXES (" + b"{1+}\r\nx " * 100_000 + b") (MessageNew))",
    "notify many groups": b"NOTIFY SET " + b"(personal (MailboxName)) " * 2500 + b"(inboxes NONE)",
    "notify events": b"NOTIFY SET (personal (" + b"MessageNew " * 5000 + b"))",
    "notify items": b"NOTIFY SET (SELECTED (MessageNew (" + b"UID " * 10_000 + b")))",
    "annotation of 10 MB": b"SETMETADATA INBOX (/private/comment " + literal(b"x" * 10_000_000) + b")",
    "annotation of 10 binary MB": b"SETMETADATA INBOX (/private/comment ~"
    + literal(b"\0" * 10_000_000)
    + b")",
    "annotations without end": b"SETMETADATA INBOX (" + b"/private/a NIL " * 4000 + b")",
    "annotation deep": b"GETMETADATA INBOX /private" + b"/a" * 20_000,
    "annotation wild": b'GETMETADATA INBOX "/private/*%"',
    "annotation sizes": b"GETMETADATA (MAXSIZE 99999999999999999999) INBOX /private/comment",
    "annotation options": b"GETMETADATA (" + b"DEPTH 1 " * 8000 + b") INBOX /private/comment",
    "annotation outside": b"GETMETADATA INBOX /../../etc/passwd",
    "rights unknown": b"SETACL INBOX bob@demo.test " + b"lrs!\xc3\xa9",
    "rights without end": b"SETACL INBOX bob@demo.test " + b"Z" * 60_000,
    "identifier with CR": b"SETACL INBOX " + literal(b"bob@demo.test\rx") + b" lr",
    "identifier with LF": b"SETACL INBOX " + literal(b"bob@demo.test\nx") + b" lr",
    "identifier with CRLF": b"SETACL INBOX " + literal(b"x\r\na1 OK done\r\n") + b" lr",
    "identifier with NUL": b"SETACL INBOX " + literal(b"bob@demo.test\0") + b" lr",
    "identifier too long": b"LISTRIGHTS INBOX " + literal(b"b" * 100_000),
    "negative identifier": b"SETACL INBOX " + b"-" * 10_000 + b"bob@demo.test lr",
    "quota": b'SETQUOTA "" (STORAGE 99999999999999999999)',
    "quota of many": b'SETQUOTA "" (' + b"STORAGE 1 " * 5000 + b")",
    "enable": b"ENABLE " + b"X " * 30_000 + b"!",
    "special uses": b"CREATE x (USE (" + b"\\All " * 10_000 + b"))",
    "select": b"SELECT INBOX (QRESYNC (1 18446744073709551616 1:*))",
    "select matches": b"SELECT INBOX (QRESYNC (1 1 1:9 (" + b"1," * 30_000 + b"1 " + b"1," * 20 + b"1)))",
    "list returns": b'LIST "" * RETURN (' + b"CHILDREN " * 6000 + b")",
    "list statuses": b'LIST "" * RETURN (STATUS (' + b"MESSAGES " * 6000 + b"))",
    "list metadata": b'LIST "" * RETURN (METADATA (' + b'"/shared/a" ' * 5000 + b"))",
    "list patterns": b'LIST "" (' + b"* " * 10_000 + b"x)",
    "binary deep": b"FETCH 1 BINARY.PEEK[" + b"1." * 10_000 + b"1]",
    "previews": b"FETCH 1 (" + b"PREVIEW (LAZY) " * 4000 + b"UID)",
    "changed since": b"FETCH 1:* FLAGS (CHANGEDSINCE 99999999999999999999)",
    "partial fetch": b"UID FETCH 1:* FLAGS (PARTIAL 0:0)",
    "compress twice as x": b"COMPRESS " + b"X" * 50_000,
}
ANSWERED = {
    "search of 1000 keys": b"SEARCH " + b"NOT SUBJECT q " * (SEARCH_KEYS_MAX // 2 - 1) + b"ALL",
    "search of 1000 texts": b"SEARCH " + b"TEXT q " * (SEARCH_KEYS_MAX - 1) + b"ALL",
    "search of 1000 headers": b"SEARCH " + b"HEADER X-A q " * (SEARCH_KEYS_MAX - 1) + b"ALL",
    "sort of 900 keys": b"UID SORT (REVERSE SUBJECT) UTF-8 " + b"OR " * 40 + b"BODY q " * 41 + b"ALL",
    "thread of 900 keys": b"THREAD REFERENCES UTF-8 " + b"BODY q " * 900 + b"ALL",
    "sets": b"SEARCH " + b",".join([b"1:*"] * 10_000),
    "saved": b"SEARCH RETURN (SAVE MIN MAX COUNT ALL) " + b"$ " * 900 + b"ALL",
    "object": b"SEARCH EMAILID " + b"M" * 50_000,
    "modseq": b"SEARCH MODSEQ 9223372036854775807",
    "partial": b"UID SEARCH RETURN (PARTIAL -1:-4294967295) ALL",
    "esearch": b"ESEARCH IN (personal subtree INBOX inboxes) RETURN (COUNT) " + b"TEXT q " * 900 + b"ALL",
    "vanished": b"UID FETCH 1:4294967295 (FLAGS) (CHANGEDSINCE 1)",
    "notify nobody": b"NOTIFY SET (MAILBOXES ("
    + b" ".join(b"m%d" % n for n in range(1000))
    + b") (MessageNew MessageExpunge))",
    "annotation of 60 KB": b"SETMETADATA INBOX (/private/comment " + literal(b"x" * 60_000) + b")",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_monstrous_command_is_refused(server: Server, bystander: Talk, name: str) -> None:
    with logged_in(server) as talk:
        assert is_refusal(answered(talk, bystander, REFUSED[name]))


@pytest.mark.parametrize("name", ANSWERED)
def test_a_great_command_is_answered(server: Server, bystander: Talk, name: str) -> None:
    with logged_in(server) as talk:
        assert answered(talk, bystander, ANSWERED[name]).startswith(b"a1 OK")


def test_contexts_are_bounded(server: Server, bystander: Talk) -> None:
    """CONTEXT=SEARCH (RFC 5267 §4.3): a server may say NOUPDATE."""
    with logged_in(server) as talk:
        for n in range(500):
            talk.send(b"t%d SEARCH RETURN (UPDATE COUNT) ALL\r\n" % n)
        refused = 0
        while not (line := talk.line()).startswith(b"t499 "):
            refused += b"[NOUPDATE" in line
        assert refused > 400 and line.startswith(b"t499 OK")


# --- compression --------------------------------------------------------------------------


def compressed(server: Server) -> Talk:
    talk = logged_in(server)
    assert talk.tagged(b"COMPRESS DEFLATE").startswith(b"a1 OK")
    return talk


def bomb(piece: bytes, size_bytes: int) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(deflate.compress(piece) for _ in range(size_bytes // len(piece))) + deflate.flush()


BOMBS = {
    "a line of 256 MB": lambda: bomb(MEGABYTE, BOMB_BYTES),
    "parentheses": lambda: bomb(b"a1 SEARCH " + b"(" * 60_000, BOMB_BYTES),
    "literals": lambda: bomb(b"a1 NOOP {9999999999+}\r\n", BOMB_BYTES // 16),
    "bad commands": lambda: bomb(b"a1 (\r\n" * 1000, BOMB_BYTES // 16),
    "no deflate": lambda: b"\xff" * 100_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_inflates_without_end_is_ended(server: Server, bystander: Talk, name: str) -> None:
    """RFC 4978: the connection ends; others are served while the server reads."""
    with compressed(server) as talk:
        flood(talk, bystander, BOMBS[name]())
        talk.rest()


def test_nothing_in_many_blocks_is_nothing(server: Server, bystander: Talk) -> None:
    with compressed(server) as talk:
        flood(talk, bystander, b"\0\0\0\xff\xff" * 200_000)
        talk.half_close()
        talk.rest()


def flood(talk: Talk, bystander: Talk, data: bytes) -> None:
    for start in range(0, len(data), 65536):
        if not talk.send(data[start : start + 65536]):
            return
        began = time.monotonic()
        assert bystander.tagged(b"NOOP", b"b1").startswith(b"b1 OK")
        assert time.monotonic() - began < BYSTANDER_SECONDS_MAX


def test_a_resynchronisation_of_everything_is_answered(server: Server, bystander: Talk) -> None:
    """RFC 7162 §3.2.5.2: what the client says it knows may be absurd."""
    with logged_in(server) as talk:
        assert talk.tagged(b"UNSELECT").startswith(b"a1 OK")
        assert talk.tagged(b"ENABLE QRESYNC").startswith(b"a1 OK")
        talk.send(b"a1 STATUS INBOX (UIDVALIDITY)\r\n")
        validity = talk.line().split()[-1].rstrip(b")")
        assert talk.line().startswith(b"a1 OK")
        for known in (b"", b" 1:4294967295", b" 1:4294967295 (1:20 1:20)", b" " + b"1:9," * 9000 + b"9"):
            for modseq in (b"1", b"9223372036854775807"):
                command = b"EXAMINE INBOX (QRESYNC (%b %b%b))" % (validity, modseq, known)
                assert answered(talk, bystander, command).startswith(b"a1 OK")


# --- threads ------------------------------------------------------------------------------


def test_cyclic_references_make_finite_threads(server: Server, bystander: Talk) -> None:
    """RFC 5256 §3 step 1.B: a link that would make a loop is not made; each message comes once."""
    ring = [b"Message-ID: <r%d@x>\r\nReferences: <r%d@x>\r\n" % (n, (n + 1) % 5) for n in range(5)]
    chain = [b"Message-ID: <c%d@x>\r\nReferences: <c%d@x>\r\n" % (n, n - 1) for n in range(CHAIN)]
    every = b"References: " + b" ".join(b"<c%d@x>\r\n" % n for n in range(500)) + b"Message-ID: <e@x>\r\n"
    back = b"Message-ID: <b@x>\r\nIn-Reply-To: <b@x>\r\nReferences: <b@x> <e@x> <b@x>\r\n"
    odd = [
        back,
        every,
        b"Message-ID: <b@x>\r\n",
        b"References: <c0@x> <c%d@x>\r\n" % (CHAIN - 1),
        b"References: <<<>>>\r\n",
    ]
    with logged_in(server) as talk:
        assert talk.tagged(b"CREATE Rings").startswith(b"a1 OK")
        mails = [head + b"Subject: same\r\n\r\n" for head in [*ring, *chain, *odd]]
        for start in range(0, len(mails), 500):
            some = mails[start : start + 500]
            assert talk.tagged(b"APPEND Rings " + b" ".join(map(literal, some))).startswith(b"a1 OK")
        assert talk.tagged(b"SELECT Rings").startswith(b"a1 OK")
        for command in (b"UID THREAD REFERENCES UTF-8 ALL", b"UID THREAD ORDEREDSUBJECT UTF-8 ALL"):
            began = time.monotonic()
            talk.send(b"a1 " + command + b"\r\n")
            line = talk.line()
            uids = line.replace(b"(", b" ").replace(b")", b" ").split()[2:]
            assert sorted(map(int, uids)) == list(range(1, len(mails) + 1))
            assert line.count(b"(") == line.count(b")")
            assert talk.line().startswith(b"a1 OK") and time.monotonic() - began < ANSWER_SECONDS_MAX
        assert talk.tagged(b"DELETE Rings").startswith(b"a1 OK")


# --- names --------------------------------------------------------------------------------

WITH_NAME = (
    b"CREATE %b",
    b"SELECT %b",
    b"EXAMINE %b (CONDSTORE)",
    b"STATUS %b (MESSAGES SIZE)",
    b"SUBSCRIBE %b",
    b"LIST %b *",
    b'LIST "" %b RETURN (STATUS (MESSAGES) MYRIGHTS SUBSCRIBED CHILDREN)',
    b'LSUB "" %b',
    b"UNSUBSCRIBE %b",
    b"APPEND %b {3+}\r\nx\r\n",
    b"APPEND INBOX CATENATE (URL %b)",
    b"GETMETADATA %b /private/comment",
    b'SETMETADATA %b (/private/comment "x")',
    b"SETACL %b bob@demo.test lr",
    b"GETACL %b",
    b"LISTRIGHTS %b bob@demo.test",
    b"MYRIGHTS %b",
    b"DELETEACL %b bob@demo.test",
    b"SETACL Archive %b lr",
    b"GETQUOTAROOT %b",
    b"GETQUOTA %b",
    b"NOTIFY SET (MAILBOXES %b (MessageNew MessageExpunge))",
    b"NOTIFY SET (SUBTREE %b (MailboxName))",
    b"ESEARCH IN (mailboxes %b) ALL",
    b"ESEARCH IN (subtree-one %b) ALL",
    b"SELECT INBOX",
    b"COPY 1 %b",
    b"UID MOVE 4294967295 %b",
    b"REPLACE 1 %b {3+}\r\nx\r\n",
    b"RENAME %b Renamed",
    b"RENAME Renamed %b",
    b"DELETE %b",
)
MORE_NAMES = (
    b"Other Users/../alice@demo.test",
    b"Other Users/bob@demo.test/../../x",
    b"INBOX/" * 60 + b"x",
    b"\\",
    b'"',
    b"a\rb",
    b"a\nb",
    b"a\0b",
)


@pytest.mark.parametrize("name", [*NAMES, *MORE_NAMES], ids=range(len(NAMES) + len(MORE_NAMES)))
def test_no_command_follows_a_strange_name(server: Server, bystander: Talk, name: bytes) -> None:
    """E-7: refused, or an ordinary mailbox of that name; nothing outside the store is touched."""
    beside = sorted(server.directory.iterdir())
    talk = logged_in(server)
    for command in WITH_NAME:
        answer = answered(talk, bystander, command.replace(b"%b", literal(name)))
        if not answer.startswith(b"a1 "):
            assert is_refusal(answer), answer
            talk = logged_in(server)
    for left in (literal(name), b"Renamed"):
        talk.tagged(b"DELETE " + left)
    talk.send(b'a1 LIST "" *\r\n')
    listed = []
    while (line := talk.line()) and not line.startswith(b"a1 "):
        listed.append(line)
    assert len(listed) == len(standard_names(server)), listed
    assert sorted(server.directory.iterdir()) == beside and not list(server.data.glob("**/passwd"))


OF_NAMES = {"..", "x", "passwd", "~root", "Renamed"}
"""What a path would hold if it were made of one of these names."""


def test_strange_names_never_become_paths(server: Server, mail: None, tmp_path: Path) -> None:
    """E-7: whatever a client calls a mailbox, no file is called so."""
    program("strace")
    with Strace(tmp_path / "trace", children(server), "-e", "trace=%file", "-s", "5000") as trace:
        say_names(server)
        with logged_in(server) as talk:
            # Long enough for a file of its own, so that there is something to see.
            assert talk.tagged(b"APPEND Trash " + literal(MEGABYTE)).startswith(b"a1 OK")
    # Only an empty path means the open file itself.
    paths = [Path(found) for found in re.findall(r'"([^"]*)"', trace.text) if found]
    assert paths, "strace has seen nothing"
    assert not [path for path in paths if not OF_NAMES.isdisjoint(path.parts)]


def say_names(server: Server) -> None:
    for name in (
        b"../../x",
        b"INBOX/../../etc",
        b"/etc/passwd",
        b"~root",
        b"&AC8-etc&AC8-passwd",
        *MORE_NAMES,
    ):
        with logged_in(server) as talk:
            for command in WITH_NAME:
                talk.tagged(command.replace(b"%b", literal(name)))


def standard_names(server: Server) -> list[bytes]:
    """What an account has from the beginning."""
    with server.imap("user5") as imap:
        return imap.list()[1]  # type: ignore[return-value]
