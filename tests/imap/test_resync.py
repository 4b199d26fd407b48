"""A client that keeps a copy comes back: both sides are in step again, cheaply (RFC 7162 §3.2.5)."""

import random
import re
from collections.abc import Iterator

import pytest

from harness import Server
from imap.wire import Answer, Wire, fetched

MESSAGES = 100_000
FIRST = 1000
CHANGES = 50
TRAFFIC_BYTES_MAX = 10_000
MESSAGE = b"From: a@x.test\r\nSubject: %d\r\n\r\nx\r\n"


class Counted(Wire):
    """Counts the octets of both directions."""

    def __init__(self, port: int) -> None:
        self.octets = 0
        super().__init__(port)

    def say(self, data: bytes) -> None:
        self.octets += len(data)
        super().say(data)

    def _more(self) -> None:
        before = len(self.buffer)
        super()._more()
        self.octets += len(self.buffer) - before


class Copy:
    """What a disconnected client keeps of a mailbox: the flags of each message by uid."""

    def __init__(self) -> None:
        self.flags: dict[int, frozenset[bytes]] = {}
        self.uid_validity = self.modseq = self.uid_next = 0

    def hear(self, answer: Answer) -> None:
        for line in answer.of(b"VANISHED"):
            words = line.split(b" ")
            for first, _, last in (part.partition(b":") for part in words[-1].split(b",")):
                for uid in range(int(first), int(last or first) + 1):
                    self.flags.pop(uid, None)
        for item in fetched(answer).values():
            self.flags[int(item["UID"])] = frozenset(item["FLAGS"]) - {rb"\Recent"}

    def selected(self, answer: Answer) -> None:
        text = b"".join(answer.lines)
        names = (b"UIDVALIDITY", b"HIGHESTMODSEQ", b"UIDNEXT")
        found = [re.search(rb"\[%b ([0-9]+)\]" % name, text) for name in names]
        self.uid_validity, self.modseq, self.uid_next = (int(number[1]) for number in found if number)


@pytest.fixture(scope="module")
def writer(server: Server) -> Iterator[Wire]:
    """Another client, which has Large selected: 100,000 messages."""
    with Wire(server.port("imap"), 60).login("user5@demo.test", server.password) as wire:
        wire.ok("CREATE Large")
        literals = [b"{%d+}\r\n%b" % (len(MESSAGE % n), MESSAGE % n) for n in range(FIRST)]
        wire.ok(b"APPEND Large " + b" ".join(literals))
        wire.ok("SELECT Large")
        count = FIRST
        while count < MESSAGES:
            more = min(count, MESSAGES - count)
            wire.ok(f"COPY 1:{more} Large")
            count += more
        yield wire


def change(wire: Wire, dice: random.Random, copy: Copy) -> None:
    """Flags, expunges and arrivals, as many as CHANGES."""
    uids = dice.sample(sorted(copy.flags), CHANGES)
    for number, uid in enumerate(uids):
        match number % 3:
            case 0:
                flag = dice.choice(("work", r"\Seen", r"\Flagged"))
                wire.ok(f"UID STORE {uid} +FLAGS.SILENT ({flag})")
            case 1:
                wire.ok(rf"UID STORE {uid} +FLAGS.SILENT (\Deleted)")
                wire.ok(f"UID EXPUNGE {uid}")
            case _:
                wire.append("Large", MESSAGE % uid, r"(\Answered)")


def whole(wire: Wire) -> Copy:
    copy = Copy()
    copy.hear(wire.ok("UID FETCH 1:* (FLAGS)"))
    return copy


@pytest.mark.timeout(300)
def test_fifty_changes_of_a_hundred_thousand_cost_ten_kilobytes(server: Server, writer: Wire) -> None:
    with Wire(server.port("imap"), 60).login("user5@demo.test", server.password) as before:
        selected = before.ok("SELECT Large")
        copy = whole(before)
        copy.selected(selected)
    assert len(copy.flags) == MESSAGES
    change(writer, random.Random(8), copy)
    with Counted(server.port("imap")) as client:
        client.login("user5@demo.test", server.password)
        client.ok("ENABLE QRESYNC")
        known = f"{copy.uid_validity} {copy.modseq} 1:{copy.uid_next - 1}"
        copy.hear(answer := client.ok(f"SELECT Large (QRESYNC ({known}))"))
        new = client.ok(f"UID FETCH {copy.uid_next}:* (FLAGS RFC822.SIZE BODY.PEEK[])")
        octets = client.octets
        copy.selected(answer)
        copy.hear(new)
    assert octets <= TRAFFIC_BYTES_MAX
    assert copy.flags == whole(writer).flags
    assert len(answer.of(b"VANISHED")) == 1 and b"(EARLIER)" in answer.of(b"VANISHED")[0]


@pytest.mark.timeout(300)
def test_uid_fetch_vanished_says_the_same(server: Server, writer: Wire) -> None:
    """RFC 7162 §3.2.6, for who has selected without the parameter."""
    copy = whole(writer)
    copy.selected(writer.ok("EXAMINE Large"))
    writer.ok("SELECT Large")
    change(writer, random.Random(9), copy)
    with Wire(server.port("imap"), 60).login("user5@demo.test", server.password) as client:
        client.ok("ENABLE QRESYNC")
        client.ok("SELECT Large")
        copy.hear(client.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {copy.modseq} VANISHED)"))
    assert copy.flags == whole(writer).flags


@pytest.mark.timeout(300)
def test_another_uidvalidity_is_not_resynchronized(server: Server, writer: Wire) -> None:
    """RFC 7162 §3.2.5: the client must begin anew, and sees that by the UIDVALIDITY."""
    with Wire(server.port("imap"), 60).login("user5@demo.test", server.password) as client:
        client.ok("ENABLE QRESYNC")
        answer = client.ok("SELECT Large (QRESYNC (1 1 1:1000))")
        assert answer.of(b"VANISHED") == [] and answer.of(b"FETCH") == []
