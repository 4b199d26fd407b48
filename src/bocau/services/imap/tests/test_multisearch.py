"""ESEARCH over many mailboxes (RFC 7377): others get their turn, and nothing is said of where nothing is."""

import asyncio

import pytest

from bocau.services.imap.commands import multisearch
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import ALICE, Home, SessionPlayer
from bocau.services.imap.turns import AT_ONCE

PORTIONS = 5


async def test_others_get_their_turn_between_empty_mailboxes(
    home: Home, alice: SessionPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def job(tx) -> None:  # type: ignore[no-untyped-def]
        for number in range(AT_ONCE * PORTIONS):
            tx.create_mailbox(f"many{number}")

    await home.store.write(ALICE, job)
    await home.deliver(mail.PLAIN, mailbox="many7")
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def begun(*_: object) -> None:
        # All mailboxes have been read, which may have taken a thread.
        nonlocal turns
        turns = 0

    monkeypatch.setattr(multisearch, "check_charset", begun)
    task = asyncio.create_task(other())
    answer = await alice.say("a ESEARCH IN (personal) RETURN (COUNT) ALL")
    task.cancel()
    assert [line.split(" UIDVALIDITY")[0] for line in answer[:-1]] == ['* ESEARCH (TAG "a" MAILBOX many7']
    assert turns >= PORTIONS


async def test_a_charset_is_refused_where_all_is_empty(home: Home, alice: SessionPlayer) -> None:
    answer = await alice.say("a ESEARCH IN (personal) CHARSET x-none ALL")
    assert answer[-1].startswith("a NO [BADCHARSET ")
