"""Who you are: passwords, app passwords, warm logins, SCRAM."""

import asyncio
from collections.abc import Callable

import pytest

from bocau.base.errors import AccountDisabled, BadCredentials, NotPermitted, Throttled
from bocau.directory import Directory, DirectorySettings, LoginAttempt, PasswordSettings, Scope
from bocau.directory.passwords import Passwords
from bocau.formats.address import Address
from bocau.protocols.sasl import ScramClient
from bocau.services.authentication import Authentication

A = Callable[[str], Address]
Attempt = Callable[..., LoginAttempt]
NAME = "alice@demo.test"


@pytest.fixture
async def alice(directory: Directory, a: A) -> int:
    return (await directory.create_account(a("alice"), "Pässword 1")).account_id


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """What argon2 was asked to check."""
    asked: list[str | None] = []
    verify = Passwords.verify

    async def counted(self: Passwords, encoded: str | None, password: str) -> bool:
        asked.append(encoded)
        return await verify(self, encoded, password)

    monkeypatch.setattr(Passwords, "verify", counted)
    return asked


async def scram(
    directory: Directory, name: str, password: str, mechanism: str, attempt: LoginAttempt
) -> object:
    client = ScramClient(mechanism, name, password, nonce="n0nce")
    server = Authentication(directory, mechanism, attempt, None)
    answer = await server.step(client.initial())
    while isinstance(answer, bytes):
        answer = await server.step(client.respond(answer))
    client.finish()
    return answer


async def test_name_and_password(directory: Directory, alice: int, attempt: Attempt) -> None:
    login = await directory.login("ALICE@Demo.test", "Pässword 1", attempt())
    assert (login.account_id, str(login.address), login.scopes) == (alice, NAME, None)
    assert (await directory.login(NAME, "Pa\u0308ssword\u00a01", attempt())).account_id == alice


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (NAME, "wrong"),
        (NAME, ""),
        (NAME, "Pässword 1\0"),
        ("alice", "Pässword 1"),
        ("alice+tag@demo.test", "Pässword 1"),
        ("alice+@demo.test", "Pässword 1"),
        ("nobody@demo.test", "Pässword 1"),
        ("team@demo.test", "Pässword 1"),
        ("x" * 5000, "x"),
        ("\ud800", "\ud800"),
    ],
)
async def test_wrong_names_and_passwords_cost_the_same(
    directory: Directory,
    alice: int,
    a: A,
    attempt: Attempt,
    checks: list[str | None],
    name: str,
    password: str,
) -> None:
    await directory.set_group(a("team"), [a("alice")], [])
    with pytest.raises(BadCredentials) as caught:
        await directory.login(name, password, attempt())
    assert str(caught.value) == "wrong name or password"
    assert len(checks) == 1


async def test_an_alias_of_one_account_is_a_login_name(
    directory: Directory, alice: int, a: A, attempt: Attempt
) -> None:
    await directory.set_alias(a("chef"), [a("alice")])
    assert (await directory.login("chef@demo.test", "Pässword 1", attempt())).account_id == alice
    await directory.set_alias(a("chef"), [a("alice"), a("bob@other.test")])
    with pytest.raises(BadCredentials):
        await directory.login("chef@demo.test", "Pässword 1", attempt("198.51.100.1"))


async def test_a_warm_password_is_not_hashed_again(
    directory: Directory, alice: int, a: A, attempt: Attempt, checks: list[str | None]
) -> None:
    for _ in range(3):
        await directory.login(NAME, "Pässword 1", attempt())
    await directory.create_account(a("bob"), "x")
    await directory.login(NAME, "Pässword 1", attempt())
    assert len(checks) == 1


async def test_connections_opened_at_once_share_one_check(
    directory: Directory, alice: int, attempt: Attempt, checks: list[str | None]
) -> None:
    logins = await asyncio.gather(*(directory.login(NAME, "Pässword 1", attempt()) for _ in range(30)))
    assert {login.account_id for login in logins} == {alice}
    assert len(checks) == 1


async def test_a_warm_password_grows_cold(
    directory: Directory, alice: int, attempt: Attempt, checks: list[str | None], house: object
) -> None:
    await directory.login(NAME, "Pässword 1", attempt())
    house.clock.time += PasswordSettings().warm_seconds + 1  # type: ignore[attr-defined]
    await directory.login(NAME, "Pässword 1", attempt())
    assert len(checks) == 2


async def test_warm_passwords_are_bounded(house: object, a: A, attempt: Attempt) -> None:
    cheap = PasswordSettings(argon2_memory_kib=64, argon2_passes=1, warm_entries_max=2)
    directory = await house.open(DirectorySettings(passwords=cheap))  # type: ignore[attr-defined]
    await directory.create_domain("demo.test")
    for name in ("u1", "u2", "u3"):
        await directory.create_account(a(name), "x")
        await directory.login(f"{name}@demo.test", "x", attempt())
    assert len(directory._logins._warm._proofs) == 2


async def test_a_changed_password_is_known_everywhere_at_once(
    directory: Directory, alice: int, a: A, attempt: Attempt, house: object
) -> None:
    other: Directory = await house.open()  # type: ignore[attr-defined]
    login = await directory.login(NAME, "Pässword 1", attempt())
    assert directory.is_still_valid(login)
    await other.set_account(a("alice"), password="new")
    assert not directory.is_still_valid(login)
    with pytest.raises(BadCredentials):
        await directory.login(NAME, "Pässword 1", attempt())
    assert (await directory.login(NAME, "new", attempt())).account_id == alice


async def test_disabled_is_told_only_to_who_knows_the_password(
    directory: Directory, alice: int, a: A, attempt: Attempt
) -> None:
    login = await directory.login(NAME, "Pässword 1", attempt())
    await directory.set_account(a("alice"), is_disabled=True)
    assert not directory.is_still_valid(login)
    with pytest.raises(AccountDisabled):
        await directory.login(NAME, "Pässword 1", attempt())
    with pytest.raises(BadCredentials):
        await directory.login(NAME, "wrong", attempt())
    await directory.set_account(a("alice"), is_disabled=False)
    await directory.set_domain("demo.test", catch_all=None, is_disabled=True)
    with pytest.raises(AccountDisabled):
        await directory.login(NAME, "Pässword 1", attempt())


async def test_a_removed_account_is_nobody(directory: Directory, alice: int, a: A, attempt: Attempt) -> None:
    await directory.login(NAME, "Pässword 1", attempt())
    await directory.remove_account(a("alice"))
    await directory.create_account(a("alice"), "other")
    with pytest.raises(BadCredentials):
        await directory.login(NAME, "Pässword 1", attempt())


async def test_app_passwords_open_their_scopes_only(
    directory: Directory, alice: int, attempt: Attempt, checks: list[str | None]
) -> None:
    credential, secret = await directory.create_app_password(alice, "phone", frozenset({Scope.IMAP}))
    for spelled in (secret, secret.upper(), secret.replace("-", ""), secret.replace("-", " ")):
        login = await directory.login(NAME, spelled, attempt())
        assert (login.credential_id, login.scopes) == (credential.credential_id, {Scope.IMAP})
    with pytest.raises(NotPermitted):
        await directory.login(NAME, secret, attempt(scope=Scope.POP))
    assert checks == []
    await directory.remove_credential(alice, credential.credential_id)
    with pytest.raises(BadCredentials):
        await directory.login(NAME, secret, attempt())
    assert not directory.is_still_valid(login)


async def test_an_app_password_opens_its_own_account_only(
    directory: Directory, alice: int, a: A, attempt: Attempt
) -> None:
    await directory.create_account(a("bob"), "x")
    _, secret = await directory.create_app_password(alice, "phone", frozenset({Scope.IMAP}))
    with pytest.raises(BadCredentials):
        await directory.login("bob@demo.test", secret, attempt())


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
async def test_scram_with_main_and_app_password(
    directory: Directory, alice: int, attempt: Attempt, mechanism: str
) -> None:
    credential, secret = await directory.create_app_password(alice, "phone", frozenset({Scope.IMAP}))
    main = await scram(directory, NAME, "Pässword 1", mechanism, attempt())
    app = await scram(directory, NAME, secret, mechanism, attempt())
    assert main.account_id == app.account_id == alice  # type: ignore[attr-defined]
    assert app.credential_id == credential.credential_id  # type: ignore[attr-defined]
    with pytest.raises(NotPermitted):
        await scram(directory, NAME, secret, mechanism, attempt(scope=Scope.SMTP))
    with pytest.raises(BadCredentials):
        await scram(directory, NAME, "wrong", mechanism, attempt())


async def test_scram_tells_nothing_about_names(directory: Directory, alice: int, attempt: Attempt) -> None:
    known = await directory.scram_keys(NAME, "SCRAM-SHA-256", attempt())
    unknown = await directory.scram_keys("nobody@demo.test", "SCRAM-SHA-256", attempt())
    again = await directory.scram_keys("NOBODY@demo.test", "SCRAM-SHA-256", attempt())
    assert unknown.salt == again.salt != known.salt
    assert (len(unknown.salt), unknown.iterations) == (len(known.salt), known.iterations)
    with pytest.raises(BadCredentials):
        await scram(directory, "nobody@demo.test", "x", "SCRAM-SHA-256", attempt())


async def test_a_use_is_written_once_an_hour(
    directory: Directory, alice: int, a: A, attempt: Attempt, house: object
) -> None:
    clock = house.clock  # type: ignore[attr-defined]
    started = int(clock.time)

    async def used_at() -> int | None:
        await directory._logins._notes.close()
        return directory.credentials(alice)[0].last_used_at  # type: ignore[arg-type]

    for _ in range(3):
        await directory.login(NAME, "Pässword 1", attempt())
    assert await used_at() == started
    clock.time += 100
    await directory.login(NAME, "Pässword 1", attempt())
    assert await used_at() == started
    clock.time += 3_600
    await directory.login(NAME, "Pässword 1", attempt())
    assert await used_at() == started + 3_700


async def test_more_logins_than_may_wait_are_sent_away(house: object, a: A, attempt: Attempt) -> None:
    tight = PasswordSettings(argon2_memory_kib=64, argon2_passes=1, hashing_waiting_max=1)
    directory = await house.open(DirectorySettings(passwords=tight))  # type: ignore[attr-defined]
    await directory.create_domain("demo.test")
    results = await asyncio.gather(
        *(directory.login(f"u{i}@demo.test", "x", attempt(f"10.0.{i}.1")) for i in range(3)),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["BadCredentials", "Throttled", "Throttled"]
    assert isinstance(next(r for r in results if isinstance(r, Throttled)), Throttled)


async def test_secrets_are_in_no_repr(directory: Directory, alice: int, attempt: Attempt) -> None:
    keys = await directory.scram_keys(NAME, "SCRAM-SHA-256", attempt())
    assert "stored_key" not in repr(keys)
