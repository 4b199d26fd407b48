"""Sessions on one mailbox see each other's changes, in order, and only when they may (RFC 9051 §7.5.1)."""

import asyncio
import random
import re
from typing import Any

import pytest

from bocau.services.imap import recent, updates
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer, log_in
from bocau.store import Flags


async def two(home: Home) -> tuple[SessionPlayer, SessionPlayer]:
    await home.deliver(mail.PLAIN, mail.MIXED, mail.NESTED)
    await home.store.write(ALICE, lambda tx: tx.claim_recent(tx.mailbox_named("INBOX").mailbox_id))
    one, other = await log_in(home), await log_in(home)
    await one.say("s SELECT INBOX")
    await other.say("s SELECT INBOX")
    return one, other


async def test_flags_are_seen_by_the_other(home: Home) -> None:
    one, other = await two(home)
    await one.say("a STORE 2 +FLAGS (\\Flagged)")
    assert "* 2 FETCH (UID 2 FLAGS (\\Flagged))" in await other.say("b NOOP")
    assert await other.say("c NOOP") == ["c OK NOOP completed"]


async def test_expunge_waits_while_message_numbers_are_in_use(home: Home) -> None:
    one, other = await two(home)
    await one.say("a STORE 1 +FLAGS.SILENT \\Deleted", "b EXPUNGE")
    answer = await other.say("c FETCH 1:3 UID")
    assert answer == [
        "* 2 FETCH (UID 2)",
        "* 3 FETCH (UID 3)",
        "c NO [EXPUNGEISSUED] some of the messages are gone",
    ]
    assert (await other.say("d STORE 2 +FLAGS \\Seen"))[-1] == "d OK STORE completed"
    assert (await other.say("e SEARCH ALL"))[0] == "* SEARCH 1 2 3"
    assert await other.say("f UID FETCH 3 UID") == [
        "* 3 FETCH (UID 3)",
        "* 1 EXPUNGE",
        "f OK FETCH completed",
    ]
    assert await other.say("g FETCH 1:* UID") == [
        "* 1 FETCH (UID 2)",
        "* 2 FETCH (UID 3)",
        "g OK FETCH completed",
    ]


async def test_who_is_cut_off_while_vanished_waits_comes_back_to_it(home: Home) -> None:
    """RFC 7162 §6: greater modseqs are told, but the client is to ask from before the expunge."""
    one, other = await two(home)
    await other.say("q UNSELECT", "r ENABLE QRESYNC", "s SELECT INBOX")
    await one.say("a STORE 1 +FLAGS.SILENT \\Deleted", "b EXPUNGE", "c STORE 2 +FLAGS.SILENT (\\Flagged)")
    waits = "* OK [HIGHESTMODSEQ 8] VANISHED waits"
    assert await other.say("d STORE 2 +FLAGS.SILENT \\Seen") == [
        "* 3 FETCH (UID 3 FLAGS (\\Flagged) MODSEQ (10))",
        "* 2 FETCH (UID 2 MODSEQ (11))",
        waits,
        "d OK STORE completed",
    ]
    assert (await other.say("e FETCH 3 BODY[TEXT]"))[-2:] == [waits, "e OK FETCH completed"]
    assert (await other.say("f FETCH 1 FLAGS"))[-2:] == [
        waits,
        "f NO [EXPUNGEISSUED] some of the messages are gone",
    ]
    late = await log_in(home)
    await late.say("q ENABLE QRESYNC")
    validity = (await late.say("s STATUS INBOX (UIDVALIDITY)"))[0].split(" ")[-1].rstrip(")")
    assert "* VANISHED (EARLIER) 1" in await late.say(f"t SELECT INBOX (QRESYNC ({validity} 8 1:3))")
    assert await other.say("g NOOP") == [
        "* VANISHED 1",
        "* OK [HIGHESTMODSEQ 12] highest",
        "g OK NOOP completed",
    ]


async def test_what_came_and_went_unseen_is_not_told(home: Home) -> None:
    one, other = await two(home)
    await home.deliver(mail.PLAIN)
    await one.say("a NOOP", "b STORE 4 +FLAGS.SILENT \\Deleted", "c EXPUNGE")
    assert await other.say("d NOOP") == ["d OK NOOP completed"]
    await home.deliver(mail.PLAIN)
    assert (await other.say("e NOOP"))[0] == "* 4 EXISTS"
    assert await other.say("f FETCH 4 UID") == ["* 4 FETCH (UID 5)", "f OK FETCH completed"]


async def test_numbers_hold_when_the_uids_are_loaded_late(home: Home) -> None:
    """The view of a mailbox with gaps is read when first needed, and must be that of the SELECT."""
    await home.deliver(*[mail.PLAIN] * 6)
    one = await log_in(home)
    await one.say("s SELECT INBOX", "a STORE 2 +FLAGS.SILENT \\Deleted", "b EXPUNGE")
    other = await log_in(home)
    await other.say("s SELECT INBOX")
    assert other.session.view is not None and not other.session.view.is_loaded
    await one.say("c STORE 2,4 +FLAGS.SILENT \\Deleted", "d EXPUNGE")
    await home.deliver(mail.PLAIN)
    answer = await other.say("e FETCH 1,3,5 UID")
    assert answer[:3] == ["* 1 FETCH (UID 1)", "* 3 FETCH (UID 4)", "* 5 FETCH (UID 6)"]
    answer = await other.say("f NOOP")
    assert answer == ["* 4 EXPUNGE", "* 2 EXPUNGE", "f OK NOOP completed"]


async def test_idle_is_told_at_once(home: Home) -> None:
    one, other = await two(home)
    assert await other.say("a IDLE") == ["+ idling"]
    await one.say("b STORE 1 +FLAGS.SILENT (\\Seen)")
    await home.deliver(mail.PLAIN)
    for _ in range(5):
        await asyncio.sleep(0)
    said = other.taken().decode()
    assert "* 1 FETCH (UID 1 FLAGS (\\Seen))" in said
    assert "* 4 EXISTS" in said
    assert await other.say("DONE", "c NOOP") == ["a OK IDLE completed", "c OK NOOP completed"]
    assert home.bell.heard["a1"] == []


async def test_done_in_the_packet_of_idle(home: Home, alice: SessionPlayer) -> None:
    await alice.say("s SELECT INBOX")
    assert await alice.say("a IDLE", "DONE", "b NOOP") == [
        "+ idling",
        "a OK IDLE completed",
        "b OK NOOP completed",
    ]


async def test_a_deleted_mailbox_ends_the_sessions_in_it(home: Home) -> None:
    one, other = await log_in(home), await log_in(home)
    await one.say("a CREATE Work", "b SELECT Work")
    await other.say("a SELECT Work")
    answer = await one.say("c DELETE Work")
    assert answer[-1] == "c OK DELETE completed"
    assert (await one.say("d CHECK"))[0].startswith("d BAD")
    assert (await other.say("d NOOP"))[0].startswith("* BYE")
    assert other.is_over


async def test_recent_is_shown_once(home: Home) -> None:
    await home.deliver(mail.PLAIN)
    one = await log_in(home)
    assert "* 1 RECENT" in await one.say("a SELECT INBOX")
    await asyncio.gather(*recent.claims)
    other = await log_in(home)
    assert "* 0 RECENT" in await other.say("a SELECT INBOX")
    assert "* 1 FETCH (FLAGS (\\Recent))" in await one.say("b FETCH 1 FLAGS")


class Mirror:
    """What a client believes, from nothing but what the server says."""

    def __init__(self, player: SessionPlayer) -> None:
        self.player = player
        self.messages: list[dict[str, str]] = []

    async def say(self, *lines: str) -> list[str]:
        answer = await self.player.say(*lines)
        for line in answer:
            self._hear(line)
        return answer

    def _hear(self, line: str) -> None:
        if found := re.fullmatch(r"\* (\d+) EXISTS", line):
            count = int(found[1])
            assert count >= len(self.messages), "EXISTS must not shrink a mailbox"
            self.messages += [{} for _ in range(count - len(self.messages))]
        elif found := re.fullmatch(r"\* (\d+) EXPUNGE", line):
            del self.messages[int(found[1]) - 1]
        elif found := re.fullmatch(r"\* (\d+) FETCH \((.*)\)", line):
            known = self.messages[int(found[1]) - 1]
            for name, value in re.findall(r"(UID|FLAGS|MODSEQ) (\d+|\([^)]*\))", found[2]):
                if name == "UID":
                    assert known.setdefault("UID", value) == value, "a number changed its message"
                known[name] = value


COMMANDS = (
    "{tag} STORE {n} +FLAGS (\\Deleted)",
    "{tag} STORE {n} +FLAGS.SILENT (\\Deleted work)",
    "{tag} STORE {n} -FLAGS (\\Deleted work)",
    "{tag} UID STORE {n}:* +FLAGS (\\Flagged)",
    "{tag} EXPUNGE",
    "{tag} UID EXPUNGE 1:{n}",
    "{tag} FETCH {n}:* (UID FLAGS)",
    "{tag} NOOP",
    "{tag} COPY {n} INBOX",
    "{tag} MOVE {n} INBOX",
    "{tag} SEARCH UNDELETED",
    "{tag} UID SEARCH DELETED",
)


async def test_every_client_believes_what_is_true(home: Home) -> None:
    """Three sessions at random; in the end each one's picture is the store's."""
    chance = random.Random(7)
    await home.deliver(*[mail.PLAIN] * 8)
    mirrors = [Mirror(await log_in(home)) for _ in range(3)]
    for mirror in mirrors:
        await mirror.say("s ENABLE CONDSTORE", "s SELECT INBOX", "s FETCH 1:* (UID FLAGS MODSEQ)")
    for step in range(250):
        mirror = chance.choice(mirrors)
        if chance.random() < 0.15:
            await home.deliver(mail.PLAIN, flags=chance.choice((Flags(0), Flags.SEEN)))
            continue
        number = chance.randint(1, max(1, len(mirror.messages)))
        await mirror.say(chance.choice(COMMANDS).format(tag=f"t{step}", n=number))
    for mirror in mirrors:
        await mirror.say("x NOOP")
        if mirror.messages:
            await mirror.say("y FETCH 1:* UID")
        believed = [(int(m["UID"]), m.get("MODSEQ")) for m in mirror.messages]
        rows = home.store.glance(
            ALICE, lambda tx: tx.flags(tx.mailbox_named("INBOX").mailbox_id, [(1, 2**32 - 1)])
        )
        assert [uid for uid, _ in believed] == [row[0] for row in rows]
        told = {uid: modseq for uid, modseq in believed if modseq is not None}
        assert told == {row[0]: f"({row[1]})" for row in rows if row[0] in told}


async def test_arrivals_need_no_uids(home: Home) -> None:
    """A large mailbox with gaps is not read only because mail arrives."""
    await home.deliver(*[mail.PLAIN] * 3)
    await home.store.write(ALICE, lambda tx: tx.claim_recent(tx.mailbox_named("INBOX").mailbox_id))
    one = await log_in(home)
    await one.say("a SELECT INBOX", "b STORE 2 +FLAGS.SILENT \\Deleted", "c EXPUNGE")
    other = await log_in(home)
    await other.say("a SELECT INBOX")
    await home.deliver(mail.PLAIN)
    assert await other.say("b NOOP") == ["* 3 EXISTS", "* 1 RECENT", "b OK NOOP completed"]
    assert other.session.view is not None and not other.session.view.is_loaded
    await one.say("d NOOP", "e STORE 1 +FLAGS.SILENT \\Seen")
    await home.deliver(mail.PLAIN)
    assert await other.say("c NOOP") == [
        "* 4 EXISTS",
        "* 2 RECENT",
        "* 1 FETCH (UID 1 FLAGS (\\Seen))",
        "c OK NOOP completed",
    ]
    assert (await other.say("d FETCH 2:* UID"))[:3] == [f"* {n} FETCH (UID {n + 1})" for n in (2, 3, 4)]


async def test_many_idlers_read_the_log_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    idlers = [await log_in(home) for _ in range(20)]
    for idler in idlers:
        await idler.say("a SELECT INBOX", "b IDLE")
    readings = []
    glance = home.store.glance

    def counted(*given: Any, **named: Any) -> Any:
        readings.append(given)
        return glance(*given, **named)

    monkeypatch.setattr(home.store, "glance", counted)
    await home.deliver(mail.PLAIN)
    for _ in range(5):
        await asyncio.sleep(0)
    assert all(b"* 1 EXISTS" in idler.taken() for idler in idlers)
    assert len(readings) == 1
    for idler in idlers:
        assert (await idler.say("DONE"))[-1] == "b OK IDLE completed"


async def test_who_was_asleep_for_long_is_told_all(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of the log than a glance may read is read in the reader thread."""
    one, other = await two(home)
    heavy, read = [], home.store.read

    async def counted(*given: Any, **named: Any) -> Any:
        heavy.append(given)
        return await read(*given, **named)

    await home.deliver(mail.PLAIN)
    await one.say("a NOOP", r"b STORE 2,4 +FLAGS.SILENT \Deleted", "c EXPUNGE", r"d STORE 1 +FLAGS \Seen")
    monkeypatch.setattr(updates.read_news, "__kwdefaults__", {"rows_max": 2})
    monkeypatch.setattr(home.store, "read", counted)
    assert await other.say("j NOOP") == [
        "* 2 EXPUNGE",
        "* 1 FETCH (UID 1 FLAGS (\\Seen))",
        "j OK NOOP completed",
    ]
    assert len(heavy) == 1


async def test_a_mailbox_that_someone_deleted_can_be_closed(home: Home, alice: SessionPlayer) -> None:
    """RFC 9051 §6.4.1: there is nothing to remove, and the client is in the authenticated state."""
    await alice.say("a CREATE Gone", "b SELECT Gone")
    await home.store.write(ALICE, lambda tx: tx.delete_mailbox(tx.mailbox_named("Gone").mailbox_id))
    assert await alice.say("c CLOSE", "d CHECK") == ["c OK CLOSE completed", "d BAD not while authenticated"]


async def test_status_counts_only_recent_messages_that_are_there(home: Home, alice: SessionPlayer) -> None:
    """RFC 3501 §6.3.10: as many as a SELECT would say."""
    await home.deliver(mail.PLAIN)
    await home.store.write(ALICE, lambda tx: tx.claim_recent(tx.mailbox_named("INBOX").mailbox_id))
    await home.deliver(mail.PLAIN, mail.PLAIN)
    inbox = home.store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
    await home.store.write(ALICE, lambda tx: tx.expunge(inbox, [(3, 3)], only_deleted=False))
    assert (await alice.say("a STATUS INBOX (MESSAGES RECENT)"))[0] == "* STATUS INBOX (MESSAGES 2 RECENT 1)"


async def test_a_name_that_cannot_be_leaves_no_mailbox_selected(alice: SessionPlayer) -> None:
    """RFC 9051 §6.3.2: whatever the reason for which a SELECT fails."""
    await alice.say("a SELECT INBOX")
    answer = await alice.say('b SELECT "&bad"', "c CHECK")
    assert answer[0].startswith("* OK [CLOSED] ") and answer[1].startswith("b NO [NONEXISTENT] ")
    assert answer[2] == "c BAD not while authenticated"
