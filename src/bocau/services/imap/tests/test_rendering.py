"""What the store writes by itself is what is put together from rows: octet for octet, whatever they hold."""

import random
from collections.abc import AsyncIterator

import pytest

from bocau.services.imap import sending
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer, log_in
from bocau.store import Flags

THUNDERBIRD = (
    "UID FETCH {} (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID"
    " Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])"
)
COMMANDS = (
    "FETCH {} (FLAGS)",
    "UID FETCH {} (FLAGS)",
    "UID FETCH {} (FLAGS MODSEQ) (CHANGEDSINCE 20)",
    "FETCH {} (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)",
    "FETCH {} (SAVEDATE EMAILID ENVELOPE)",
    "FETCH {} ALL",
    "FETCH {} BODY.PEEK[HEADER.FIELDS (SUBJECT)]",
    "FETCH {} (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[HEADER.FIELDS (FROM)])",
    "FETCH {} BODY.PEEK[HEADER.FIELDS (SUBJECT X-UNKNOWN)]",
    THUNDERBIRD,
)
COUNT = 60


def body(number: int) -> bytes:
    rng = random.Random(number)
    subject = rng.choice(
        [b"plain", b"\xe2\x82\xac 8-bit \xff", b'quo"ted\\', b"a\0b", b"folded\r\n value", b"%d %s"]
    )
    lines = [
        b"From: Bob <bob@example.org>",
        b"Subject: " + subject,
        rng.choice([b"To: a@x.test", b"tO : b@x.test, c@y.test", b"Cc: \xff@z.test"]),
        rng.choice([b"Date: Mon, 7 Feb 1994 21:52:25 -0800", b"Received: from x", b"List-Id: <l.x.test>"]),
        rng.choice([b"MIME-Version: 1.0", b"X-Unknown: y"]),
    ]
    return b"\r\n".join(lines) + rng.choice([b"\r\n\r\nbody\r\n", b"\r\n"])


@pytest.fixture
async def player(home: Home) -> AsyncIterator[SessionPlayer]:
    """A mailbox with gaps, keywords, rows without digests, and messages that are \\Recent."""
    await home.deliver(*[body(n) for n in range(COUNT)])

    def scatter(tx) -> None:
        inbox = tx.mailbox_named("INBOX").mailbox_id
        rng = random.Random(3)
        for uid in range(1, COUNT + 1):
            words = rng.choice([(), (), ("$Forwarded",), ("work", "$Junk")])
            tx.change_keywords(inbox, [(uid, uid)], add=Flags(rng.randrange(32)), add_keywords=words)
        tx.expunge(inbox, [(3, 3), (17, 19), (40, 40)], only_deleted=False)
        email = (ALICE << 32) + 0
        tx.sql.execute(
            "UPDATE email SET envelope = x'', body_structure = x'' WHERE email_id = ?", (email + 30,)
        )
        tx.sql.execute("UPDATE email SET listed = NULL, listed_fields = 0 WHERE email_id = ?", (email + 31,))
        tx.sql.execute("UPDATE message SET received_at = -90000 WHERE uid = 33 AND account_id = ?", (ALICE,))
        tx.claim_recent(inbox)

    await home.store.write(ALICE, scatter)
    await home.deliver(*[body(n) for n in range(COUNT, COUNT + 9)])
    player = await log_in(home)
    await player.say("s SELECT INBOX (CONDSTORE)")
    yield player


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("numbers", ["1:*", "1:20", "26:27,29", "1:2,4:*", "5", "53:57", "58:*"])
async def test_both_ways_say_the_same(player, monkeypatch, command, numbers):
    asked = f"a {command.format(numbers)}\r\n".encode()
    lines = monkeypatch.context()
    written = await player.receive(asked)
    with lines as patch:
        patch.setattr(sending, "_lines_at_once", lambda view, runs, plan: 0)
        assert await player.receive(asked) == written
    assert written.endswith(b"a OK FETCH completed\r\n")


@pytest.mark.parametrize("size", [1, 7])
async def test_portions_make_no_difference(player, monkeypatch, size):
    asked = b"a UID FETCH 1:* (FLAGS ENVELOPE)\r\n"
    whole = await player.receive(asked)
    monkeypatch.setattr(sending, "WIDE_LINES", size)
    assert await player.receive(asked) == whole


async def test_the_store_writes_what_it_can(player, monkeypatch):
    """Else the comparison above would compare one way with itself."""
    gathered = []
    monkeypatch.setattr(sending, "gather", lambda *arguments: gathered.append(arguments))
    for command in (COMMANDS[0], COMMANDS[3], COMMANDS[4], THUNDERBIRD):
        assert (await player.say("a " + command.format("1:20")))[-1] == "a OK FETCH completed"
    assert not gathered


async def test_a_keyword_is_announced_before_it_is_shown(home, player):
    """RFC 9051 §7.3.5"""
    inbox = home.store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX").mailbox_id)
    await home.store.write(ALICE, lambda tx: tx.change_keywords(inbox, [(1, 1)], add_keywords=["brandnew"]))
    said = await player.say("a FETCH 1 FLAGS")
    assert [line.split(" ")[1] for line in said[:3]] == ["FLAGS", "OK", "1"]
    assert "brandnew" in said[0]
    assert "brandnew" in said[2]


async def test_another_session_expunged_some(home, player):
    """RFC 2180 §4.1.2: those that are left answer, with the numbers this client knows; then NO."""
    inbox = home.store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX").mailbox_id)
    await home.store.write(ALICE, lambda tx: tx.expunge(inbox, [(21, 22)], only_deleted=False))
    said = await player.say("a FETCH 16:20 (UID)")
    assert said == [
        "* 16 FETCH (UID 20)",
        "* 19 FETCH (UID 23)",
        "* 20 FETCH (UID 24)",
        "a NO [EXPUNGEISSUED] some of the messages are gone",
    ]
