"""A login that ends by itself ends its session, also while it sleeps (RFC 6750 §5.3: short-lived tokens)."""

import asyncio
from dataclasses import replace

from bocau.directory import Login
from bocau.services.imap import session as module
from bocau.services.imap.tests.home import PASSWORD, Home, SessionPlayer


async def log_in_until(
    home: Home, expires_at: float | None, monkeypatch
) -> tuple[SessionPlayer, asyncio.Event]:
    player, stopped = SessionPlayer(home), asyncio.Event()
    plain = home.directory.login

    async def login(*words) -> Login:
        return replace(await plain(*words), expires_at=expires_at)

    def is_still_valid(login: Login) -> bool:
        return not login.has_expired(home.service.now())

    monkeypatch.setattr(home.directory, "login", login)
    monkeypatch.setattr(home.directory, "is_still_valid", is_still_valid)
    monkeypatch.setattr(module, "LOOKS_SECONDS_MIN", 0.001)
    monkeypatch.setattr(player.wire, "stop", stopped.set)
    await player.begin()
    await player.say(f"a LOGIN alice@example.org {PASSWORD}")
    return player, stopped


async def test_a_session_ends_with_its_login(home: Home, monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(home.service, "now", lambda: now[0])
    player, stopped = await log_in_until(home, 1000.05, monkeypatch)
    # The clock stands a moment before the end: it is looked at again.
    await asyncio.sleep(0.06)
    assert not stopped.is_set()
    now[0] = 1000.05
    await asyncio.wait_for(stopped.wait(), 10)
    player.session.stopping()
    assert b"* BYE the account or its password has changed" in player.taken()
    player.session.close()


async def test_a_login_without_end_and_one_given_up_are_not_watched(home: Home, monkeypatch) -> None:
    player, stopped = await log_in_until(home, None, monkeypatch)
    assert player.session._login_ends is None
    player, stopped = await log_in_until(home, home.service.now() + 1000, monkeypatch)
    assert player.session._login_ends is not None
    await player.say("b UNAUTHENTICATE")
    assert player.session._login_ends is None and not stopped.is_set()
