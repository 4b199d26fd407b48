"""Six sessions in two workers act at random and at the same time; in the end all agree with a simple model.

Each session sets a keyword of its own only, so the outcome is known whatever the order was.
"""

import random
import re
from collections.abc import Iterator

import pytest

from harness import Server
from imap.test_sessions import in_worker
from imap.wire import Answer, Wire, values

SESSIONS = 6
ROUNDS = 400
ROUNDS_LONG = 15_000
MESSAGES = 25
APPEND_UID = re.compile(rb"\[APPENDUID ([0-9]+) ([0-9]+)\]")
COPY_UID = re.compile(rb"\[COPYUID [0-9]+ ([0-9]+) ([0-9]+)\]")
MAY_EXPUNGE = ("NOOP", "STATUS", "UID", "IDLE", "EXPUNGE", "APPEND")


class Model:
    """What must be there: the keywords of each message by uid, the uids that were ever given."""

    def __init__(self) -> None:
        self.keywords: dict[int, set[bytes]] = {}
        self.removed: set[int] = set()
        self.moved_count = 0

    def added(self, uid: int) -> None:
        assert uid not in self.keywords and uid not in self.removed, "a uid was given twice"
        self.keywords[uid] = set()

    def gone(self, uid: int) -> None:
        self.removed.add(uid)
        self.keywords.pop(uid, None)


class Client:
    """One session and what it was told."""

    def __init__(self, wire: Wire, keyword: str, model: Model) -> None:
        self.wire = wire
        self.keyword = keyword
        self.model = model
        self.uids: list[int] = []
        self.flags: dict[int, set[bytes]] = {}
        self.modseq = 0

    def select(self) -> None:
        self.uids = []
        self.wire.ok("SELECT Main (CONDSTORE)")
        # `hear` counts what SELECT says as arrivals.
        self.uids, self.flags = [], {}
        self.refresh()

    def refresh(self) -> None:
        answer = self.wire.command("FETCH 1:* (UID FLAGS MODSEQ)")
        if not self.uids:
            self.uids = [0] * len(answer.of(b"FETCH"))
        self.hear("FETCH", answer)

    def hear(self, command: str, answer: Answer) -> None:
        """Follow the untagged responses, as a client must be able to."""
        for line in answer.lines:
            word = line.split(b" ")[2].strip() if line[2:3].isdigit() else b""
            number = int(line.split(b" ")[1]) if word else 0
            if word == b"EXISTS":
                assert number >= len(self.uids), "EXISTS must not shrink the mailbox"
                self.uids += [0] * (number - len(self.uids))
            elif word == b"EXPUNGE":
                assert command.startswith(MAY_EXPUNGE), f"EXPUNGE during {command}"
                assert 1 <= number <= len(self.uids)
                self.flags.pop(self.uids.pop(number - 1), None)
            elif word == b"FETCH":
                self._fetched(number, line)

    def _fetched(self, number: int, line: bytes) -> None:
        pairs = values(line[2:].removesuffix(b"\r\n"))[2]
        said = dict(zip(pairs[::2], pairs[1::2], strict=True))
        assert 1 <= number <= len(self.uids)
        uid = int(said[b"UID"])
        assert self.uids[number - 1] in (0, uid), "a message number means another message"
        self.uids[number - 1] = uid
        if b"FLAGS" in said:
            self.flags[uid] = {flag for flag in said[b"FLAGS"] if not flag.startswith(b"\\")}

    # --- acts: each returns the commands to send, and takes their answers later ---------------

    def act(self, dice: random.Random) -> list[str]:
        known = [uid for uid in self.uids if uid]
        if len(self.uids) < MESSAGES or dice.random() < 0.12:
            body = f"Subject: {self.keyword} {dice.random()}\r\n\r\nx\r\n"
            return [f"APPEND Main {{{len(body)}+}}\r\n{body}"]
        if not known or (len(known) < len(self.uids) and dice.random() < 0.4):
            return ["FETCH 1:* (UID FLAGS)"]
        uid = dice.choice(known)
        sign = dice.choice("+-")
        return dice.choice(
            [
                [f"UID STORE {uid} {sign}FLAGS ({self.keyword})"],
                [f"UID STORE {uid} {sign}FLAGS.SILENT ({self.keyword})", f"UID FETCH {uid} (FLAGS)"],
                [f"STORE {self.uids.index(uid) + 1} {sign}FLAGS ({self.keyword})"],
                [f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)", f"UID EXPUNGE {uid}"],
                [f"UID MOVE {uid} Other"],
                [f"UID COPY {uid} Other"],
                ["FETCH 1:* (UID FLAGS)"],
                ["NOOP"],
                ["UID SEARCH ALL"],
                ["IDLE"],
            ]
        )

    def begin(self, commands: list[str]) -> list[tuple[str, bytes]]:
        """Send them all at once."""
        tags = []
        for command in commands:
            tags.append((command, self.wire.begin(command)))
            if command == "IDLE":
                self.wire.say(b"DONE\r\n")
        return tags

    def end(self, sent: list[tuple[str, bytes]]) -> None:
        uids = list(self.uids)
        for command, tag in sent:
            answer = self.wire.end(tag)
            assert answer.status in (b"OK", b"NO"), (command, answer)
            self.hear(command, answer)
            self._record(command, answer, uids)

    def _record(self, command: str, answer: Answer, uids: list[int]) -> None:
        words = command.split(" ")
        if words[0] == "APPEND":
            found = APPEND_UID.search(answer.text)
            assert found
            self.model.added(int(found[2]))
        elif words[:2] == ["UID", "EXPUNGE"]:
            self.model.gone(int(words[2]))
        elif "STORE" in words and "Deleted" not in command and answer.status == b"OK":
            uid = int(words[2]) if words[0] == "UID" else uids[int(words[1]) - 1]
            change = words[3 if words[0] == "UID" else 2]
            marks = self.model.keywords.get(uid, set())
            (marks.add if change[0] == "+" else marks.discard)(self.keyword.encode())
        elif "MOVE" in words or "COPY" in words:
            # COPYUID of MOVE comes untagged, before the expunges.
            text = b" ".join([answer.text, *answer.lines])
            if COPY_UID.search(text):
                self.model.moved_count += 1
                if "MOVE" in words:
                    self.model.gone(int(words[2]))


@pytest.fixture
def clients(server: Server) -> Iterator[list[Client]]:
    model = Model()
    wires = [in_worker(server, f"worker{number % 2}", "user4") for number in range(SESSIONS)]
    for name in ("Main", "Other"):
        wires[0].command(f"DELETE {name}")
        wires[0].ok(f"CREATE {name}")
    found = [Client(wire, f"mark{number}", model) for number, wire in enumerate(wires)]
    for client in found:
        client.select()
    yield found
    for wire in wires:
        wire.socket.close()


def play(clients: list[Client], rounds: int, seed: int) -> None:
    dice = random.Random(seed)
    highest = 0
    for number in range(rounds):
        sent = [client.begin(client.act(dice)) for client in clients]
        # The model learns of additions before it is asked about their removal by others.
        for client, commands in zip(clients, sent, strict=True):
            client.end(commands)
        if number % 50 == 49:
            highest = max(highest, agreed_modseq(clients, highest))


def agreed_modseq(clients: list[Client], before: int) -> int:
    answer = clients[0].wire.ok("STATUS Main (HIGHESTMODSEQ UIDNEXT)")
    clients[0].hear("STATUS", answer)
    status = answer.of(b"STATUS")[0]
    said = {word: int(value) for word, value in re.findall(rb"([A-Z]+) ([0-9]+)", status)}
    assert said[b"HIGHESTMODSEQ"] >= before
    assert said[b"UIDNEXT"] > max(clients[0].model.keywords, default=0)
    return said[b"HIGHESTMODSEQ"]


def assert_agreement(server: Server, clients: list[Client]) -> None:
    model = clients[0].model
    assert model.removed and model.moved_count and any(model.keywords.values()), "nothing happened"
    for client in clients:
        client.hear("NOOP", client.wire.ok("NOOP"))
        told = dict(client.flags)
        client.refresh()
        assert client.uids == sorted(model.keywords)
        assert client.flags == model.keywords
        assert all(told[uid] == model.keywords[uid] for uid in told), "a change of flags was not told"
    counts = clients[0].wire.ok("STATUS Other (MESSAGES)").of(b"STATUS")[0]
    assert b"MESSAGES %d)" % model.moved_count in counts
    server.cli("verify")


def test_six_sessions_at_random_agree_in_the_end(server: Server, clients: list[Client]) -> None:
    play(clients, ROUNDS, seed=15)
    assert_agreement(server, clients)


@pytest.mark.long
def test_six_sessions_at_random_for_long_agree_in_the_end(server: Server, clients: list[Client]) -> None:
    for part in range(10):
        play(clients, ROUNDS_LONG // 10, seed=part)
        assert_agreement(server, clients)
