"""What a mailbox must hold, and clients that follow what they are told about it.

Each client sets a keyword of its own only, and what one removes is never put back: so the outcome is known
whatever the order was in which the server took the commands of all of them.
"""

import re
from enum import Enum

from imap.wire import Answer, Wire, values

UNKNOWN = 0
"""In the place of a uid: EXISTS has told of the message, nothing else has."""
MAY_EXPUNGE = ("NOOP", "STATUS", "UID", "IDLE", "DONE", "EXPUNGE", "APPEND", "SELECT", "RENAME", "CLOSE")
"""Commands during which messages may lose their numbers (RFC 9051 §7.5.1)."""
_NUMBERS = re.compile(rb"\[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) ([0-9]+)\]")


class Kind(Enum):
    """How a client keeps in step."""

    PLAIN = ""
    CONDSTORE = "CONDSTORE"
    QRESYNC = "QRESYNC"
    UIDONLY = "QRESYNC UIDONLY"


class Model:
    """The keywords of each message by uid, the uids that were removed, how many messages went elsewhere."""

    def __init__(self) -> None:
        self.keywords: dict[int, set[bytes]] = {}
        self.removed: set[int] = set()
        self.deleted: set[int] = set()
        """Marked \\Deleted: the next EXPUNGE of anybody removes them."""
        self.carried_count = 0
        self.uid_validity = 0

    def added(self, uid: int) -> None:
        assert uid not in self.keywords and uid not in self.removed, "a uid was given twice"
        self.keywords[uid] = set()

    def expunged(self) -> None:
        """Somebody's EXPUNGE is done: who marks a message expunges it too, so all marked ones go."""
        for uid in self.deleted:
            self.gone(uid)
        self.deleted.clear()

    def gone(self, uid: int) -> None:
        self.removed.add(uid)
        self.keywords.pop(uid, None)


class Mirror:
    """One client's picture of the mailbox, from nothing but what the server says."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.uids: list[int] = []
        """By message number; UIDONLY: without an order that means anything."""
        self.flags: dict[int, set[bytes]] = {}
        self.modseqs: dict[int, int] = {}
        self.modseq = 0
        """Everything up to here is known: a point from which to resynchronize."""
        self.known_uid = 0
        """The greatest uid at that point."""
        self.uid_validity = self.uid_next = 0

    @property
    def hears_vanished(self) -> bool:
        return self.kind in (Kind.QRESYNC, Kind.UIDONLY)

    def hear(self, command: str, answer: Answer) -> None:
        """Follow the untagged responses, as a client must be able to."""
        for line in answer.lines:
            words = line.split(b" ", 3)
            if words[1] == b"VANISHED":
                self._vanished(command, line)
            elif words[1].isdigit():
                self._numbered(command, int(words[1]), words[2].strip(), line)
        if command.startswith("SELECT"):
            self._codes(b"".join(answer.lines))
            self.known_uid = self.uid_next - 1
        elif command.startswith(("EXPUNGE", "UID EXPUNGE")) and UNKNOWN not in self.uids:
            # Else there are messages that the server takes for known, but whose uids we never asked for.
            self._codes(answer.text)
            self.known_uid = max(self.uids, default=0)

    def _codes(self, text: bytes) -> None:
        for name, number in _NUMBERS.findall(text):
            if name == b"HIGHESTMODSEQ":
                assert int(number) >= self.modseq, "HIGHESTMODSEQ went back"
                self.modseq = int(number)
            elif name == b"UIDNEXT":
                assert int(number) >= self.uid_next, "UIDNEXT went back"
                self.uid_next = int(number)
            else:
                assert self.uid_validity in (0, int(number)), "UIDVALIDITY changed"
                self.uid_validity = int(number)

    def _numbered(self, command: str, number: int, word: bytes, line: bytes) -> None:
        if word == b"EXISTS":
            assert number >= len(self.uids), f"EXISTS must not shrink the mailbox: {command}"
            self.uids += [UNKNOWN] * (number - len(self.uids))
        elif word == b"EXPUNGE":
            assert not self.hears_vanished, "EXPUNGE instead of VANISHED"
            assert command.startswith(MAY_EXPUNGE), f"EXPUNGE during {command}"
            assert 1 <= number <= len(self.uids)
            self._forget(self.uids.pop(number - 1))
        elif word in (b"FETCH", b"UIDFETCH"):
            assert (word == b"UIDFETCH") == (self.kind is Kind.UIDONLY)
            self._fetched(number, line)

    def _vanished(self, command: str, line: bytes) -> None:
        assert self.hears_vanished and command.startswith(MAY_EXPUNGE), f"VANISHED during {command}"
        is_earlier = b"(EARLIER)" in line
        for part in line.split(b" ")[-1].strip().split(b","):
            first, _, last = part.partition(b":")
            for uid in range(int(first), int(last or first) + 1):
                self._take_out(uid, is_earlier)

    def _take_out(self, uid: int, is_earlier: bool) -> None:
        if uid in self.uids:
            self.uids.remove(uid)
            self._forget(uid)
        elif not is_earlier:
            self.uids.pop(self._unknown_place(uid))

    def _unknown_place(self, uid: int) -> int:
        """Which of the messages without a known uid this one is: it stands between its neighbours."""
        below = max((n for n, known in enumerate(self.uids) if UNKNOWN < known < uid), default=-1)
        if self.kind is Kind.UIDONLY:
            below = -1
        places = [n for n in range(below + 1, len(self.uids)) if self.uids[n] == UNKNOWN]
        assert places, f"VANISHED names {uid}, which was never there"
        return places[0]

    def _forget(self, uid: int) -> None:
        self.flags.pop(uid, None)
        self.modseqs.pop(uid, None)

    def _fetched(self, number: int, line: bytes) -> None:
        pairs = values(line[2:].removesuffix(b"\r\n"))[2]
        said = dict(zip(pairs[::2], pairs[1::2], strict=True))
        uid = number if self.kind is Kind.UIDONLY else int(said[b"UID"])
        self._place(number, uid)
        if b"MODSEQ" in said:
            modseq = int(said[b"MODSEQ"][0])
            assert modseq >= self.modseqs.get(uid, 0), "the MODSEQ of a message went back"
            self.modseqs[uid] = modseq
        if b"FLAGS" in said:
            self.flags[uid] = {flag for flag in said[b"FLAGS"] if not flag.startswith(b"\\")}

    def _place(self, number: int, uid: int) -> None:
        if self.kind is Kind.UIDONLY:
            if uid not in self.uids:
                assert UNKNOWN in self.uids, "a message that EXISTS has not told of"
                self.uids[self.uids.index(UNKNOWN)] = uid
            return
        assert 1 <= number <= len(self.uids), "a message number above the last"
        assert self.uids[number - 1] in (UNKNOWN, uid), "a message number means another message"
        self.uids[number - 1] = uid

    def begin_again(self, exists: int, answer: Answer) -> None:
        """SELECT (QRESYNC …): what vanished goes first, then the numbers are those of the uids in order."""
        for line in answer.of(b"VANISHED"):
            self._vanished("SELECT", line)
        known = sorted(uid for uid in self.uids if UNKNOWN < uid <= self.known_uid)
        assert len(known) <= exists, "not everything that is gone was said to have vanished"
        self.uids = known + [UNKNOWN] * (exists - len(known))
        # Of later messages nothing is known any more: one that came and went meanwhile is never spoken of.
        self.flags = {uid: self.flags[uid] for uid in known if uid in self.flags}
        self.modseqs = {uid: self.modseqs[uid] for uid in known if uid in self.modseqs}


def select(wire: Wire, mirror: Mirror) -> None:
    """Open Main and bring the mirror in step: by QRESYNC where something is known, else by reading all."""
    if mirror.hears_vanished and mirror.uid_validity:
        answer = wire.ok(f"SELECT Main (QRESYNC ({mirror.uid_validity} {mirror.modseq}))")
        mirror.begin_again(int(answer.of(b"EXISTS")[0].split(b" ")[0]), answer)
        lines = [line for line in answer.lines if b" EXISTS" not in line and b"VANISHED" not in line]
        mirror.hear("SELECT", Answer(lines, b"OK"))
    else:
        mirror.uids, mirror.flags = [], {}
        mirror.hear("SELECT", wire.ok("SELECT Main"))
        read_all(wire, mirror)


def read_all(wire: Wire, mirror: Mirror) -> None:
    items = "(UID FLAGS)" if mirror.kind is Kind.PLAIN else "(UID FLAGS MODSEQ)"
    command = f"UID FETCH 1:* {items}"
    mirror.hear(command, wire.ok(command))
