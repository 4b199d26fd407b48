"""SASL against a real directory, as a session drives it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bocau.base.errors import BadCredentials, NotPermitted, SequenceFault, SyntaxFault
from bocau.database import Database, DatabaseSettings
from bocau.directory import (
    Directory,
    DirectorySettings,
    Login,
    LoginAttempt,
    PasswordSettings,
    Scope,
    ThrottleSettings,
)
from bocau.formats.address import parse_address
from bocau.protocols.sasl import ClientMechanism, LoginClient, PlainClient, ScramClient
from bocau.runtime.clock import SystemClock
from bocau.runtime.connection import TlsInfo
from bocau.services.authentication import Authentication, mechanisms

NAME, PASSWORD = "alice@demo.test", "correct horse"
ATTEMPT = LoginAttempt("192.0.2.1", Scope.SMTP, True)
TLS = TlsInfo("TLSv1.3", "TLS_AES_256_GCM_SHA384", b"hash of the certificate")
UNBINDABLE = TlsInfo("TLSv1.3", "TLS_AES_256_GCM_SHA384", b"")
CHEAP = DirectorySettings(
    ThrottleSettings(delays_seconds=()),
    PasswordSettings(argon2_memory_kib=64, argon2_passes=1, scram_iterations=4_096),
)


@pytest.fixture
async def directory(tmp_path: Path) -> AsyncIterator[Directory]:
    database = await Database.open(
        DatabaseSettings(tmp_path / "bocau.sqlite"), [("directory", "bocau.directory", "sql/sqlite")]
    )
    directory = Directory(database, CHEAP, SystemClock(), ring=lambda _: None)
    await directory.create_domain("demo.test")
    await directory.create_account(parse_address(NAME), PASSWORD)
    yield directory
    await directory.close()
    await database.close()


async def talk(directory: Directory, client: ClientMechanism, tls: TlsInfo | None = TLS) -> Login:
    server = Authentication(directory, client.name, ATTEMPT, tls)
    answer = await server.step(client.initial())
    while not isinstance(answer, Login):
        answer = await server.step(client.respond(answer))
    client.finish()
    return answer


def client_of(mechanism: str, password: str = PASSWORD) -> ClientMechanism:
    if mechanism == "PLAIN":
        return PlainClient(NAME, password)
    if mechanism == "LOGIN":
        return LoginClient(NAME, password)
    return ScramClient(mechanism, NAME, password, nonce="abc", binding=TLS.server_end_point)


def test_what_is_offered() -> None:
    assert mechanisms(None, allow_plain=False) == ()
    assert mechanisms(None, allow_plain=True) == ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN")
    assert mechanisms(UNBINDABLE, allow_plain=False) == mechanisms(None, allow_plain=True)
    assert {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"} < set(mechanisms(TLS, allow_plain=False))


@pytest.mark.parametrize("mechanism", mechanisms(TLS, allow_plain=False))
async def test_every_mechanism_offered_proves_who_one_is(directory: Directory, mechanism: str) -> None:
    login = await talk(directory, client_of(mechanism))
    assert str(login.address) == NAME
    with pytest.raises(BadCredentials):
        await talk(directory, client_of(mechanism, "wrong"))


async def test_a_client_that_sends_no_initial_response(directory: Directory) -> None:
    for mechanism in ("PLAIN", "SCRAM-SHA-256-PLUS"):
        client = client_of(mechanism)
        server = Authentication(directory, mechanism, ATTEMPT, TLS)
        assert await server.step(None) == b""
        answer = await server.step(client.initial())
        while not isinstance(answer, Login):
            answer = await server.step(client.respond(answer))
        assert str(answer.address) == NAME


@pytest.mark.parametrize(
    "mechanism", ["", "GSSAPI", "plain", "SCRAM-SHA-512", "SCRAM-SHA-1-PLUS-PLUS", "PLAIN-PLUS"]
)
def test_unknown_mechanisms(directory: Directory, mechanism: str) -> None:
    with pytest.raises(SyntaxFault):
        Authentication(directory, mechanism, ATTEMPT, TLS)


def test_plus_needs_a_channel(directory: Directory) -> None:
    for tls in (None, UNBINDABLE):
        with pytest.raises(SyntaxFault):
            Authentication(directory, "SCRAM-SHA-256-PLUS", ATTEMPT, tls)


async def test_a_removed_plus_is_noticed(directory: Directory) -> None:
    client = ScramClient("SCRAM-SHA-256", NAME, PASSWORD, nonce="abc", can_bind=True)
    with pytest.raises(NotPermitted):
        await talk(directory, client)
    client = ScramClient("SCRAM-SHA-256", NAME, PASSWORD, nonce="abc", can_bind=True)
    assert str((await talk(directory, client, UNBINDABLE)).address) == NAME


async def test_the_servers_proof_is_answered_by_nothing(directory: Directory) -> None:
    client = client_of("SCRAM-SHA-256")
    server = Authentication(directory, "SCRAM-SHA-256", ATTEMPT, TLS)
    challenge = await server.step(client.initial())
    assert isinstance(challenge, bytes)
    assert isinstance(await server.step(client.respond(challenge)), bytes)
    with pytest.raises(SequenceFault):
        await server.step(b"more")


async def test_a_wrong_proof_is_never_followed_by_a_login(directory: Directory) -> None:
    client = client_of("SCRAM-SHA-256", "wrong")
    server = Authentication(directory, "SCRAM-SHA-256", ATTEMPT, TLS)
    challenge = await server.step(client.initial())
    assert isinstance(challenge, bytes)
    with pytest.raises(BadCredentials):
        await server.step(client.respond(challenge))
    with pytest.raises((BadCredentials, SyntaxFault, SequenceFault)):
        await server.step(b"")


async def test_scopes_bind_every_mechanism(directory: Directory) -> None:
    account = directory.account_named(parse_address(NAME))
    _, secret = await directory.create_app_password(account.account_id, "phone", frozenset({Scope.IMAP}))
    for mechanism in mechanisms(TLS, allow_plain=False):
        with pytest.raises(NotPermitted):
            await talk(directory, client_of(mechanism, secret))
