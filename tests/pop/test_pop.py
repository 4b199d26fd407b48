"""POP3 on the running server: one session an account over all workers, nothing without QUIT (RFC 1939)."""

import os
import poplib
import re
import signal
import socket

import pytest

from harness import HOST, Server, any_certificate, eventually

MESSAGE = b"From: a@x.test\r\nSubject: %b\r\n\r\none\r\n.two\r\nthree\r\n"
TRIES = 40


def fill(server: Server, user: str) -> None:
    with server.imap(user) as imap:
        imap.select()
        imap.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
        imap.expunge()
    for subject in (b"one", b"two", b"three"):
        server.deliver(MESSAGE % subject, user)


def unique_ids(server: Server, user: str) -> list[bytes]:
    pop = server.pop(user)
    found = [line.split(b" ")[1] for line in pop.uidl()[1]]
    pop.quit()
    return found


def talk(server: Server, *commands: bytes) -> bytes:
    """Say everything at once, read until the server closes."""
    with socket.create_connection((HOST, server.port("pop3")), 20) as link:
        link.sendall(b"".join(command + b"\r\n" for command in commands))
        said = b""
        while piece := link.recv(65536):
            said += piece
    return said


def test_pipelined_commands_are_answered_in_order(server: Server) -> None:
    fill(server, "user1")
    login = (b"USER user1@demo.test", b"PASS " + server.password.encode())
    said = talk(server, b"CAPA", *login, b"STAT", b"TOP 1 1", b"LIST 3", b"UIDL 9", b"RETR 2", b"QUIT")
    for word in (b"TOP", b"UIDL", b"USER", b"STLS", b"PIPELINING", b"RESP-CODES", b"AUTH-RESP-CODE"):
        assert b"\r\n" + word + b"\r\n" in said
    assert b"\r\nSASL " in said and b"\r\nUTF8 USER\r\n" in said
    stat = re.search(rb"\r\n\+OK 3 \d+\r\n", said)
    assert stat
    top, _, rest = said[stat.end() :].partition(b"\r\n.\r\n")
    assert top.endswith(b"Subject: one\r\n\r\none")
    assert re.match(rb"\+OK 3 \d+\r\n-ERR[^\n]*\r\n\+OK", rest), rest
    assert b"\r\none\r\n..two\r\nthree\r\n.\r\n+OK" in said


def test_stls_then_the_same(server: Server) -> None:
    fill(server, "user1")
    pop = poplib.POP3(HOST, server.port("pop3"), timeout=20)
    assert "STLS" in pop.capa()
    pop.stls(any_certificate())
    assert "STLS" not in pop.capa()
    pop.user("user1@demo.test")
    pop.pass_(server.password)
    assert pop.stat()[0] == 3
    pop.quit()


def test_a_wrong_password_is_told_by_its_code(server: Server) -> None:
    said = talk(server, b"USER user5@demo.test", b"PASS wrong", b"QUIT")
    assert b"-ERR [AUTH]" in said


def test_unique_ids_stay_over_a_restart_and_a_deletion(server: Server) -> None:
    fill(server, "user2")
    before = unique_ids(server, "user2")
    assert len(set(before)) == 3
    server.restart()
    assert unique_ids(server, "user2") == before
    pop = server.pop("user2")
    pop.dele(1)
    pop.quit()
    assert unique_ids(server, "user2") == before[1:]


def test_without_quit_nothing_is_deleted_with_quit_all(server: Server) -> None:
    fill(server, "user3")
    pop = server.pop("user3")
    pop.dele(1)
    pop.dele(2)
    pop.close()

    def again() -> poplib.POP3_SSL | None:
        try:
            return server.pop("user3")
        except poplib.error_proto as error:
            assert b"[IN-USE]" in error.args[0]
            return None

    back = eventually(again)
    assert back.stat()[0] == 3
    back.dele(1)
    back.dele(3)
    back.rset()
    back.dele(2)
    back.quit()
    last = server.pop("user3")
    assert [b"Subject: three" in b"\n".join(last.retr(n)[1]) for n in (1, 2)] == [False, True]
    last.quit()


def test_one_session_at_a_time_and_the_death_of_its_worker_frees_it(server: Server) -> None:
    fill(server, "user4")
    held = server.pop("user4")
    held.dele(1)
    refused = set()
    for _ in range(TRIES):
        # The kernel spreads connections over the workers: all of them refuse.
        with pytest.raises(poplib.error_proto, match="IN-USE"):
            server.pop("user4")
        refused = set(re.findall(r"process=(worker\d)", server.log(1 << 30)))
    assert len(refused) == 2
    holder = held.sock.getsockname()[1]
    pid = serving(server, holder)
    os.kill(pid, signal.SIGKILL)

    def again() -> poplib.POP3_SSL | None:
        try:
            return server.pop("user4")
        except (poplib.error_proto, OSError):
            return None

    back = eventually(again)
    assert back.stat()[0] == 3, "what was marked is not deleted"
    back.quit()


def serving(server: Server, port: int) -> int:
    """The child whose socket speaks with our port."""
    inode = ""
    with open("/proc/net/tcp") as table:
        for line in table:
            words = line.split()
            if words[2].endswith(f":{port:04X}"):
                inode = words[9]
    assert inode
    for pid in map(int, os.popen(f"ps -o pid= --ppid {server.pid}").read().split()):
        for link in os.scandir(f"/proc/{pid}/fd"):
            try:
                if os.readlink(link.path) == f"socket:[{inode}]":
                    return pid
            except OSError:
                continue
    raise AssertionError("nobody serves that connection")
