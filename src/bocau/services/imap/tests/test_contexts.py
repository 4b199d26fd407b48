"""A client that follows ADDTO and REMOVEFROM has what a new search would give it (RFC 5267 §4.3)."""

import random
import re

import pytest

from bocau.services.imap import contexts
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import Home, SessionPlayer, log_in

SEARCHES = {
    "n": "SEARCH RETURN (UPDATE ALL) UNFLAGGED",
    "u": "UID SEARCH RETURN (UPDATE ALL) OR FLAGGED SUBJECT nested",
    "s": "SORT RETURN (UPDATE ALL) (REVERSE SUBJECT SIZE) UTF-8 UNFLAGGED",
    "w": "UID SORT RETURN (UPDATE ALL) (SIZE REVERSE ARRIVAL) UTF-8 NOT DRAFT",
}
NEWS = re.compile(r'\* ESEARCH \(TAG "(\w)"\)(?: UID)? (ADDTO|REMOVEFROM) \((.*)\)')


def numbers(text: str) -> list[int]:
    found = []
    for part in text.split(","):
        low, _, high = part.partition(":")
        found += range(int(low), int(high or low) + 1)
    return found


class Client:
    """What a client makes of the responses."""

    def __init__(self) -> None:
        self.lists: dict[str, list[int]] = {}

    def hear(self, line: str) -> None:
        if (found := NEWS.fullmatch(line)) is not None:
            self._news(found[1], found[2], found[3].split(" "))
        elif (found := re.fullmatch(r"\* (\d+) EXPUNGE", line)) is not None:
            gone = int(found[1])
            for tag in "ns":
                # REMOVEFROM has come before, so nobody holds the number that goes.
                assert gone not in self.lists[tag]
                self.lists[tag] = [n - (n > gone) for n in self.lists[tag]]

    def _news(self, tag: str, word: str, pairs: list[str]) -> None:
        known = self.lists[tag]
        for place, text in zip(map(int, pairs[::2]), pairs[1::2], strict=True):
            given = numbers(text)
            if word == "REMOVEFROM":
                for number in given:
                    if place:
                        assert known[place - 1] == number
                    known.remove(number)
            else:
                assert not set(given) & set(known)
                start = place - 1 if place else len(known)
                known[start:start] = given


async def all_of(player: SessionPlayer, command: str) -> list[int]:
    answer = await player.say("x " + command.replace("UPDATE ", ""))
    found = re.search(r" ALL (\S+)", answer[0])
    return numbers(found[1]) if found else []


async def deed(rnd: random.Random, home: Home, other: SessionPlayer, client: SessionPlayer) -> list[str]:
    """One change by another session, by the client itself, or a delivery; returns what the client heard."""
    first = rnd.randint(1, 12)
    chosen = f"{first}:{first + rnd.choice((0, 0, 2))}"
    flags = rnd.choice(("+FLAGS.SILENT (\\Flagged)", "-FLAGS.SILENT (\\Flagged)", "FLAGS.SILENT (\\Draft)"))
    match rnd.randint(0, 5):
        case 0 | 1:
            await other.say(f"o UID STORE {chosen} {flags}")
        case 2:
            return await client.say(f"c UID STORE {chosen} {flags}")
        case 3:
            await home.deliver(*rnd.choices((mail.PLAIN, mail.MIXED, mail.NESTED), k=rnd.randint(1, 3)))
        case 4:
            await other.say(f"o UID STORE {chosen} +FLAGS.SILENT \\Deleted", f"p UID EXPUNGE {chosen}")
        case 5:
            return await client.say("c FETCH 1:* UID")
    return []


@pytest.mark.parametrize("seed", range(8))
async def test_who_follows_the_news_has_what_a_new_search_finds(home: Home, seed: int) -> None:
    rnd = random.Random(seed)
    await home.deliver(mail.PLAIN, mail.MIXED, mail.NESTED, mail.PLAIN)
    player, other = await log_in(home), await log_in(home)
    await player.say("s SELECT INBOX")
    await other.say("s SELECT INBOX")
    client = Client()
    for tag, command in SEARCHES.items():
        client.lists[tag] = await all_of(player, command)
        assert (await player.say(f"{tag} {command}"))[-1].startswith(f"{tag} OK")
    for _ in range(40):
        for line in await deed(rnd, home, other, player):
            client.hear(line)
        if rnd.random() < 0.5:
            continue
        for line in await player.say("c NOOP"):
            client.hear(line)
        for tag, command in SEARCHES.items():
            expected = await all_of(player, command)
            ordered = client.lists[tag] if "SORT" in command else sorted(client.lists[tag])
            assert ordered == expected, command


async def test_news_come_in_idle_too(home: Home, alice: SessionPlayer) -> None:
    await home.deliver(mail.PLAIN)
    await alice.say("s SELECT INBOX", "a UID SEARCH RETURN (UPDATE COUNT) ALL", "b IDLE")
    await home.deliver(mail.NESTED)
    alice.wire.wake()
    await alice.settled()
    assert '* ESEARCH (TAG "a") UID ADDTO (0 2)' in await alice.say("DONE")


async def test_no_more_than_so_many(
    home: Home, alice: SessionPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 5267 §4.3.1: NOUPDATE, and the search itself succeeds."""
    await home.deliver(mail.PLAIN, mail.PLAIN)
    await alice.say("s SELECT INBOX")
    for number in range(contexts.CONTEXTS_MAX):
        answer = await alice.say(f"a{number} SEARCH RETURN (UPDATE COUNT) ALL")
        assert "NOUPDATE" not in str(answer)
    answer = await alice.say("b SEARCH RETURN (UPDATE COUNT) ALL")
    assert answer[1].startswith('* NO [NOUPDATE "b"]') and answer[2] == "b OK SEARCH completed"
    assert (await alice.say("c CANCELUPDATE " + " ".join(f'"a{n}"' for n in range(10))))[0].startswith("c OK")
    monkeypatch.setattr(contexts, "MESSAGES_MAX", 3)
    assert "NOUPDATE" not in str(await alice.say("d SEARCH RETURN (UPDATE COUNT) ALL"))
    assert "NOUPDATE" in str(await alice.say("e SEARCH RETURN (UPDATE COUNT) ALL"))
    await alice.say("s SELECT INBOX")
    assert (await alice.say('f CANCELUPDATE "d"'))[0].startswith("f BAD"), "another SELECT ends all of them"
