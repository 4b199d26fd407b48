"""The full-text index never changes what a search answers (RFC 9051 §6.4.4): the same as reading them all,
after indexing, merging, expunging and damage."""

import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bocau.base.ids import AccountId
from bocau.formats.header import body_start
from bocau.formats.tests.corpus import corpus
from bocau.formats.words import encode_words
from bocau.protocols.imap import search as s
from bocau.protocols.imap.search import Key
from bocau.protocols.imap.sets import NumberSet
from bocau.services.imap import searching
from bocau.services.imap.matching import Candidate, compiled
from bocau.services.imap.searching import find
from bocau.services.imap.tests.home import ALICE, SETTINGS, Home, SessionPlayer, log_in, open_home
from bocau.services.imap.view import View
from bocau.store.search import indexer, merge, needle_of
from bocau.store.search.indexer import Indexer

WORDS = (
    *("Đà", "Nẵng", "bồ", "câu", "Hà", "Nội", "hello", "world", "straße", "ŒUVRE", "naïve", "Ω", "привет"),
    *("日本語テキスト", "x1", "42", "a", "re", "e-mail", "foo_bar"),
)
NAMES = ("báo cáo.pdf", "photo.jpg", "Bồ Câu.doc")
MESSAGES = 150


def phrase(rnd: random.Random, most: int = 8) -> str:
    return "".join(
        rnd.choice(WORDS) + rnd.choice((" ", " ", ", ", "-", "/", "")) for _ in range(rnd.randint(1, most))
    )


def message(rnd: random.Random) -> bytes:
    """Plain, encoded, in parts, with attachments, enclosed, broken."""
    fields = [
        b"From: %b <%b@example.org>" % (encode_words(phrase(rnd, 2)), rnd.choice((b"ann", b"bob.smith"))),
        b"To: team@example.net,\r\n\tzoe@example.org",
        b"Subject: " + encode_words(phrase(rnd)),
        b"Message-ID: <%d.abc@example.org>" % rnd.randrange(1000),
    ]
    if rnd.random() < 0.2:
        fields.append(b"Subject: raw " + phrase(rnd).encode())
    if rnd.random() < 0.1:
        fields.append(b"X-Odd: a\x01b c\rd\r\n\te")
    text = phrase(rnd, 30).encode()
    match rnd.randrange(4):
        case 0:
            kind = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text
        case 1:
            kind = b"\r\n" + phrase(rnd, 30).encode("cp1252", "replace")
        case 2:
            name = rnd.choice(NAMES).encode()
            kind = (
                b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>"
                + text
                + b"</p>\r\n--b\r\nContent-Type: application/pdf\r\n"
                + b"Content-Disposition: attachment; filename*=utf-8''"
                + b"".join(b"%%%02X" % octet for octet in name)
                + b"\r\n\r\nhidden\r\n--b--\r\n"
            )
        case _:
            kind = (
                b"Content-Type: message/rfc822\r\n\r\nSubject: inner "
                + text.replace(b"\n", b" ")
                + b"\r\n\r\nwithin"
            )
    return b"\r\n".join((*fields, kind))


def needle(rnd: random.Random, bodies: list[bytes]) -> str:
    """A piece of something that is there, or nearly."""
    if rnd.random() < 0.5:
        text = phrase(rnd, 3)
    else:
        text = rnd.choice(bodies).decode("utf-8", "replace").replace("\0", "")
    start = rnd.randrange(len(text))
    found = " ".join(text[start : start + rnd.randint(1, 30)].split("\r\n"))
    return rnd.choice((found, found.upper(), found.strip()))


def program(rnd: random.Random, bodies: list[bytes], depth: int = 2) -> Key:
    match rnd.randrange(8 if depth else 5):
        case 0:
            return s.TextHas(needle(rnd, bodies))
        case 1:
            return s.BodyHas(needle(rnd, bodies))
        case 2 | 3:
            names = ("from", "subject", "to", "cc", "message-id", "x-odd", "content-type", "no such")
            return s.HeaderHas(rnd.choice(names), rnd.choice((needle(rnd, bodies), "", "example")))
        case 4:
            return s.Numbers(NumberSet(((3, rnd.randint(3, 90)),)), by_uid=True)
        case 5:
            return s.Not(program(rnd, bodies, depth - 1))
        case 6:
            return s.Either(program(rnd, bodies, depth - 1), program(rnd, bodies, depth - 1))
        case _:
            return s.All((program(rnd, bodies, depth - 1), program(rnd, bodies, depth - 1)))


class Mailbox:
    """INBOX as one session has it selected."""

    def __init__(self, home: Home, player: SessionPlayer) -> None:
        self.home = home
        self.player = player
        self.bodies: dict[int, bytes] = {}

    @property
    def view(self) -> View:
        return self.player.session.selected()

    async def fill(self, rnd: random.Random, count: int) -> None:
        some = [message(rnd) for _ in range(count)]
        await self.home.deliver(*some)
        first = max(self.bodies, default=0) + 1
        self.bodies |= dict(enumerate(some, first))
        await self.player.say("n NOOP")

    async def expunge(self, uids: list[int]) -> None:
        await self.player.say(f"e STORE {','.join(map(str, uids))} +FLAGS.SILENT (\\Deleted)", "f EXPUNGE")
        for uid in uids:
            self.bodies.pop(uid, None)

    def truth(self, key: Key) -> list[int]:
        """By reading every message."""
        test, found = compiled(key, self.view, 0), []
        for uid, body in sorted(self.bodies.items()):
            candidate = Candidate(uid, 1, 0, "")
            candidate.header, candidate.data = body[: body_start(body)], body
            if test(candidate):
                found.append(uid)
        return found

    async def agrees(self, rnd: random.Random, count: int = 60) -> None:
        bodies = list(self.bodies.values())
        for _ in range(count):
            key = program(rnd, bodies)
            assert (await find(self.player.session, self.view, key)).uids == self.truth(key), key


@pytest.fixture
def _all_by_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small constants, so that a few messages make many files and merges."""
    monkeypatch.setattr(searching, "ROWS_MAX", 0)
    monkeypatch.setattr(searching, "BODIES_MAX", 0)
    monkeypatch.setattr(indexer, "WAITING_MESSAGES_MAX", 10)
    monkeypatch.setattr(indexer, "PORTION_MESSAGES", 7)
    monkeypatch.setattr(merge, "FILES_OF_A_SIZE_MAX", 3)
    monkeypatch.setattr(merge, "SLICE_WORDS", 20)
    yield


@pytest.fixture
async def inbox(tmp_path: Path, _all_by_index: None) -> AsyncIterator[Mailbox]:
    async with open_home(tmp_path, SETTINGS) as home:
        player = await log_in(home)
        await player.say("s SELECT INBOX")
        yield Mailbox(home, player)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 6))])
async def test_the_index_answers_as_reading_does(inbox: Mailbox, seed: int) -> None:
    rnd = random.Random(seed)
    made = Indexer(inbox.home.store)
    index = inbox.home.store.search
    await inbox.fill(rnd, MESSAGES)
    await inbox.agrees(rnd)  # nothing is indexed yet
    await made.look()
    assert index.ranges(ALICE)[-1][1] == MESSAGES
    await inbox.agrees(rnd)
    await inbox.expunge(rnd.sample(range(1, MESSAGES), 60))
    await inbox.fill(rnd, 25)  # some of them wait, some make merges that drop what was expunged
    await made.look()
    assert sum(map(len, index.segments(ALICE))) < MESSAGES
    await inbox.agrees(rnd)
    await inbox.fill(rnd, 5)
    await inbox.agrees(rnd)


async def test_a_damaged_file_is_noticed_and_made_anew(inbox: Mailbox) -> None:
    rnd = random.Random(9)
    made = Indexer(inbox.home.store)
    index = inbox.home.store.search
    await inbox.fill(rnd, MESSAGES)
    await made.look()
    victim = max(index.account_folder(ALICE).glob("*.idx"), key=lambda path: path.stat().st_size)
    octets = bytearray(victim.read_bytes())
    octets[len(octets) // 2] ^= 1
    victim.unlink()
    victim.write_bytes(octets)
    await inbox.agrees(rnd, 20)
    assert index.wanted() == [ALICE]
    await made.look()
    assert index.wanted() == [] and index.ranges(ALICE)[-1][1] == MESSAGES
    await inbox.agrees(rnd, 20)


async def test_accents_case_and_names_of_attachments(inbox: Mailbox) -> None:
    """RFC 5255 §4: what i;unicode-casemap finds is found, with and without accents."""
    await inbox.home.deliver(
        (
            "Subject: Chào mừng đến Đà Nẵng\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nĐàn bồ câu\r\n"
        ).encode(),
        b"Subject: plain\r\nContent-Type: application/pdf; name*=utf-8''b%C3%A1o%20c%C3%A1o.pdf\r\n\r\nx",
    )
    await inbox.player.say("n NOOP")
    await Indexer(inbox.home.store).rebuild([AccountId(1)])
    session, view = inbox.player.session, inbox.view
    for key, uids in (
        (s.HeaderHas("subject", "da nang"), [1]),
        (s.HeaderHas("subject", "ĐÀ NẴNG"), [1]),
        (s.BodyHas("bồ câu"), [1]),
        (s.TextHas("bo cau"), [1]),
        (s.BodyHas("báo cáo.pdf"), [2]),
        (s.TextHas("BAO CAO"), [2]),
        (s.Fuzzy(s.TextHas("nang, câu đàn")), [1]),
        (s.TextHas("nang, câu đàn"), []),
    ):
        assert (await find(session, view, key)).uids == uids, key


async def test_an_account_that_is_gone_takes_its_index_along(inbox: Mailbox) -> None:
    await inbox.fill(random.Random(1), 20)
    made = Indexer(inbox.home.store)
    await made.look()
    assert inbox.home.store.search.account_folder(ALICE).exists()
    await inbox.home.store.write(ALICE, lambda tx: tx.delete_account())
    await made.look()
    assert not inbox.home.store.search.account_folder(ALICE).exists()


@pytest.mark.long
async def test_real_mail_is_found_by_the_index_as_by_reading(inbox: Mailbox) -> None:
    rnd = random.Random(4)
    some = list(corpus().values())
    await inbox.home.deliver(*some)
    inbox.bodies = dict(enumerate(some, 1))
    await inbox.player.say("n NOOP")
    await Indexer(inbox.home.store).look()
    await inbox.agrees(rnd, 40)


def test_a_line_end_is_no_mark_of_ours() -> None:
    """In the index it stands for a word's begin; in a needle it is text like any other."""
    assert needle_of("\nwit") == ((b"\nwit",), False)
    assert needle_of("wit") == ((b"wit",), True)
    assert needle_of("hello big wor") == ((b"hello\n", b"\nbig\n", b"\nwor"), False)
