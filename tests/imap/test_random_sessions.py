"""Eight sessions over several workers act at random and at the same time; each agrees with a simple model.

Some keep in step by message numbers, some by CONDSTORE, some by QRESYNC, some by uids alone. They come, go.
"""

import random
import re
from collections.abc import Iterator

import pytest

from harness import Server
from imap.model import UNKNOWN, Kind, Mirror, Model, read_all, select
from imap.test_sessions import in_worker
from imap.wire import Answer, Wire

KINDS = (
    *(Kind.PLAIN, Kind.PLAIN, Kind.CONDSTORE, Kind.QRESYNC),
    *(Kind.QRESYNC, Kind.QRESYNC, Kind.UIDONLY, Kind.CONDSTORE),
)
ROUNDS = 400
OPERATIONS_LONG = 100_000
PARTS_LONG = 20
MESSAGES = 25
CHECK_ROUNDS = 80
USER = "user4"
APPEND_UID = re.compile(rb"\[APPENDUID ([0-9]+) ([0-9]+)\]")
COPY_UID = re.compile(rb"\[COPYUID [0-9]+ ([0-9]+) ([0-9]+)\]")
MODIFIED = b"[MODIFIED "
TARGETS = ("Other", "Renamed")
"""One of them exists: they are renamed into each other."""

Sent = list[tuple[str, bytes]]


class Client:
    """One session, which acts, and the model that hears what came of it."""

    def __init__(self, server: Server, number: int, model: Model) -> None:
        self.server = server
        self.keyword = f"mark{number}"
        self.mirror = Mirror(KINDS[number])
        self.model = model
        self.wire = self._enabled(in_worker(server, f"worker{number % server.workers}", USER))
        self.waits = b""
        """The tag of an IDLE that is left open."""

    def _enabled(self, wire: Wire) -> Wire:
        if self.mirror.kind.value:
            wire.ok(f"ENABLE {self.mirror.kind.value}")
        return wire

    def come_back(self) -> None:
        """Lose the connection without a word, and begin with what is still known."""
        self.wire.socket.close()
        wire = Wire(self.server.port("imap")).login(self.server.address(USER), self.server.password)
        self.wire = self._enabled(wire)
        select(self.wire, self.mirror)

    # --- acts: each is some commands, sent at once; the answers are read later --------------------

    def act(self, dice: random.Random) -> list[str]:
        mirror = self.mirror
        known = [uid for uid in mirror.uids if uid]
        if len(mirror.uids) < MESSAGES or dice.random() < 0.12:
            body = f"Subject: {self.keyword} {dice.random()}\r\n\r\nx\r\n"
            return [f"APPEND Main {{{len(body)}+}}\r\n{body}"]
        if not known or (UNKNOWN in mirror.uids and dice.random() < 0.4):
            return ["UID FETCH 1:* (UID FLAGS)"]
        if mirror.kind is not Kind.UIDONLY and dice.random() < 0.3:
            return self._by_number(dice, dice.choice(known))
        return self._by_uid(dice, dice.choice(known))

    def _by_number(self, dice: random.Random, uid: int) -> list[str]:
        number = self.mirror.uids.index(uid) + 1
        return dice.choice(
            [
                [f"STORE {number} {dice.choice('+-')}FLAGS ({self.keyword})"],
                [f"FETCH {number}:* (UID FLAGS)"],
                ["FETCH 1:* (UID FLAGS)", "SEARCH ALL"],
                [f"SEARCH KEYWORD {self.keyword}"],
            ]
        )

    def _by_uid(self, dice: random.Random, uid: int) -> list[str]:
        change = f"{dice.choice('+-')}FLAGS"
        since = self.mirror.modseqs.get(uid, 1)
        target, other = dice.sample(TARGETS, 2)
        return dice.choice(
            [
                [f"UID STORE {uid} {change} ({self.keyword})"],
                [f"UID STORE {uid} {change}.SILENT ({self.keyword})", f"UID FETCH {uid} (FLAGS)"],
                [f"UID STORE {uid} (UNCHANGEDSINCE {since}) {change} ({self.keyword})"],
                [f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)", f"UID EXPUNGE {uid}"],
                [f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)", "EXPUNGE"],
                [f"UID MOVE {uid} {target}"],
                [f"UID COPY {uid} {target}"],
                [f"RENAME {target} {other}"],
                ["UID FETCH 1:* (UID FLAGS)"],
                ["NOOP", "STATUS Main (MESSAGES UIDNEXT HIGHESTMODSEQ)"],
                ["UID SEARCH ALL"],
                ["IDLE", "NOOP"],
                ["IDLE"],
            ]
        )

    def begin(self, commands: list[str]) -> Sent:
        """Send them all at once; behind IDLE comes DONE, and what follows in the same packet."""
        sent = []
        for command in commands:
            sent.append((command, self.wire.begin(command)))
            if command == "IDLE":
                if commands == ["IDLE"]:
                    self.waits = sent[-1][1]
                else:
                    self.wire.say(b"DONE\r\n")
        return sent

    def end(self, sent: Sent) -> None:
        """Read the answers; the mirror and the model follow."""
        if self.waits:
            self.waits = b""
            self.wire.say(b"DONE\r\n")
        uids = list(self.mirror.uids)
        for command, tag in sent:
            answer = self.wire.end(tag)
            assert answer.status in (b"OK", b"NO"), (command, answer)
            if command.startswith("SEARCH"):
                self._searched(answer)
            self.mirror.hear(command, answer)
            self._record(command, answer, uids)

    def _searched(self, answer: Answer) -> None:
        numbers = [int(word) for line in answer.of(b"SEARCH") for word in line.split(b" ")[1:]]
        assert numbers == sorted(set(numbers)) and max(numbers, default=0) <= len(self.mirror.uids)

    def _record(self, command: str, answer: Answer, uids: list[int]) -> None:
        words = command.split(" ")
        if words[0] == "APPEND":
            found = APPEND_UID.search(answer.text)
            assert found and int(found[1]) == self.mirror.uid_validity
            self.model.added(int(found[2]))
        elif "EXPUNGE" in words:
            self.model.expunged()
        elif "STORE" in words and answer.status == b"OK":
            uid = int(words[2]) if words[0] == "UID" else uids[int(words[1]) - 1]
            self._stored(uid, command, answer)
        elif ("MOVE" in words or "COPY" in words) and (
            # COPYUID of MOVE comes untagged, before the expunges.
            COPY_UID.search(b" ".join([answer.text, *answer.lines]))
        ):
            self.model.carried_count += 1
            if "MOVE" in words:
                self.model.gone(int(words[2]))

    def _stored(self, uid: int, command: str, answer: Answer) -> None:
        if "Deleted" in command:
            self.model.deleted.add(uid)
        elif MODIFIED not in answer.text:
            marks = self.model.keywords.get(uid, set())
            (marks.add if "+FLAGS" in command else marks.discard)(self.keyword.encode())


@pytest.fixture
def clients(server: Server) -> Iterator[list[Client]]:
    with Wire(server.port("imap")).login(server.address(USER), server.password) as wire:
        for name in ("Main", *TARGETS):
            wire.command(f"DELETE {name}")
        for name in ("Main", TARGETS[0]):
            wire.ok(f"CREATE {name}")
    model = Model()
    found = [Client(server, number, model) for number in range(len(KINDS))]
    for client in found:
        select(client.wire, client.mirror)
    yield found
    for client in found:
        client.wire.socket.close()


def play(clients: list[Client], rounds: int, seed: int) -> int:
    """Returns how many commands were done."""
    dice = random.Random(seed)
    count = 0
    for number in range(1, rounds + 1):
        sent = [client.begin(client.act(dice)) for client in clients]
        for client, commands in zip(clients, sent, strict=True):
            client.end(commands)
            count += len(commands)
        if number % 5 == 0:
            # The others go on while this one is away: it knows nothing of their next round.
            away = dice.choice(clients)
            others = [client for client in clients if client is not away]
            sent = [client.begin(client.act(dice)) for client in others]
            away.come_back()
            for client, commands in zip(others, sent, strict=True):
                client.end(commands)
                count += len(commands)
        if number % CHECK_ROUNDS == 0:
            assert_agreement(clients)
    return count


def assert_agreement(clients: list[Client]) -> None:
    """Nobody acts: all have the same picture, and it is the model's."""
    model = clients[0].model
    for client in clients:
        mirror = client.mirror
        mirror.hear("NOOP", client.wire.ok("NOOP"))
        told = dict(mirror.flags)
        known = {uid for uid in mirror.uids if uid}
        assert known <= set(model.keywords), "an expunge was not told"
        assert all(told[uid] == model.keywords[uid] for uid in told), "a change of flags was not told"
        read_all(client.wire, mirror)
        if mirror.kind is not Kind.UIDONLY:
            assert mirror.uids == sorted(mirror.uids), "message numbers do not ascend with the uids"
        assert sorted(mirror.uids) == sorted(model.keywords)
        assert mirror.flags == model.keywords
    _assert_counts(clients[0], model)


def _assert_counts(client: Client, model: Model) -> None:
    status = client.wire.ok("STATUS Main (MESSAGES UIDNEXT)").of(b"STATUS")[0]
    said = {word: int(value) for word, value in re.findall(rb"([A-Z]+) ([0-9]+)", status)}
    assert said[b"MESSAGES"] == len(model.keywords)
    assert said[b"UIDNEXT"] > max((*model.keywords, *model.removed), default=0)
    answers = [client.wire.command(f"STATUS {name} (MESSAGES)") for name in TARGETS]
    counts = [answer.of(b"STATUS")[0] for answer in answers if answer.status == b"OK"]
    assert len(counts) == 1 and b"MESSAGES %d)" % model.carried_count in counts[0]


def test_eight_sessions_at_random_agree(server: Server, clients: list[Client]) -> None:
    play(clients, ROUNDS, seed=15)
    assert_agreement(clients)
    model = clients[0].model
    assert model.removed and model.carried_count and any(model.keywords.values()), "nothing happened"
    server.cli("verify")


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_eight_sessions_at_random_for_long_agree(server: Server, clients: list[Client]) -> None:
    count = part = 0
    while count < OPERATIONS_LONG:
        part += 1
        count += play(clients, OPERATIONS_LONG // PARTS_LONG // len(clients), seed=part)
        assert_agreement(clients)
        server.cli("verify")
