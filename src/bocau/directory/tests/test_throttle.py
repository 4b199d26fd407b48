"""Wrong passwords are counted, slowed, refused for a while, and forgotten (reliability D-1)."""

import asyncio
from collections.abc import Callable

import pytest

from bocau.base.errors import BadCredentials, Throttled
from bocau.directory import (
    Directory,
    DirectorySettings,
    LoginAttempt,
    PasswordSettings,
    Scope,
    ThrottleSettings,
)
from bocau.directory.throttle import network_of
from bocau.formats.address import Address

A = Callable[[str], Address]
Attempt = Callable[..., LoginAttempt]
NAME = "alice@demo.test"
TIGHT = DirectorySettings(
    ThrottleSettings(
        account_failures_max=6, network_failures_max=9, refuse_seconds=300, forget_seconds=3_600
    ),
    PasswordSettings(argon2_memory_kib=64, argon2_passes=1, scram_iterations=4_096),
)


@pytest.fixture
async def strict(house: "object", a: A) -> Directory:
    directory: Directory = await house.open(TIGHT)  # type: ignore[attr-defined]
    await directory.create_domain("demo.test")
    await directory.create_account(a("alice"), "right")
    await directory.create_account(a("bob"), "right")
    return directory


async def fail(directory: Directory, attempt: LoginAttempt, times: int = 1, name: str = NAME) -> None:
    for guess in range(times):
        with pytest.raises(BadCredentials):
            await directory.login(name, f"wrong {guess}", attempt)


def test_networks() -> None:
    assert network_of("192.0.2.77") == network_of("192.0.2.1") == "192.0.2.0/24"
    assert network_of("2001:db8:1:2:ffff::1") == network_of("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert network_of("::ffff:192.0.2.5") == "192.0.2.0/24"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("/run/lmtp") == "/run/lmtp"


async def test_each_failure_waits_longer(strict: Directory, attempt: Attempt, house: object) -> None:
    await fail(strict, attempt(), 5)
    assert house.waits == [2.0, 4.0, 8.0, 15.0, 15.0]  # type: ignore[attr-defined]


async def test_after_too_many_even_the_right_password_is_refused_from_there(
    strict: Directory, attempt: Attempt, house: object
) -> None:
    await fail(strict, attempt("192.0.2.1"), 6)
    with pytest.raises(Throttled) as caught:
        await strict.login(NAME, "right", attempt("192.0.2.200"))
    assert 0 < caught.value.retry_seconds <= 300
    assert (await strict.login(NAME, "right", attempt("198.51.100.1"))).account_id
    assert (await strict.login("bob@demo.test", "right", attempt("192.0.2.1"))).account_id
    house.clock.time += 301  # type: ignore[attr-defined]
    assert (await strict.login(NAME, "right", attempt("192.0.2.1"))).account_id


async def test_a_warm_password_does_not_pass_the_throttle(strict: Directory, attempt: Attempt) -> None:
    await strict.login(NAME, "right", attempt())
    await fail(strict, attempt(), 6)
    with pytest.raises(Throttled):
        await strict.login(NAME, "right", attempt())


async def test_after_the_refusal_there_is_one_try(strict: Directory, attempt: Attempt, house: object) -> None:
    await fail(strict, attempt(), 6)
    house.clock.time += 301  # type: ignore[attr-defined]
    await fail(strict, attempt(), 1)
    with pytest.raises(Throttled):
        await strict.login(NAME, "right", attempt())


async def test_all_protocols_processes_and_mechanisms_share_one_count(
    strict: Directory, attempt: Attempt, house: object
) -> None:
    other: Directory = await house.open(TIGHT)  # type: ignore[attr-defined]
    await fail(strict, attempt(scope=Scope.IMAP), 2)
    await fail(other, attempt(scope=Scope.SMTP), 2)
    for _ in range(2):
        with pytest.raises(BadCredentials):
            await other.scram_settled("Alice@DEMO.test", None, attempt(scope=Scope.POP))
    for directory in (strict, other, await house.open(TIGHT)):  # type: ignore[attr-defined]
        with pytest.raises(Throttled):
            await directory.login(NAME, "right", attempt())
        with pytest.raises(Throttled):
            await directory.scram_keys(NAME, "SCRAM-SHA-256", attempt())


async def test_a_network_that_tries_many_names_is_refused(strict: Directory, attempt: Attempt) -> None:
    for i in range(9):
        await fail(strict, attempt(f"192.0.2.{i}"), 1, f"nobody{i}@demo.test")
    with pytest.raises(Throttled):
        await strict.login(NAME, "right", attempt("192.0.2.99"))
    assert (await strict.login(NAME, "right", attempt("192.0.3.1"))).account_id


async def test_a_stale_client_does_not_shut_out_its_office(strict: Directory, attempt: Attempt) -> None:
    for name in (NAME, "bob@demo.test"):
        for _ in range(5):
            with pytest.raises(BadCredentials):
                await strict.login(name, "the old one", attempt())
    assert (await strict.login(NAME, "right", attempt())).account_id


async def test_a_success_forgets_the_failures_of_the_name(
    strict: Directory, attempt: Attempt, house: object
) -> None:
    await fail(strict, attempt(), 5)
    await strict.login(NAME, "right", attempt())
    await strict._logins._notes.close()
    house.waits.clear()  # type: ignore[attr-defined]
    await fail(strict, attempt(), 1)
    assert house.waits == [2.0]  # type: ignore[attr-defined]


async def test_old_failures_are_forgotten_and_their_rows_go(
    strict: Directory, attempt: Attempt, house: object
) -> None:
    await fail(strict, attempt(), 6)
    house.clock.time += 3_601  # type: ignore[attr-defined]
    await fail(strict, attempt("198.51.100.1"), 1, "bob@demo.test")
    rows = strict._database.read(lambda sql: sql.rows("SELECT subject FROM login_failures ORDER BY subject"))
    assert rows == [("198.51.100.0/24",), ("198.51.100.0/24 bob@demo.test",)]
    house.waits.clear()  # type: ignore[attr-defined]
    await fail(strict, attempt(), 1)
    assert house.waits == [2.0]  # type: ignore[attr-defined]


async def test_many_guesses_at_once_are_not_many_free_tries(strict: Directory, attempt: Attempt) -> None:
    results = await asyncio.gather(
        *(strict.login(NAME, f"guess {i}", attempt()) for i in range(30)), return_exceptions=True
    )
    assert sum(isinstance(result, BadCredentials) for result in results) <= 6
    assert sum(isinstance(result, Throttled) for result in results) >= 24


async def test_refused_attempts_do_not_write(strict: Directory, attempt: Attempt) -> None:
    await fail(strict, attempt(), 6)
    before = strict._database.read(lambda sql: sql.value("SELECT failure_serial FROM directory_state"))
    for _ in range(5):
        with pytest.raises(Throttled):
            await strict.login(NAME, "wrong again", attempt())
    after = strict._database.read(lambda sql: sql.value("SELECT failure_serial FROM directory_state"))
    assert before == after


async def test_no_password_is_on_disk(strict: Directory, attempt: Attempt, house: object) -> None:
    with pytest.raises(BadCredentials):
        await strict.login(NAME, "typo-of-my-password", attempt())
    files = list(house.path.parent.iterdir())  # type: ignore[attr-defined]
    assert files
    assert not any(b"typo-of-my-password" in file.read_bytes() for file in files)
