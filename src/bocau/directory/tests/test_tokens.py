"""Tokens: shown once, kept as a digest, ended by time, removal and disabling; guesses counted (RFC 6750)."""

import asyncio

import pytest

from bocau.base.errors import AccountDisabled, AlreadyExists, BadCredentials, BadName, NotPermitted, Throttled
from bocau.directory import Scope
from bocau.directory.tests.conftest import CHEAP
from bocau.directory.tokens import looks_like_token

DAY = 86_400
ALL = frozenset({Scope.IMAP, Scope.SMTP})


async def ann(directory, a, **terms):
    account = await directory.create_account(a("ann"), "correct horse")
    credential, token = await directory.create_token(account.account_id, "script", ALL, **terms)
    return account.account_id, credential, token


async def test_a_token_opens_its_scopes_and_is_not_kept(house, directory, a, attempt):
    _, credential, token = await ann(directory, a)
    assert looks_like_token(token) and len(token) > 40
    for name in ("", "ann@demo.test", "ANN@demo.test"):
        login = await directory.login_by_token(token, name, attempt())
        assert login.credential_id == credential.credential_id and login.scopes == ALL
    with pytest.raises(NotPermitted):
        await directory.login_by_token(token, "", attempt(scope=Scope.POP))
    await directory.close()
    database, _ = house.opened[0]
    rows = database.read(lambda sql: sql.rows("SELECT secret FROM credentials WHERE is_token = 1"))
    assert len(rows) == 1 and token not in rows[0][0] and token.removeprefix("bocau_") not in rows[0][0]


async def test_its_use_is_noted(directory, a, attempt):
    account_id, credential, token = await ann(directory, a)
    await directory.login_by_token(token, "", attempt())
    await directory.close()
    (found,) = [one for one in directory.credentials(account_id) if one.is_token]
    assert found.last_used_at == 1_000_000 and found.label == credential.label == "script"


async def test_a_token_of_another_account_is_wrong(directory, a, attempt):
    _, _, token = await ann(directory, a)
    await directory.create_account(a("bob"), "correct horse")
    for name in ("bob@demo.test", "nobody@demo.test", "ann"):
        with pytest.raises(BadCredentials):
            await directory.login_by_token(token, name, attempt())


async def test_time_ends_a_token_everywhere(house, directory, a, attempt):
    """Also where it is warm as a password, and for a session that runs."""
    _, credential, token = await ann(directory, a, lifetime_days=90)
    assert credential.expires_at == 1_000_000 + 90 * DAY
    login = await directory.login("ann@demo.test", token, attempt())
    assert directory.is_still_valid(login)
    house.clock.time += 90 * DAY - 1
    await directory.login("ann@demo.test", token, attempt())
    house.clock.time += 1
    assert not directory.is_still_valid(login)
    with pytest.raises(BadCredentials):
        await directory.login("ann@demo.test", token, attempt())
    with pytest.raises(BadCredentials):
        await directory.login_by_token(token, "", attempt())


async def test_removing_and_disabling_end_it(directory, a, attempt):
    account_id, credential, token = await ann(directory, a)
    login = await directory.login_by_token(token, "", attempt())
    await directory.set_account(a("ann"), is_disabled=True)
    assert not directory.is_still_valid(login)
    with pytest.raises(AccountDisabled):
        await directory.login_by_token(token, "", attempt())
    await directory.set_account(a("ann"), is_disabled=False)
    await directory.remove_credential(account_id, credential.credential_id)
    assert not directory.is_still_valid(login)
    with pytest.raises(BadCredentials):
        await directory.login_by_token(token, "", attempt())


async def test_a_password_is_no_token(directory, a, attempt):
    account_id, _, _ = await ann(directory, a)
    _, app_password = await directory.create_app_password(account_id, "phone", ALL)
    for secret in ("correct horse", app_password, ""):
        with pytest.raises(BadCredentials):
            await directory.login_by_token(secret, "ann@demo.test", attempt())


async def test_wrong_tokens_are_slowed_and_refused_with_wrong_passwords(house, directory, a, attempt):
    _, _, token = await ann(directory, a)
    for _ in range(5):
        with pytest.raises(BadCredentials):
            await directory.login_by_token("x", "ann@demo.test", attempt())
        with pytest.raises(BadCredentials):
            await directory.login("ann@demo.test", "wrong", attempt(scope=Scope.POP))
    assert house.waits[:4] == [2.0, 4.0, 8.0, 15.0] and len(house.waits) == 10
    with pytest.raises(Throttled):
        await directory.login_by_token(token, "ann@demo.test", attempt(scope=Scope.SMTP))
    # Another house's guesses are not this one's.
    assert await directory.login_by_token(token, "", attempt("198.51.100.1"))


async def test_many_guesses_at_once_are_as_many_guesses(directory, a, attempt):
    await ann(directory, a)
    maximum = CHEAP.throttle.account_failures_max
    for guess in (
        lambda n: directory.login_by_token(f"x{n}", "ann@demo.test", attempt("192.0.2.7")),
        lambda n: directory.scram_settled("ann@demo.test", None, attempt("198.51.100.7")),
    ):
        ends = await asyncio.gather(*(guess(n) for n in range(50)), return_exceptions=True)
        assert [type(end) for end in ends].count(BadCredentials) == maximum
        assert [type(end) for end in ends].count(Throttled) == 50 - maximum


@pytest.mark.parametrize("days", [0, -1, 3651])
async def test_unusable_terms(directory, a, days):
    account_id, _, _ = await ann(directory, a)
    with pytest.raises(BadName):
        await directory.create_token(account_id, "other", ALL, lifetime_days=days)
    with pytest.raises(BadName):
        await directory.create_token(account_id, "other", frozenset())
    with pytest.raises(AlreadyExists):
        await directory.create_token(account_id, "script", ALL)
