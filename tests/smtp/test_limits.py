"""How much one account may submit (counted over all workers, kept over a restart)."""

from collections.abc import Iterator

import pytest

from harness import Server
from smtp.wire import Heard, Wire, inbox, letter

MESSAGES = 5
RECIPIENTS = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = (f"submission.messages_per_hour={MESSAGES}", f"submission.recipients_per_day={RECIPIENTS}")
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()


def send(server: Server, user: str, *recipients: str) -> Heard:
    """On a connection of its own, so on any worker."""
    with Wire(server, "submissions") as wire:
        assert wire.login(f"{user}@demo.test", server.password).code == 235
        answer = wire.mail(f"{user}@demo.test")
        if answer.code != 250:
            return answer
        for recipient in recipients:
            answer = wire.rcpt(f"{recipient}@demo.test")
            if answer.code != 250:
                return answer
        return wire.data(letter("counted", author=f"{user}@demo.test"))


def test_messages_an_hour(server: Server) -> None:
    for _ in range(MESSAGES):
        assert send(server, "alice", "user1").code == 250
    refused = send(server, "alice", "user1")
    assert (refused.code, refused.status) == (450, "4.7.1")
    assert send(server, "bob", "user1").code == 250, "others go on"
    server.restart()
    assert send(server, "alice", "user1").code == 450
    assert len(inbox(server, "user1")) == MESSAGES + 1


def test_recipients_a_day(server: Server) -> None:
    people = [f"user{number}" for number in range(1, 6)]
    assert send(server, "user5", *people).code == 250
    before = len(inbox(server, "user2"))
    refused = send(server, "user5", *people)
    assert (refused.code, refused.status) == (450, "4.7.1")
    assert len(inbox(server, "user2")) == before, "all or nothing"
    assert send(server, "user5", *people[:3]).code == 250


def test_mail_from_elsewhere_is_not_counted(server: Server) -> None:
    for _ in range(MESSAGES + 3):
        server.deliver(letter("from outside"), "user3")
