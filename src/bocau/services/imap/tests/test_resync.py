"""A client with a copy comes back after any number of changes (RFC 7162 §3.2.5, §3.2.6)."""

import random
import re

import pytest

from bocau.services.imap import vanished
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer, log_in
from bocau.store import Flags, Writing

COUNT = 40


async def returning(home: Home) -> SessionPlayer:
    player = await log_in(home)
    await player.say("q ENABLE QRESYNC")
    return player


def stood(home: Home) -> tuple[int, int, list[tuple[int, int, int, str]]]:
    """UIDVALIDITY, HIGHESTMODSEQ and rows of INBOX."""

    def read(tx):  # type: ignore[no-untyped-def]
        mailbox = tx.mailbox_named("INBOX")
        return mailbox.uid_validity, mailbox.highest_modseq, tx.flags(mailbox.mailbox_id, [(1, 2**32 - 1)])

    return home.store.glance(ALICE, read)


def vanished_uids(lines: list[str]) -> set[int]:
    found: set[int] = set()
    for line in lines:
        if line.startswith("* VANISHED (EARLIER) "):
            for part in line.split(" ")[3].split(","):
                first, _, last = part.partition(":")
                found.update(range(int(first), int(last or first) + 1))
    return found


async def churn(home: Home, dice: random.Random) -> None:
    """A change by another client, or several."""

    def job(tx: Writing) -> None:
        mailbox_id = tx.mailbox_named("INBOX").mailbox_id
        uid = dice.choice(tx.uids(mailbox_id))
        if dice.random() < 0.5:
            tx.expunge(mailbox_id, [(uid, uid + dice.randint(0, 2))], only_deleted=False)
        else:
            tx.change_keywords(mailbox_id, [(uid, uid)], add=Flags.FLAGGED)

    await home.store.write(ALICE, job)
    if dice.random() < 0.5:
        await home.deliver(mail.PLAIN)


@pytest.mark.parametrize(("log_rows", "ranges_max"), [(4000, 10_000), (1, 10_000), (3, 2)])
async def test_from_every_point_of_the_log(
    home: Home, monkeypatch: pytest.MonkeyPatch, log_rows: int, ranges_max: int
) -> None:
    """Whichever way the answer is found: the copy and the answer make up what is there."""
    monkeypatch.setattr(vanished, "LOG_ROWS", log_rows)
    monkeypatch.setattr(vanished, "RANGES_MAX", ranges_max)
    await home.deliver(*[mail.PLAIN] * COUNT)
    dice, points = random.Random(4), []
    for _ in range(25):
        points.append(stood(home))
        await churn(home, dice)
    _, _, now = stood(home)
    player = await returning(home)
    for validity, modseq, rows in points:
        lines = await player.say(f"s SELECT INBOX (QRESYNC ({validity} {modseq}))")
        copy = {row[0]: row[2] for row in rows if row[0] not in vanished_uids(lines)}
        for uid, flags in re.findall(r"FETCH \(UID (\d+) FLAGS \(([^)]*)\)", "\n".join(lines)):
            copy[int(uid)] = 4 if "\\Flagged" in flags else 0
        assert copy == {row[0]: row[2] for row in now}
        if ranges_max > COUNT:
            assert not vanished_uids(lines) & {row[0] for row in now}


async def test_known_uids_narrow_the_answer(home: Home) -> None:
    await home.deliver(*[mail.PLAIN] * 10)
    validity, modseq, _ = stood(home)
    mailbox_id = home.store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX").mailbox_id)
    for uid in (2, 5, 9):
        await home.store.write(
            ALICE, lambda tx, uid=uid: tx.expunge(mailbox_id, [(uid, uid)], only_deleted=False)
        )
    player = await returning(home)
    lines = await player.say(f"a SELECT INBOX (QRESYNC ({validity} {modseq} 4:8,11))")
    assert vanished_uids(lines) == {5}
    # The third message is uid 4 here, as the client says: nothing below it is told again (§3.2.5.2).
    lines = await player.say(f"b SELECT INBOX (QRESYNC ({validity} {modseq} 1:10 (1,3,9 1,4,9)))")
    assert vanished_uids(lines) == {5, 9}


async def test_a_long_answer_comes_in_lines(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vanished, "LINE_RANGES", 3)
    await home.deliver(*[mail.PLAIN] * 20)
    validity, modseq, _ = stood(home)
    player = await returning(home)
    await player.say("a SELECT INBOX", r"b STORE 1,3,5,7,9,11,13 +FLAGS.SILENT (\Deleted)")
    assert (await player.say("c EXPUNGE"))[:-1] == ["* VANISHED 1,3,5", "* VANISHED 7,9,11", "* VANISHED 13"]
    lines = await player.say(f"d SELECT INBOX (QRESYNC ({validity} {modseq}))")
    assert sum(line.startswith("* VANISHED (EARLIER)") for line in lines) == 3


async def test_what_is_not_said_yet_has_not_vanished_earlier(home: Home) -> None:
    """It still has a message number, so it is told without EARLIER, when that is allowed."""
    await home.deliver(*[mail.PLAIN] * 3)
    player, other = await returning(home), await log_in(home)
    await player.say("a SELECT INBOX")
    await other.say("a SELECT INBOX", r"b STORE 2 +FLAGS.SILENT (\Deleted)", "c EXPUNGE")
    assert not [line for line in await player.say("b FETCH 1 FLAGS") if line.startswith("* VANISHED")]
    answer = await player.say("c UID FETCH 1:3 UID (CHANGEDSINCE 1 VANISHED)")
    assert "* VANISHED 2" in answer and not vanished_uids(answer)
