"""POP2 on the running server, read by a program of 1985 (RFC 937)."""

from collections.abc import Iterator

import pytest

from harness import HOST, Server, eventually
from pop.pop2_client import Pop2, Refused

BODIES = [
    b"Subject: one\r\n\r\nBody: \xff\x00 and a dot\r\n.\r\n..\r\n",
    b"Subject: two\r\n\r\n" + b"a long line of a long message\r\n" * 100_000,
    b"Subject: three\r\n\r\nthree\r\n",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), settings=["pop.pop2=true"]) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


def fill(server: Server, user: str, mailbox: str = "INBOX") -> None:
    with server.imap(user) as imap:
        imap.create(mailbox)
        imap.select(mailbox)
        imap.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
        imap.expunge()
        for body in BODIES:
            imap.append(mailbox, None, None, body)


def left(server: Server, user: str, mailbox: str = "INBOX") -> list[tuple[bytes, bool]]:
    """What is in a mailbox now: bodies, and whether they were seen."""
    with server.imap(user) as imap:
        imap.select(mailbox, readonly=True)
        _, data = imap.fetch("1:*", "(FLAGS BODY.PEEK[])")
    return [(item[1], b"\\Seen" in item[0]) for item in data if isinstance(item, tuple)]


def login(server: Server, user: str) -> Pop2:
    pop = Pop2(HOST, server.port("pop2"))
    pop.hello(server.address(user), server.password)
    return pop


def test_a_day_in_1985(server: Server) -> None:
    """Read all, keep the first, delete the second, lose the third and get it again."""
    fill(server, "user1")
    with Pop2(HOST, server.port("pop2")) as pop:
        assert pop.greeting.startswith(b"+ POP2 ")
        assert pop.hello(server.address("user1"), server.password) == 3
        size = pop.read()
        assert pop.retrieve(size) == BODIES[0]
        size = pop.keep()
        assert pop.retrieve(size) == BODIES[1]
        size = pop.delete()
        assert pop.retrieve(size) == BODIES[2]
        size = pop.again()
        assert pop.retrieve(size) == BODIES[2]
        assert pop.keep() == 0
        assert pop.read(2) == 0, "deleted"
        assert pop.read(1) == len(BODIES[0])
        assert len(left(server, "user1")) == 3, "nothing happens before the mailbox is left"
        pop.quit()
    assert left(server, "user1") == [(BODIES[0], True), (BODIES[2], True)]


def test_a_broken_line_deletes_nothing(server: Server) -> None:
    fill(server, "user2")
    pop = login(server, "user2")
    pop.retrieve(pop.read())
    pop.delete()
    pop.hang_up()

    def again() -> Pop2 | None:
        """The server may not have noticed yet that the line is gone."""
        try:
            return login(server, "user2")
        except Refused as refused:
            assert "Another" in str(refused)
            return None

    with eventually(again) as back:
        back.quit()
    assert left(server, "user2") == [(body, False) for body in BODIES]


def test_folders_by_name(server: Server) -> None:
    """FOLD leaves the mailbox before: its deletions happen. A folder that does not exist has no messages."""
    fill(server, "user3")
    fill(server, "user3", "Archive")
    with login(server, "user3") as pop:
        pop.retrieve(pop.read(3))
        pop.delete()
        assert pop.fold("Archive") == 3
        assert [body for body, _ in left(server, "user3")] == BODIES[:2]
        assert pop.retrieve(pop.read()) == BODIES[0]
        pop.delete()
        assert pop.fold("No such folder") == 0
        assert pop.read() == 0
        assert pop.fold("inbox") == 2
        pop.quit()
    assert [body for body, _ in left(server, "user3", "Archive")] == BODIES[1:]


def test_one_session_an_account_whatever_the_protocol(server: Server) -> None:
    with login(server, "user4"):
        with pytest.raises(Exception, match="IN-USE"):
            server.pop("user4")
        with pytest.raises(Refused, match="Another"):
            login(server, "user4")
    server.pop("user4").quit()


def test_wrong_passwords_count_for_every_protocol(server: Server) -> None:
    with pytest.raises(Refused, match="Wrong name or password"), Pop2(HOST, server.port("pop2")) as pop:
        pop.hello(server.address("user5"), "wrong")
    log = server.log(20_000)
    assert "wrong" not in log.replace("wrong password", "")


def test_junk_is_refused_and_the_line_ends(server: Server) -> None:
    for junk in (
        b"x" * 100_000,
        b"HELO \xff \xff\r\n",
        b"\0\0\0\r\n",
        b"READ 1\r\n" * 1000,
        b"GET / HTTP/1.1\r\n",
    ):
        link = server.connect("pop2")
        link.sendall(junk)
        said = b""
        try:
            while piece := link.recv(65536):
                said += piece
        except ConnectionResetError:
            pass
        assert said.count(b"\r\n") <= 2
        link.close()
    with login(server, "alice") as pop:
        pop.quit()


def test_it_is_off_unless_it_is_wanted(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Server(tmp_path_factory.mktemp("off"), users=0, workers=1) as server:
        assert "pop2" not in server.ports


def test_no_password_in_clear_text_where_that_is_forbidden(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = ["pop.pop2=true", "login.plain_on_loopback=false"]
    folder = tmp_path_factory.mktemp("strict")
    with (
        Server(folder, users=0, workers=1, settings=settings) as server,
        pytest.raises(Refused, match="password"),
    ):
        login(server, "alice")
