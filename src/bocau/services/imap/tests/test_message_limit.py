"""One command works on so many messages, the newest first (RFC 9738)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import SETTINGS, Home, SessionPlayer, log_in, open_home

LIMITED = replace(SETTINGS, messages_per_command_max=2, messages_saved_max=3)


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[tuple[Home, SessionPlayer]]:
    """Five messages, two at a time."""
    async with open_home(tmp_path, LIMITED) as home:
        await home.deliver(*[mail.PLAIN] * 5)
        player = await log_in(home)
        await player.say("s SELECT INBOX")
        yield home, player


Limited = tuple[Home, SessionPlayer]


async def test_fetch_and_store_take_the_newest(limited: Limited) -> None:
    """RFC 9738 §3: the code names the lowest uid that was processed."""
    _, player = limited
    assert await player.say("a UID FETCH 1:* UID") == [
        "* 4 FETCH (UID 4)",
        "* 5 FETCH (UID 5)",
        "a OK [MESSAGELIMIT 2 4] FETCH completed",
    ]
    assert (await player.say("b FETCH 1,5 UID"))[-1] == "b OK FETCH completed"
    assert (await player.say("c STORE 1:* +FLAGS.SILENT (x)"))[
        -1
    ] == "c OK [MESSAGELIMIT 2 4] STORE completed"
    assert (await player.say("d FETCH 2:3 FLAGS"))[-2].endswith("FLAGS (\\Recent))")


async def test_search_goes_on_with_uidbefore(limited: Limited) -> None:
    """RFC 9738 §3: a set in the program narrows what is searched."""
    _, player = limited
    assert await player.say("a UID SEARCH ALL") == [
        "* SEARCH 4 5",
        "a OK [MESSAGELIMIT 2 4] SEARCH completed",
    ]
    assert (await player.say("b UID SEARCH UIDBEFORE 4 ALL"))[0] == "* SEARCH 2 3"
    assert await player.say("c UID SEARCH UIDBEFORE 2") == ["* SEARCH 1", "c OK SEARCH completed"]
    assert (await player.say("d SORT (DATE) UTF-8 ALL"))[-1].startswith("d NO [MESSAGELIMIT 2 ")


async def test_expunge_says_both_codes(limited: Limited) -> None:
    """RFC 9738 §3: where the OK has another code, the limit comes before it."""
    _, player = limited
    await player.say(
        "u UNSELECT", "q ENABLE QRESYNC", "s SELECT INBOX", r"t UID STORE 3:5 +FLAGS.SILENT \Deleted"
    )
    await player.say(r"t UID STORE 3 +FLAGS.SILENT \Deleted")
    answer = await player.say("a UID EXPUNGE 1:*")
    assert answer[0] == "* VANISHED 4:5"
    assert answer[1].startswith("* NO [MESSAGELIMIT 2 4]")
    assert answer[2].startswith("a OK [HIGHESTMODSEQ ")


async def test_copy_is_all_or_nothing(limited: Limited) -> None:
    """RFC 9738: SAVELIMIT."""
    _, player = limited
    assert (await player.say("a COPY 1:4 Sent"))[-1].startswith("a NO [MESSAGELIMIT 3")
    assert "MESSAGES 0" in (await player.say("b STATUS Sent (MESSAGES)"))[0]
    assert (await player.say("c COPY 1:3 Sent"))[-1].startswith("c OK [COPYUID ")
