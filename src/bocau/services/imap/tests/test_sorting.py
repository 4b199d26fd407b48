"""SORT and THREAD while the mailbox changes: orders that are kept must not outlive what they were made of."""

import asyncio
import random

import pytest

from bocau.services.imap import results, sorting
from bocau.services.imap.tests.home import Home, SessionPlayer, log_in

WORDS = ("apple", "Banana", "cherry", "Re: apple", "[list] banana", "Fwd: Cherry", "")
KEYS = ("SUBJECT", "FROM", "SIZE", "DATE", "ARRIVAL", "TO")


class Mail:
    """A message and what it must be sorted by."""

    def __init__(self, rnd: random.Random, number: int) -> None:
        subject, sender = rnd.choice(WORDS), rnd.choice("abc")
        day, size = rnd.randint(1, 9), rnd.randint(1, 5)
        head = f"From: {sender}@x.test\r\nTo: {rnd.choice('xy')}@y.test\r\nSubject: {subject}\r\n"
        head += f"Date: {day} Jan 2020 00:00:00 +0000\r\nMessage-ID: <{number}@x>\r\n\r\n"
        self.data = (head + "z" * size + "\r\n").encode()
        base = subject.lower().removeprefix("re: ").removeprefix("fwd: ").removeprefix("[list] ")
        recipient = head.partition("To: ")[2][0]
        self.keys = {
            "SUBJECT": base,
            "FROM": sender,
            "SIZE": len(self.data),
            "DATE": day,
            "ARRIVAL": 0,
            "TO": recipient,
        }


def expected(mails: list[tuple[int, Mail]], criteria: list[str]) -> list[int]:
    order = list(mails)
    for criterion in reversed(criteria):
        key = criterion.removeprefix("REVERSE ")
        order.sort(key=lambda one: one[1].keys[key], reverse=criterion != key)  # type: ignore[arg-type,return-value]
    return [uid for uid, _ in order]


@pytest.mark.parametrize("seed", range(5))
async def test_orders_follow_the_mailbox(home: Home, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5256 §3: stable, and each key as it says."""
    monkeypatch.setattr(sorting, "FEW", 3)
    monkeypatch.setattr(results, "AT_ONCE", 5)
    rnd = random.Random(seed)
    one, other = await log_in(home), await log_in(home)
    await one.say("s SELECT INBOX")
    await other.say("s SELECT INBOX")
    mails: dict[int, Mail] = {}
    next_uid = 1
    for _ in range(30):
        for _ in range(rnd.choice((0, 1, 3))):
            mails[next_uid] = Mail(rnd, next_uid)
            await home.deliver(mails[next_uid].data)
            next_uid += 1
        if mails and rnd.random() < 0.4:
            gone = rnd.choice(list(mails))
            del mails[gone]
            await other.say("n NOOP", f"o UID STORE {gone} +FLAGS.SILENT \\Deleted", f"p UID EXPUNGE {gone}")
        await one.say("n NOOP")
        chosen = rnd.sample(KEYS, rnd.randint(1, 2))
        criteria = [key if rnd.random() < 0.5 else f"REVERSE {key}" for key in chosen]
        some = rnd.choice(("ALL", "FROM a", "NOT FROM b"))
        found = [
            (uid, mail)
            for uid, mail in sorted(mails.items())
            if some == "ALL" or (mail.keys["FROM"] == "a" if some == "FROM a" else mail.keys["FROM"] != "b")
        ]
        want = expected(found, criteria)
        answer = await one.say(f"a UID SORT ({' '.join(criteria)}) UTF-8 {some}")
        assert answer[0].split(" ")[2:] == [str(uid) for uid in want], (criteria, some)
        number_of = {uid: str(number) for number, uid in enumerate(sorted(mails), 1)}
        answer = await one.say(f"b SORT ({' '.join(criteria)}) UTF-8 {some}")
        assert answer[0].split(" ")[2:] == [number_of[uid] for uid in want]
        answer = await one.say(
            f"c UID THREAD ORDEREDSUBJECT UTF-8 {some}", f"d UID THREAD REFERENCES UTF-8 {some}"
        )
        for line in (answer[0], answer[2]):
            numbers = line.partition("THREAD")[2].replace("(", " ").replace(")", " ").split()
            assert sorted(map(int, numbers)) == sorted(want)


async def test_what_is_expunged_meanwhile_is_left_out(home: Home, alice: SessionPlayer) -> None:
    rnd = random.Random(1)
    await home.deliver(*[Mail(rnd, number).data for number in range(4)])
    other = await log_in(home)
    await alice.say("s SELECT INBOX")
    await other.say("s SELECT INBOX", "o STORE 2 +FLAGS.SILENT \\Deleted", "p EXPUNGE")
    answer = await alice.say("a SORT (ARRIVAL) UTF-8 1:4", "b THREAD REFERENCES UTF-8 1:4")
    assert answer[0] == "* SORT 1 3 4"
    assert "2" not in answer[2]


async def test_others_get_their_turn(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first SORT of a large mailbox is read in the reader thread, its answer written in another."""
    from bocau.store import columncache

    monkeypatch.setattr(columncache, "GLANCE_ROWS_MAX", 10)
    monkeypatch.setattr(results, "AT_ONCE", 10)
    rnd = random.Random(1)
    await home.deliver(*[Mail(rnd, number).data for number in range(50)])
    one, other = await log_in(home), await log_in(home)
    await one.say("s SELECT INBOX")
    sort = asyncio.create_task(one.say("a SORT (SUBJECT DATE) UTF-8 ALL"))
    await asyncio.sleep(0)
    assert await other.say("n NOOP") == ["n OK NOOP completed"]
    assert len((await sort)[0].split(" ")) == 52
