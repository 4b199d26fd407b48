"""LIST where names have levels without a mailbox, and where there are many."""

import asyncio
from itertools import pairwise

from bocau.services.imap import places, turns
from bocau.services.imap.listing import above
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer, log_in
from bocau.store import Writing

BOB_SEES = "Other Users/alice@example.org"


async def test_levels_above_shared_mailboxes(home: Home, alice: SessionPlayer) -> None:
    """RFC 5258 §3.5, RFC 3501 §6.3.8: a level is shown where what is below it is not."""
    await alice.say("a CREATE Work/2027", "b SETACL Work/2027 bob@example.org lr")
    bob = await log_in(home, "bob")
    assert '* LIST (\\Noselect \\HasChildren) "/" "Other Users"' in await bob.say('c LIST "" %')
    answer = await bob.say('d LIST "" "Other Users/%" RETURN (SUBSCRIBED)')
    assert answer[0] == f'* LIST (\\NonExistent \\HasChildren) "/" {BOB_SEES.join(chr(34) * 2)}'
    answer = await bob.say('e LIST "" "Other*"')
    assert answer[:-1] == [f'* LIST (\\HasNoChildren) "/" "{BOB_SEES}/Work/2027"']
    answer = await bob.say('f LIST (SPECIAL-USE) "" "Other*"')
    assert answer == ["f OK LIST completed"], "alice's uses are not bob's"
    await bob.say(f'g SUBSCRIBE "{BOB_SEES}/Work/2027"')
    answer = await bob.say(f'h LIST (SUBSCRIBED RECURSIVEMATCH) "{BOB_SEES}/" "%"')
    assert answer[0] == f'* LIST (\\NonExistent) "/" "{BOB_SEES}/Work" ("CHILDINFO" ("SUBSCRIBED"))'
    answer = await bob.say('i LSUB "" "Other%"')
    assert answer[0] == '* LSUB (\\Noselect) "/" "Other Users"'


async def test_many_mailboxes_are_listed_in_turns(home: Home, alice: SessionPlayer) -> None:
    count = max(places.GLANCED_MAX, turns.AT_ONCE) * 3

    def job(writing: Writing) -> None:
        for number in range(count):
            writing.create_mailbox(f"many/{number:05}")

    await home.store.write(ALICE, job)
    lines_by_turn = [0]

    async def others() -> None:
        while True:
            lines_by_turn.append(alice.wire.said.count(b"* LIST"))
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    answer = await alice.say('a LIST "" "many/*"')
    task.cancel()
    assert answer[:-1] == [f'* LIST (\\HasNoChildren) "/" many/{number:05}' for number in range(count)]
    assert max(b - a for a, b in pairwise(lines_by_turn)) <= turns.AT_ONCE


def test_above() -> None:
    assert above(["a/b/c", "a/d", "e", "/f", "g/"]) == {"a", "a/b", "g"}
