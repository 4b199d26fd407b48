"""POP3 with poplib over a real socket, on a real store."""

import asyncio
import base64
import poplib
import re
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bocau.base import errors
from bocau.base.errors import DiskFull, InUse
from bocau.base.ids import AccountId
from bocau.directory import Scope
from bocau.formats.address import parse_address
from bocau.protocols.sasl import ScramClient, decode_response, encode
from bocau.services.pop import errors as pop_errors
from bocau.services.pop import maildrop
from bocau.services.pop.locks import PopLocks
from bocau.store import BlobLost, Flags

NAME, PASSWORD = "alice@demo.test", "correct horse"
MAIL = b"Subject: dots\r\n\r\n.one\r\n..two\r\n.\r\nthree\r\n"
Server = Any
Start = Callable[..., Any]


async def test_a_message_comes_back_byte_for_byte(server: Server) -> None:
    big = b"Subject: big\r\n\r\n" + b".dot\r\nline with \xff and \x00\r\n" * 60_000
    odd = [MAIL, b"", b"\r\n", b"no end", b"Subject: x\r\n\r\n\r\n.\r\n", big]
    await server.add(*odd)

    def job(client: poplib.POP3) -> list[bytes]:
        assert client.stat() == (len(odd), sum(map(len, odd)))
        return [b"".join(line + b"\r\n" for line in client.retr(i + 1)[1]) for i in range(len(odd))]

    expected = [MAIL, b"", b"\r\n", b"no end\r\n", *odd[4:]]
    assert await server.talk(job) == expected


async def test_list_uidl_top(server: Server) -> None:
    uids = await server.add(MAIL, b"A: b\r\n\r\n1\r\n2\r\n3\r\n")

    def job(client: poplib.POP3) -> None:
        assert client.list()[1] == [b"1 %d" % len(MAIL), b"2 17"]
        assert client.list(2) == b"+OK 2 17"
        assert client.top(2, 0)[1] == [b"A: b", b""]
        assert client.top(2, 2)[1] == [b"A: b", b"", b"1", b"2"]
        first, second = client.uidl()[1]
        assert client.uidl(2) == b"+OK " + second
        assert [int(line.split(b".")[1]) for line in (first, second)] == uids
        client.dele(1)
        assert client.list()[1] == [b"2 17"]
        assert client.uidl()[1] == [second]
        assert client.stat() == (1, 17)
        for command in (client.retr, client.dele, client.list, client.uidl):
            with pytest.raises(poplib.error_proto, match="deleted"):
                command(1)
            with pytest.raises(poplib.error_proto, match="2 messages"):
                command(3)
        client.rset()
        assert client.stat() == (2, len(MAIL) + 17)

    await server.talk(job)


async def test_quit_deletes_and_marks_what_was_read(server: Server) -> None:
    one, _, _, four = await server.add(b"1\r\n", b"2\r\n", b"3\r\n", b"4\r\n")

    def job(client: poplib.POP3) -> None:
        for number in (1, 3):
            client.retr(number)
        client.top(4, 0)
        client.dele(2)
        client.dele(3)
        assert client.quit().startswith(b"+OK")

    await server.talk(job)
    assert server.inbox() == {one: Flags.SEEN, four: 0}


async def test_without_quit_nothing_happens(server: Server) -> None:
    (one,) = await server.add(b"1\r\n")

    def job(client: poplib.POP3) -> None:
        client.retr(1)
        client.dele(1)

    await server.talk(job)
    assert server.inbox() == {one: 0}


async def test_quit_that_cannot_be_written_deletes_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    uids = await server.add(b"1\r\n", b"2\r\n")

    async def full(*_: object, **__: object) -> None:
        raise DiskFull("no space")

    def job(client: poplib.POP3) -> None:
        client.retr(1)
        client.dele(2)
        monkeypatch.setattr(server.store, "write", full)
        with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/TEMP\]"):
            client.quit()

    await server.talk(job)
    assert server.inbox() == dict.fromkeys(uids, 0)


async def test_what_another_session_expunged_is_no_error(server: Server) -> None:
    _, two, _ = await server.add(b"1\r\n", b"2\r\n", b"3\r\n")
    client = await asyncio.to_thread(server.connect)
    await server.expunge(two)
    (later,) = await server.add(b"4\r\n")

    def job() -> None:
        assert client.stat()[0] == 3
        for number in (1, 2, 3):
            client.dele(number)
        assert client.quit().startswith(b"+OK")

    await asyncio.to_thread(job)
    assert server.inbox() == {later: 0}


async def test_a_message_that_is_gone_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildrop, "WINDOW", 1)
    uids = await server.add(b"1\r\n", b"2\r\n", b"3\r\n")
    client = await asyncio.to_thread(server.connect)
    await server.expunge(uids[1])

    def job() -> None:
        assert client.retr(3)[1] == [b"3"]
        with pytest.raises(poplib.error_proto, match="gone"):
            client.retr(2)
        assert client.retr(1)[1] == [b"1"]
        client.close()

    await asyncio.to_thread(job)


async def test_windows_of_a_long_mailbox(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildrop, "WINDOW", 3)
    monkeypatch.setattr(maildrop, "GLANCE_MAX", 2)
    monkeypatch.setattr(maildrop, "SLICE", 4)
    await server.add(*(b"%d\r\n" % i for i in range(1, 11)))

    def job(client: poplib.POP3) -> None:
        for number in (1, 2, 3, 4, 5, 10, 9, 1, 6, 7, 8):
            assert client.retr(number)[1] == [b"%d" % number]
        for number in (2, 3, 4, 9):
            client.dele(number)
        client.dele(10)
        client.rset()
        for number in (1, 2, 3, 10):
            client.dele(number)
        client.quit()

    await server.talk(job)
    assert server.inbox() == dict.fromkeys(range(4, 10), Flags.SEEN)


async def test_bodies_are_looked_up_many_at_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maildrop, "WINDOW", 4)
    await server.add(*(b"%d\r\n" % i for i in range(1, 11)))
    glances = 0
    glance = server.store.glance

    def counted(*arguments: Any) -> Any:
        nonlocal glances
        glances += 1
        return glance(*arguments)

    monkeypatch.setattr(server.store, "glance", counted)
    await server.talk(lambda client: [client.retr(number) for number in range(1, 11)])
    assert glances == 3, "the snapshot with 1 to 4, then 5 to 8, then 9 and 10"


async def test_a_body_that_was_moved_is_looked_up_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.add(b"1\r\n", b"2\r\n")
    moved: set[object] = set()
    read = server.store.blobs.read

    def moves_once(ref: object, *arguments: int) -> bytes:
        if ref not in moved:
            moved.add(ref)
            raise BlobLost("compacted")
        body: bytes = read(ref, *arguments)
        return body

    lookups: list[int] = []
    look_up = maildrop.Maildrop._look_up

    def noted(self: maildrop.Maildrop, index: int, uid: int) -> object:
        lookups.append(uid)
        return look_up(self, index, uid)

    monkeypatch.setattr(server.store.blobs, "read", moves_once)
    monkeypatch.setattr(maildrop.Maildrop, "_look_up", noted)
    assert await server.talk(lambda client: client.retr(2)[1]) == [b"2"]
    assert lookups == [2]


async def test_a_body_that_is_lost_is_an_error_and_no_more(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.add(b"1\r\n")

    def lost(*_: object) -> bytes:
        raise BlobLost("gone")

    monkeypatch.setattr(server.store.blobs, "read", lost)

    def job(client: poplib.POP3) -> None:
        with pytest.raises(poplib.error_proto, match="SYS"):
            client.retr(1)
        assert client.noop().startswith(b"+OK")

    await server.talk(job)


async def test_unique_ids_are_the_same_for_ever(server: Server, start: Start) -> None:
    await server.add(b"1\r\n", b"2\r\n")
    first = await server.talk(lambda client: client.uidl()[1])
    await server.expunge(1)
    restarted = await start()
    again = await restarted.talk(lambda client: client.uidl()[1])
    assert [line.split()[1] for line in again] == [first[1].split()[1]]
    assert all(0 < len(line.split()[1]) <= 70 for line in first)


# --- login -----------------------------------------------------------------------------


async def test_wrong_password(server: Server) -> None:
    """RFC 3206 §4."""

    def job(client: poplib.POP3) -> None:
        client.user(NAME)
        with pytest.raises(poplib.error_proto, match=r"-ERR \[AUTH\] Wrong name or password"):
            client.pass_("wrong")
        client.user(NAME)
        client.pass_(PASSWORD)

    await server.talk(job, login=False)


async def test_one_connection_has_few_tries(server: Server) -> None:
    answers = await server.raw(b"".join(b"USER %s\r\nPASS no%d\r\n" % (NAME.encode(), i) for i in range(9)))
    assert answers.count(b"-ERR [AUTH]") == 5


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"])
async def test_sasl(server: Server, mechanism: str) -> None:
    await server.add(b"1\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await reader.readline()

    async def ask(line: bytes) -> bytes:
        writer.write(line + b"\r\n")
        return (await reader.readline()).rstrip(b"\r\n")

    if mechanism.startswith("SCRAM"):
        client = ScramClient(mechanism, NAME, PASSWORD, nonce="abc")
        first = client.initial()
        assert first is not None
        answer = await ask(f"AUTH {mechanism} ".encode() + encode(first))
        while answer.startswith(b"+ "):
            answer = await ask(encode(client.respond(decode_response(answer[2:]))))
        client.finish()
    elif mechanism == "PLAIN":
        assert await ask(b"auth plain") == b"+ "
        answer = await ask(encode(f"\0{NAME}\0{PASSWORD}".encode()))
    else:
        assert await ask(b"AUTH LOGIN") == b"+ " + encode(b"Username:")
        assert await ask(encode(NAME.encode())) == b"+ " + encode(b"Password:")
        answer = await ask(encode(PASSWORD.encode()))
    assert answer == b"+OK 1 messages, 3 octets"
    writer.close()


async def test_sasl_that_goes_wrong_leaves_no_identity(server: Server) -> None:
    somebody = base64.b64encode(f"bob\0{NAME}\0{PASSWORD}".encode())
    answers = await server.raw(
        b"AUTH PLAIN !!!\r\n", b"AUTH GSSAPI\r\n", b"AUTH PLAIN " + somebody + b"\r\nSTAT\r\nQUIT\r\n"
    )
    assert answers.split(b"\r\n")[1:] == [
        b"-ERR Not understood",
        b"-ERR No such mechanism here",
        b"-ERR [AUTH] Not with this password",
        b"-ERR Not in this state",
        b"+OK Good-bye",
        b"",
    ]


async def test_an_app_password_for_other_things_is_refused(server: Server) -> None:
    _, secret = await server.directory.create_app_password(
        server.account_id, "phone", frozenset({Scope.IMAP})
    )

    def job(client: poplib.POP3) -> None:
        client.user(NAME)
        with pytest.raises(poplib.error_proto, match=r"-ERR \[AUTH\]"):
            client.pass_(secret)

    await server.talk(job, login=False)


async def test_a_changed_password_ends_the_session(server: Server) -> None:
    await server.add(b"1\r\n")
    client = await asyncio.to_thread(server.connect)
    await server.directory.set_account(parse_address(NAME), password="other")
    server.clock.time += 31

    def job() -> None:
        with pytest.raises(poplib.error_proto, match=r"-ERR \[AUTH\]"):
            client.retr(1)
        assert client.file.read() == b""
        client.close()

    await asyncio.to_thread(job)


async def test_no_password_without_tls(start: Start, trusting: ssl.SSLContext) -> None:
    server = await start(plain=False)

    def job(client: poplib.POP3) -> None:
        capabilities = client.capa()
        assert "STLS" in capabilities and "USER" not in capabilities and "SASL" not in capabilities
        with pytest.raises(poplib.error_proto, match="STLS"):
            client.user(NAME)
        with pytest.raises(poplib.error_proto):
            client._shortcmd("AUTH PLAIN " + base64.b64encode(f"\0{NAME}\0{PASSWORD}".encode()).decode())
        client.stls(trusting)
        capabilities = client.capa()
        assert "STLS" not in capabilities
        assert "SCRAM-SHA-256-PLUS" in capabilities["SASL"]
        with pytest.raises(poplib.error_proto):
            client._shortcmd("STLS")
        client.user(NAME)
        client.pass_(PASSWORD)

    await server.talk(job, login=False)


async def test_what_comes_along_with_stls_is_never_answered_inside(
    server: Server, trusting: ssl.SSLContext
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await reader.readline()
    writer.write(b"STLS\r\nCAPA\r\nNOOP\r\n")
    assert (await reader.readline()).startswith(b"+OK")
    await writer.start_tls(trusting)
    writer.write(b"QUIT\r\n")
    assert await reader.read() == b"+OK Good-bye\r\n"
    writer.close()


async def test_tls_from_the_first_byte(server: Server, trusting: ssl.SSLContext) -> None:
    await server.add(MAIL)

    def job() -> int:
        client = poplib.POP3_SSL("127.0.0.1", server.tls_port, context=trusting, timeout=10)
        client.user(NAME)
        client.pass_(PASSWORD)
        count: int = client.stat()[0]
        client.quit()
        return count

    assert await asyncio.to_thread(job) == 1


async def test_capabilities_are_what_is_there(server: Server) -> None:
    """RFC 2449 §5; UTF8 by RFC 6856 §2."""

    def job(client: poplib.POP3) -> dict[str, list[str]]:
        before = client.capa()
        client.utf8()
        client.user(NAME)
        client.pass_(PASSWORD)
        after = client.capa()
        assert "STLS" in before and "STLS" not in after
        return after

    capabilities = await server.talk(job, login=False)
    for name in ("TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8"):
        assert name in capabilities
    assert capabilities["EXPIRE"] == ["NEVER"]


# --- the lock --------------------------------------------------------------------------


async def test_one_session_at_a_time_over_all_workers(server: Server, start: Start) -> None:
    other = await start()
    client = await asyncio.to_thread(server.connect)

    def refused(second: poplib.POP3) -> None:
        second.user(NAME)
        with pytest.raises(poplib.error_proto, match=r"-ERR \[IN-USE\]"):
            second.pass_(PASSWORD)

    for worker in (server, other):
        await worker.talk(refused, login=False)
    await asyncio.to_thread(client.quit)
    await other.talk(lambda second: second.quit())


async def test_a_connection_that_breaks_frees_the_lock(server: Server) -> None:
    client = await asyncio.to_thread(server.connect)
    client.sock.close()
    client.file.close()
    for _ in range(100):
        await asyncio.sleep(0.01)
        try:
            second = await asyncio.to_thread(server.connect)
        except poplib.error_proto:
            continue
        second.close()
        return
    raise AssertionError("the lock was not given back")


# --- bad input -------------------------------------------------------------------------


async def test_hostile_input_is_answered_and_leaves_others_alone(server: Server) -> None:
    await server.add(MAIL)
    client = await asyncio.to_thread(server.connect)
    answers = await server.raw(b"x" * 200_000 + b"\r\n")
    assert answers.endswith(b"-ERR Line too long\r\n")
    answers = await server.raw(b"\x00\x01\x02\r\n" * 50)
    assert answers.count(b"-ERR") == 3
    assert await server.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await asyncio.to_thread(client.retr, 1))[0].startswith(b"+OK")
    client.close()


def test_a_process_that_is_killed_gives_its_locks_back(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, time; from bocau.services.pop.locks import PopLocks;"
        "locks = PopLocks(pathlib.Path(sys.argv[1])); locks.acquire(7); "
        "print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"held\n"
        locks = PopLocks(tmp_path)
        with pytest.raises(InUse):
            locks.acquire(AccountId(7))
        locks.acquire(AccountId(8))
        worker.kill()
    locks.acquire(AccountId(7))
    locks.close()


def test_every_error_has_a_code() -> None:
    def all_of(kind: type[errors.BocauError]) -> list[type[errors.BocauError]]:
        return [kind, *(each for child in kind.__subclasses__() for each in all_of(child))]

    for kind in all_of(errors.BocauError):
        if kind is not errors.BocauError:
            error = kind("text")
            assert pop_errors.code_of(error) in ("", "AUTH", "IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM")
            assert any(base in pop_errors.CODES for base in kind.__mro__), kind
            assert pop_errors.text_of(error)


async def test_words_in_vietnamese(server: Server) -> None:
    """RFC 6856 §3: LANG changes what people read, never what programs read."""
    await server.add(MAIL)
    login = f"USER {NAME}\r\nPASS {PASSWORD}\r\n".encode()
    said = await server.raw(b"CAPA\r\nLANG\r\nLANG xx\r\nLANG vi-VN\r\nUSER a\r\nPASS b\r\n" + login)
    text = said.decode()
    assert "\r\nLANG\r\n" in text and "\r\nen English\r\nvi Tiếng Việt\r\n.\r\n" in text
    assert "-ERR No such language here\r\n+OK vi Ngôn ngữ là tiếng Việt\r\n" in text
    assert "-ERR [AUTH] Sai tên hoặc mật khẩu\r\n" in text
    said = await server.raw(
        login + b"LANG vi\r\nDELE 1\r\nDELE 1\r\nRSET\r\nSTAT\r\nLANG *\r\nDELE 1\r\nRSET\r\nQUIT\r\n"
    )
    text = said.decode()
    assert "+OK Đã đánh dấu xóa\r\n-ERR Thư này đã bị xóa\r\n" in text
    assert f"+OK 1 {len(MAIL)}\r\n+OK en The language is English\r\n+OK Deleted\r\n" in text
    assert text.endswith("+OK Good-bye\r\n")


def test_every_text_has_a_translation() -> None:
    """What people read is found in the sources, and in the table."""
    from bocau.protocols.pop import Fault
    from bocau.services.pop.languages import spoken

    folder = Path(pop_errors.__file__).parent
    calls = re.compile(r"(?:session|self)\.(?:accept|refuse)\(\"([^\"]+)\"")
    texts = {
        text
        for path in folder.rglob("*.py")
        if "tests" not in path.parts
        for text in calls.findall(path.read_text())
    }
    texts |= {*pop_errors.TEXTS.values(), *(fault.value for fault in Fault)}
    assert len(texts) > 15
    assert [text for text in texts - {"UTF-8"} if spoken("vi", text) == text] == []


async def test_a_login_delay_holds_over_workers(start: Start) -> None:
    """RFC 2449 §6.5: another worker knows of the login too; a refused login does not prolong the wait."""
    one, other = await start(delay=60), await start(delay=60)
    login = f"USER {NAME}\r\nPASS {PASSWORD}\r\n".encode()
    assert b"LOGIN-DELAY 60\r\n" in await one.raw(b"CAPA\r\n")
    assert b"+OK 0 messages" in await one.raw(login)
    other.clock.time += 40
    assert b"-ERR [LOGIN-DELAY] Too early" in await other.raw(login)
    other.clock.time += 20
    assert b"+OK 0 messages" in await other.raw(login)
    one.clock.time -= 100_000  # a clock that was put back locks nobody out
    assert b"+OK 0 messages" in await one.raw(login)
