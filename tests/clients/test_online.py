"""Online use (RFC 1733 §4): work on the server with the connection open; each client hears what others do."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from clients import configurations
from clients.messages import mail
from clients.replica import connected, on_server
from clients.screen import Screen
from harness import Server, eventually

WORKERS = 3
TRIES = 100
PAUSE_SECONDS = 0.05
SERVED_BY = re.compile(r"logged in +process=(\w+)")
EVERYTHING = "NOTIFY SET (SELECTED (MessageNew (UID) MessageExpunge FlagChange)) (PERSONAL (MailboxName))"
UNWANTED = {b"OK", b"RECENT"}
"""What is told between: that the server is still here, and what only IMAP4rev1 has."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("online"), workers=WORKERS) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


class Client:
    """An imapclient session in IDLE, which is left only to act."""

    def __init__(self, client: IMAPClient) -> None:
        self.client = client
        self.heard: list[Any] = []

    def begin(self, notify: str = "") -> None:
        self.client.select_folder("INBOX")
        if notify:
            name, _, rest = notify.partition(" ")
            assert self.client._imap.xatom(name, rest)[0] == "OK"
        self.client.idle()

    def acts(self, act: Callable[[IMAPClient], Any]) -> None:
        self.client.idle_done()
        act(self.client)
        self.client.idle()

    def hears(self, *wanted: Any) -> None:
        """These, in this order, next, and nothing else but what is UNWANTED."""
        while len(self.heard) < len(wanted):
            answers = self.client.idle_check(timeout=10)
            assert answers, f"heard {self.heard}, not {wanted}"
            self.heard += [plain(answer) for answer in answers if not UNWANTED & set(answer[:2])]
        assert self.heard[: len(wanted)] == list(wanted)
        del self.heard[: len(wanted)]


def plain(answer: Any) -> Any:
    """Comparable: FETCH with its pairs as a set of what matters, LIST by its attributes and name."""
    if len(answer) > 2 and answer[1] == b"FETCH":
        pairs = dict(zip(answer[2][::2], answer[2][1::2], strict=True))
        return (answer[0], b"FETCH", pairs[b"UID"], frozenset(pairs.get(b"FLAGS", ())) - {rb"\Recent"})
    if answer[0] == b"LIST":
        return (b"LIST", rb"\NonExistent" in answer[1], *answer[3:])
    return answer


@pytest.fixture
def three(server: Server) -> Iterator[tuple[Client, Client, Client]]:
    """Three clients of one account, each in a worker of its own, on an INBOX of three messages."""
    with ExitStack() as stack:
        found: dict[str, IMAPClient] = {}
        for _ in range(TRIES):
            before = len(SERVED_BY.findall(server.log(1 << 30)))
            client = stack.enter_context(connected(server, "user1"))
            served = eventually(lambda count=before: SERVED_BY.findall(server.log(1 << 30))[count:])  # type: ignore[misc]
            found.setdefault(served[-1], client)
            if len(found) == WORKERS:
                break
            # The kernel wakes whoever has just begun to wait: the clocks of the workers change that.
            time.sleep(PAUSE_SECONDS)
        assert len(found) == WORKERS, "the kernel never chose some worker"
        first = next(iter(found.values()))
        first.select_folder("INBOX")
        first.delete_messages(first.search())
        first.expunge()
        for subject in ("a", "b", "c"):
            first.append("INBOX", mail(subject))
        one, two, last = (Client(client) for client in found.values())
        yield one, two, last


def test_three_clients_of_three_workers_hear_each_other_in_order(
    server: Server, three: tuple[Client, Client, Client]
) -> None:
    """IDLE (RFC 2177) with NOTIFY (RFC 5465): flags, arrivals, moves, expunges, names of mailboxes."""
    for client in three:
        client.begin(EVERYTHING)
    uids = sorted(numbers_of(server))
    a, b, c = uids
    seen, answered = rb"\Seen", rb"\Answered"
    one, two, last = three

    def turn(actor: Client, act: Callable[[IMAPClient], Any], *wanted: Any) -> None:
        actor.acts(act)
        for other in three:
            if other is not actor:
                other.hears(*wanted)

    turn(one, lambda it: it.fetch([a], ["BODY[TEXT]"]), (1, b"FETCH", a, frozenset({seen})))
    turn(
        two,
        lambda it: it.add_flags([a, b], [answered]),
        (1, b"FETCH", a, frozenset({seen, answered})),
        (2, b"FETCH", b, frozenset({answered})),
    )
    turn(
        last,
        lambda it: it.append("INBOX", mail("d")),
        (4, b"EXISTS"),
        (4, b"FETCH", c + 1, frozenset()),
    )
    turn(one, lambda it: it.move([b], "Archive"), (2, b"EXPUNGE"))
    turn(
        two,
        lambda it: it.delete_messages([a]),
        (1, b"FETCH", a, frozenset({seen, answered, rb"\Deleted"})),
    )
    turn(two, lambda it: it.expunge(), (1, b"EXPUNGE"))
    turn(last, lambda it: it.create_folder("Plans"), (b"LIST", False, b"Plans"))
    turn(
        one,
        lambda it: it.rename_folder("Plans", "Deeds"),
        (b"LIST", False, b"Deeds", (b"OLDNAME", (b"Plans",))),
    )
    turn(two, lambda it: it.delete_folder("Deeds"), (b"LIST", True, b"Deeds"))
    for client in three:
        client.client.idle_done()
        assert client.client.search() == [c, c + 1]


def numbers_of(server: Server) -> list[int]:
    with connected(server, "user1") as client:
        client.select_folder("INBOX", readonly=True)
        return [int(uid) for uid in client.search()]


def test_imaplib_asks_and_is_told(server: Server, three: tuple[Client, Client, Client]) -> None:
    """By NOOP (RFC 9051 §6.1.2): what the client did that is in IDLE, and the other way round."""
    idler = three[0]
    idler.begin()
    with server.imap("user1") as imap:
        assert imap.select()[1] == [b"3"]
        _, uids = imap.uid("SEARCH", "ALL")
        a, b, c = (int(word) for word in uids[0].split())
        imap.fetch("1", "(RFC822)")
        idler.hears((1, b"FETCH", a, frozenset({rb"\Seen"})))
        imap.store("1:2", "+FLAGS", r"(\Answered)")
        idler.hears(
            (1, b"FETCH", a, frozenset({rb"\Seen", rb"\Answered"})),
            (2, b"FETCH", b, frozenset({rb"\Answered"})),
        )
        imap.untagged_responses.clear()
        idler.acts(lambda it: (it.move([b], "Archive"), it.add_flags([c], [rb"\Flagged"])))
        assert imap.noop()[0] == "OK"
        assert imap.response("EXPUNGE")[1] == [b"2"]
        (told,) = imap.response("FETCH")[1]
        assert told.startswith(b"2 (") and rb"\Flagged" in told


def test_neomutt_works_on_the_server(server: Server, tmp_path: Path) -> None:
    """It reads, answers and flags what is there, and shows what others do while it waits in IDLE."""
    for subject in ("one", "two"):
        message = mail(subject).replace(b"sender@example.org", b"bob@demo.test").replace(b"alice@", b"user2@")
        server.deliver(message, "user2")
    configurations.neomutt(server, tmp_path, "user2")
    with (
        Screen(tmp_path, "neomutt", "-n", "-F", "muttrc", "-f", configurations.folder(server)) as screen,
        connected(server, "user2") as other,
    ):
        screen.shows(b"<2 messages, 2 new, 0 flagged>")
        server.deliver(mail("three"), "user2")
        screen.shows(b"<3 messages, 3 new, 0 flagged>")
        other.select_folder("INBOX")
        other.add_flags([other.search(["SUBJECT", "two"])[0]], [rb"\Flagged"])
        screen.shows(b"<3 messages, 3 new, 1 flagged>")
        # Read the first, answer it, send the answer; then quit, which writes the marks back.
        screen.press(b"1\n\n")
        screen.until("Chào bạn".encode())
        screen.press(b"r")
        screen.until(b"y:Send")
        screen.press(b"y")
        screen.until(b"sent")
        screen.press(b"q")
        screen.press(b"q")
        assert screen.end() == 0
    assert {subject: flags for subject, (flags, _) in on_server(server, "user2", "INBOX").items()} == {
        "one": "RS",
        "two": "F",
        "three": "",
    }
    with connected(server, "bob") as bob:
        bob.select_folder("INBOX")
        assert len(bob.search(["HEADER", "In-Reply-To", "<one@example.org>"])) == 1


def test_idle_begins_while_news_wait(server: Server, three: tuple[Client, Client, Client]) -> None:
    """Some libraries take whatever comes before the "+" for an error."""
    idler, other = three[:2]
    idler.client.select_folder("INBOX")
    other.client.append("INBOX", mail("d"))
    idler.client.idle()
    # It looks at its socket only, not at what it has read already: so give it something to see.
    other.client.append("INBOX", mail("e"))
    idler.hears((4, b"EXISTS"), (5, b"EXISTS"))
