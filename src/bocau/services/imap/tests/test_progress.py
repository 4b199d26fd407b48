"""INPROGRESS (RFC 9585 §4): said in the middle of a long command, and not after a short one."""

import asyncio

import pytest

from bocau.services.imap import progress, searching
from bocau.services.imap.progress import Progress, in_progress
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import Home, SessionPlayer


async def test_a_long_search_says_that_it_goes_on(
    home: Home, alice: SessionPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await home.deliver(*[mail.PLAIN] * 30)
    await alice.say("s SELECT INBOX")
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(progress, "NEXT_SECONDS", 0.0)
    monkeypatch.setattr(searching, "MESSAGES", 10)
    *said, found, tagged = await alice.say("a SEARCH RETURN (COUNT) BODY there BODY Hi")
    assert [found, tagged] == ['* ESEARCH (TAG "a") COUNT 30', "a OK SEARCH completed"]
    # Before the index has answered nobody knows how many messages are to be read.
    assert said[0] == '* OK [INPROGRESS ("a" NIL NIL)] at work'
    assert '* OK [INPROGRESS ("a" 10 30)] at work' in said


async def test_a_short_one_does_not(home: Home, alice: SessionPlayer) -> None:
    await home.deliver(mail.PLAIN)
    await alice.say("s SELECT INBOX")
    await alice.say(
        "a SEARCH ALL", "b SORT (DATE) UTF-8 ALL", "c THREAD REFERENCES UTF-8 ALL", "d COPY 1 INBOX"
    )
    loop = asyncio.get_running_loop()
    timers = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    assert not any("in_progress" in repr(timer) for timer in timers)


async def test_nothing_is_said_behind_the_end(
    home: Home, alice: SessionPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.0)
    with pytest.raises(ZeroDivisionError), in_progress(alice.session, _Named(b"x")):  # type: ignore[arg-type]
        raise ZeroDivisionError
    for _ in range(3):
        await asyncio.sleep(0)
    assert alice.taken() == b""


class _Named:
    def __init__(self, tag: bytes) -> None:
        self.tag = tag


def test_what_is_done_stays_below_the_goal() -> None:
    told = Progress()
    told.goal, told.done = 10, 3
    assert told.line(b"A1") == b'* OK [INPROGRESS ("A1" 3 10)] at work\r\n'
    told.done = 10
    assert told.line(b"A1") == b'* OK [INPROGRESS ("A1" 9 10)] at work\r\n'
