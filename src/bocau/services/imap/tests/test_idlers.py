"""Many idle sessions on one mailbox: one reading, one formatting, everybody told what is true (RFC 2177)."""

import asyncio

import pytest

from bocau.base.errors import PeerGone
from bocau.services.imap import idlers
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer, log_in
from bocau.store import Flags, Writing


async def idling(home: Home, *before: str) -> SessionPlayer:
    player = await log_in(home)
    answer = await player.say(*before, "s SELECT INBOX", "i IDLE")
    assert answer[-1] == "+ idling"
    return player


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_each_kind_hears_it_in_its_own_words(home: Home) -> None:
    """A message comes, one goes, one gets a flag, in one commit; another has gone before (a gap)."""
    await home.deliver(*[mail.PLAIN] * 5)
    await home.store.write(ALICE, lambda tx: tx.claim_recent(tx.mailbox_named("INBOX").mailbox_id))
    mailbox_id = home.store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX").mailbox_id)
    await home.store.write(ALICE, lambda tx: tx.expunge(mailbox_id, [(4, 4)], only_deleted=False))
    gone, came = "* 1 EXPUNGE|", "* 4 EXISTS|* 1 RECENT|"
    flags = "* 2 FETCH (UID 3 FLAGS (\\Flagged)"
    told = {
        "": gone + came + flags + ")",
        "ENABLE CONDSTORE": gone + came + flags + " MODSEQ (10))",
        "ENABLE QRESYNC": f"* VANISHED 1|{came}{flags} MODSEQ (10))|* OK [HIGHESTMODSEQ 11] highest",
        "ENABLE IMAP4rev2": gone + "* 4 EXISTS|" + flags + ")",
        "ENABLE UIDONLY": "* VANISHED 1|" + came + "* 3 UIDFETCH (FLAGS (\\Flagged))",
    }
    players = [
        (await idling(home, f"e {words}" if words else "e NOOP"), told[words]) for words in told for _ in "12"
    ]

    def job(tx: Writing) -> None:
        tx.expunge(mailbox_id, [(1, 1)], only_deleted=False)
        tx.change_keywords(mailbox_id, [(3, 3)], add=Flags.FLAGGED)
        tx.add(mailbox_id, home.email(mail.MIXED))

    await home.store.write(ALICE, job)
    await turns()
    for player, expected in players:
        assert player.taken().decode().rstrip("\r\n").split("\r\n") == expected.split("|")
    for player, _ in players:
        assert (await player.say("DONE", "f UID SEARCH ALL"))[-1] == "f OK SEARCH completed"
    lists = {id(player.session.selected().uids) for player, _ in players}
    assert len(lists) == 1, "equal views share their uids"


async def test_portions_and_a_bell_in_the_middle(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idlers, "PORTION", 2)
    players = [await idling(home) for _ in range(7)]
    await home.deliver(mail.PLAIN)
    await asyncio.sleep(0)
    home.bell.ring(["a1"])
    await home.deliver(mail.PLAIN)
    await turns(60)
    for player in players:
        said = player.taken()
        assert said.count(b"EXISTS") <= 2 and said.endswith(b"* 2 EXISTS\r\n* 2 RECENT\r\n")


async def test_one_that_is_gone_keeps_nobody_from_hearing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, *others = [await idling(home) for _ in range(3)]

    def lost() -> bool:
        raise PeerGone("connection lost")

    monkeypatch.setattr(gone.wire, "send", lost)
    await home.deliver(mail.PLAIN)
    await turns()
    assert all(b"* 1 EXISTS" in other.taken() for other in others)
    await gone.say("DONE")
    for other in others:
        await other.say("DONE")
    assert home.bell.heard["a1"] == [], "nobody listens any more"


async def test_a_guest_hears_of_the_owners_mailbox(home: Home) -> None:
    """The bell is that of the account whose mailbox is selected."""
    alice, bob = await log_in(home), await log_in(home, "bob")
    answer = await alice.say("a CREATE Team", "b SETACL Team bob@example.org lrs")
    assert answer[-1].startswith("b OK"), answer
    answer = await bob.say('s SELECT "Other Users/alice@example.org/Team"', "i IDLE")
    assert answer[-1] == "+ idling", answer
    await home.deliver(mail.PLAIN, mailbox="Team")
    await turns()
    assert b"* 1 EXISTS" in bob.taken()
    await alice.say("c DELETEACL Team bob@example.org")
    await turns()
    assert bob.session.is_over or (await bob.say("DONE"))[0].startswith("* BYE")
