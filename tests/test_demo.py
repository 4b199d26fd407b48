"""The thinnest road through the whole server: in by SMTP, read by IMAP and POP3, sent by submission."""

import socket
import time
from email import message_from_bytes

from harness import HOST, Server, free_offset

MESSAGE = (
    b"From: Eve <eve@example.org>\r\nTo: alice@demo.test\r\nSubject: hello\r\n"
    b"\r\nOne.\r\n..Two\r\nDrei \xc3\xbc\r\n"
)


def below_trace(received: bytes) -> bytes:
    """The message as it was sent: what comes after the headers that the server put above it."""
    return received[received.index(b"From: ") :]


def bodies(server: Server, user: str, mailbox: str = "INBOX") -> list[bytes]:
    with server.imap(user) as imap:
        assert imap.select(mailbox, readonly=True)[0] == "OK"
        _, answer = imap.fetch("1:*", "(BODY.PEEK[])")
        return [item[1] for item in answer if isinstance(item, tuple)]


def test_every_port_answers_when_ready_is_printed(server: Server) -> None:
    greetings = {"smtp": b"220 ", "submission": b"220 ", "lmtp": b"220 ", "imap": b"* OK", "pop3": b"+OK"}
    for service, greeting in greetings.items():
        with server.connect(service) as connection:
            assert connection.recv(1000).startswith(greeting), service


def test_delivered_mail_is_read_byte_for_byte_by_imap_and_pop(server: Server) -> None:
    server.deliver(MESSAGE, "user1")
    assert [below_trace(body) for body in bodies(server, "user1")] == [MESSAGE]
    pop = server.pop("user1")
    _, lines, _ = pop.retr(1)
    pop.quit()
    assert below_trace(b"\r\n".join(lines) + b"\r\n") == MESSAGE


def test_one_message_reaches_all_its_recipients_once(server: Server) -> None:
    server.deliver(MESSAGE, "user2", "user3", "user2+tag")
    # Two addresses of one account in one message: one copy.
    assert len(bodies(server, "user2")) == 1
    assert len(bodies(server, "user3")) == 1


def test_submission_delivers_here_and_names_its_sender(server: Server) -> None:
    with server.submission("bob") as client:
        client.sendmail(
            "bob@demo.test", ["user4@demo.test"], b"From: bob@demo.test\r\nSubject: re\r\n\r\nhi\r\n"
        )
    (body,) = bodies(server, "user4")
    message = message_from_bytes(body)
    assert message["Return-Path"] == "<bob@demo.test>"
    assert message["Message-ID"] and message["Date"]


def test_idle_hears_of_mail_that_another_worker_took(server: Server) -> None:
    with server.imap("user5") as imap:
        imap.select()
        imap.send(b"x1 IDLE\r\n")
        assert imap.readline().startswith(b"+")
        # Enough deliveries that both workers take one.
        for _ in range(6):
            server.deliver(MESSAGE, "user5")
        deadline = time.monotonic() + 10
        seen = b""
        while b"* 6 EXISTS" not in seen and time.monotonic() < deadline:
            seen = imap.readline()
        assert b"* 6 EXISTS" in seen
        imap.send(b"DONE\r\n")
        while not imap.readline().startswith(b"x1 OK"):
            pass


def test_a_demo_is_continued_with_its_mail_and_password(tmp_path) -> None:
    with Server(tmp_path, users=1) as server:
        server.deliver(MESSAGE, "alice")
        server.restart()
        assert [below_trace(body) for body in bodies(server, "alice")] == [MESSAGE]


def test_acknowledged_mail_survives_kill_9(tmp_path) -> None:
    with Server(tmp_path, users=1) as server:
        server.deliver(MESSAGE, "alice")
        server.kill9()
        server.start()
        assert len(bodies(server, "alice")) == 1
        server.cli("verify")


def test_a_second_server_on_the_same_data_is_refused(server: Server) -> None:
    offset = str(free_offset(1))
    result = server.cli("demo", "--dir", str(server.data), "--port-offset", offset, check=False)
    assert result.returncode == 1
    assert "another server" in result.stderr and str(server.pid) in result.stderr


def test_a_port_in_use_is_named(server: Server, tmp_path) -> None:
    offset = str(server.offset)
    result = server.cli("demo", "--dir", str(tmp_path / "other"), "--port-offset", offset, check=False)
    assert result.returncode == 1
    assert f"on {HOST} is in use by another program" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_taken_lmtp_port_does_not_stop_the_demo(tmp_path) -> None:
    server = Server(tmp_path, users=1)
    server.offset = free_offset(2)
    with socket.socket() as other:
        other.bind((HOST, server.offset + 24))
        other.listen()
        with server, socket.socket(socket.AF_UNIX) as lmtp:
            assert "lmtp" not in server.ports
            lmtp.connect(str(server.data / "lmtp.sock"))
            assert lmtp.recv(1000).startswith(b"220 ")
