"""SASL against a real directory, as a session drives it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bocau.base.errors import AccountDisabled, BadCredentials, NotPermitted, SequenceFault, SyntaxFault
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
from bocau.rules.quirks import words
from bocau.runtime.clock import SystemClock
from bocau.runtime.connection import TlsInfo
from bocau.runtime.tls_client import ClientCertificate
from bocau.services.authentication import Authentication, mechanisms

NAME, PASSWORD = "alice@demo.test", "correct horse"
ATTEMPT = LoginAttempt("192.0.2.1", Scope.SMTP, True)
TLS = TlsInfo("TLSv1.3", "TLS_AES_256_GCM_SHA384", b"hash of the certificate")
CERTIFIED = TlsInfo("TLSv1.3", "", b"", client=ClientCertificate((NAME,), 4e9))
FAR = 4e9
WITH_PASSWORD = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN", "LOGIN")
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
    by_token = ("OAUTHBEARER", "XOAUTH2")
    assert mechanisms(None, allow_plain=True) == ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", *by_token)
    assert mechanisms(UNBINDABLE, allow_plain=False) == mechanisms(None, allow_plain=True)
    assert {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"} < set(mechanisms(TLS, allow_plain=False))
    assert "EXTERNAL" not in mechanisms(TLS, allow_plain=False)
    assert mechanisms(CERTIFIED, allow_plain=False)[0] == "EXTERNAL"


def test_what_a_client_cannot_do_is_not_offered() -> None:
    offered = mechanisms(TLS, allow_plain=False, without=words("SCRAM-SHA-256 XOAUTH2"))
    assert offered == ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN", "LOGIN", "OAUTHBEARER")


@pytest.mark.parametrize("mechanism", WITH_PASSWORD)
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
    for mechanism in WITH_PASSWORD:
        with pytest.raises(NotPermitted):
            await talk(directory, client_of(mechanism, secret))


async def token_of(directory: Directory, *scopes: Scope) -> str:
    account_id = directory.account_named(parse_address(NAME)).account_id
    return (await directory.create_token(account_id, "script", frozenset(scopes)))[1]


def bearer(mechanism: str, token: str, name: str = NAME) -> bytes:
    if mechanism == "XOAUTH2":
        return f"user={name}\1auth=Bearer {token}\1\1".encode()
    return (
        f"n,{f'a={name}' if name else ''},\1host=mail.demo.test\1port=993\1auth=Bearer {token}\1\1".encode()
    )


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
async def test_a_token_proves_who_one_is(directory: Directory, mechanism: str) -> None:
    """RFC 7628 §3.1."""
    token = await token_of(directory, Scope.SMTP)
    login = await Authentication(directory, mechanism, ATTEMPT, TLS).step(bearer(mechanism, token))
    assert isinstance(login, Login) and str(login.address) == NAME
    assert login.scopes == {Scope.SMTP}
    server = Authentication(directory, mechanism, ATTEMPT, TLS)
    assert await server.step(None) == b""
    assert isinstance(await server.step(bearer(mechanism, token)), Login)


async def test_a_bearer_need_not_say_a_name_but_must_not_say_another(directory: Directory) -> None:
    token = await token_of(directory, Scope.SMTP)
    login = await Authentication(directory, "OAUTHBEARER", ATTEMPT, TLS).step(
        bearer("OAUTHBEARER", token, "")
    )
    assert isinstance(login, Login)
    await directory.create_account(parse_address("bob@demo.test"), PASSWORD)
    server = Authentication(directory, "OAUTHBEARER", ATTEMPT, TLS)
    assert await server.step(bearer("OAUTHBEARER", token, "bob@demo.test")) == b'{"status":"invalid_token"}'
    with pytest.raises(BadCredentials):
        await server.step(b"\1")


@pytest.mark.parametrize(("mechanism", "word"), [("OAUTHBEARER", b"\1"), ("XOAUTH2", b"")])
async def test_a_refused_token_is_explained_then_refused(
    directory: Directory, mechanism: str, word: bytes
) -> None:
    """RFC 7628 §3.2.3; a wrong token and one of other scopes look alike."""
    token = await token_of(directory, Scope.POP)
    said = set()
    for given, error in ((token, NotPermitted), (token[:-1] + "~", BadCredentials), ("x", BadCredentials)):
        server = Authentication(directory, mechanism, ATTEMPT, TLS)
        said.add(await server.step(bearer(mechanism, given)))
        for answer in (word, bearer(mechanism, given)):
            with pytest.raises(error):
                await server.step(answer)
    assert len(said) == 1


async def test_a_token_is_a_password_too(directory: Directory) -> None:
    token = await token_of(directory, Scope.SMTP)
    for mechanism in WITH_PASSWORD:
        assert (await talk(directory, client_of(mechanism, token))).scopes == {Scope.SMTP}


@pytest.mark.parametrize("name", ["", NAME, "Alice@DEMO.test"])
async def test_a_certificate_proves_who_one_is(directory: Directory, name: str) -> None:
    """RFC 4422 appendix A."""
    login = await Authentication(directory, "EXTERNAL", ATTEMPT, CERTIFIED).step(name.encode())
    assert isinstance(login, Login) and str(login.address) == NAME
    assert Scope.ADMIN not in (login.scopes or ())
    assert directory.is_still_valid(login)
    await directory.set_account(parse_address(NAME), is_disabled=True)
    assert not directory.is_still_valid(login)
    with pytest.raises(AccountDisabled):
        await Authentication(directory, "EXTERNAL", ATTEMPT, CERTIFIED).step(b"")


@pytest.mark.parametrize("name", ["bob@demo.test", "admin@demo.test", "alias@demo.test", "alice", "\u00e9"])
async def test_a_certificate_is_good_for_its_own_names_only(directory: Directory, name: str) -> None:
    await directory.create_account(parse_address("bob@demo.test"), PASSWORD)
    await directory.set_alias(parse_address("alias@demo.test"), [parse_address(NAME)])
    with pytest.raises(BadCredentials):
        await Authentication(directory, "EXTERNAL", ATTEMPT, CERTIFIED).step(name.encode())


@pytest.mark.parametrize(
    ("names", "expires_at", "is_in"),
    [
        ((NAME,), FAR, True),
        ((NAME,), 1.0, False),
        (("alias@demo.test",), FAR, False),
        (("nobody@demo.test", NAME), FAR, True),
        (("bob@demo.test", NAME), FAR, False),
        (("", "alice", "Alice Le", "alice@demo.test\0@evil.test"), FAR, False),
        ((), FAR, False),
    ],
)
async def test_which_certificates_name_one_account(
    directory: Directory, names: tuple[str, ...], expires_at: float, is_in: bool
) -> None:
    await directory.create_account(parse_address("bob@demo.test"), PASSWORD)
    await directory.set_alias(parse_address("alias@demo.test"), [parse_address(NAME)])
    tls = TlsInfo("TLSv1.3", "", b"", client=ClientCertificate(names, expires_at))
    exchange = Authentication(directory, "EXTERNAL", ATTEMPT, tls)
    if is_in:
        assert isinstance(await exchange.step(b""), Login)
    else:
        with pytest.raises(BadCredentials):
            await exchange.step(b"")


def test_external_needs_a_certificate(directory: Directory) -> None:
    for tls in (None, TLS):
        with pytest.raises(SyntaxFault):
            Authentication(directory, "EXTERNAL", ATTEMPT, tls)


async def test_mechanisms_switched_off_for_an_account(directory: Directory) -> None:
    account_id = directory.account_named(parse_address(NAME)).account_id
    await directory.set_without(account_id, "SCRAM-SHA-256, XOAUTH2")
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"):
        client = client_of(mechanism)
        with pytest.raises(BadCredentials):
            await Authentication(directory, mechanism, ATTEMPT, TLS).step(client.initial())
    for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "PLAIN"):
        login = await talk(directory, client_of(mechanism))
        assert login.without == {"SCRAM-SHA-256", "XOAUTH2"}
    token = await token_of(directory, Scope.SMTP)
    with pytest.raises(NotPermitted):
        await Authentication(directory, "XOAUTH2", ATTEMPT, TLS).step(bearer("XOAUTH2", token))


async def test_a_client_that_was_not_offered_plus_is_no_downgrade(directory: Directory) -> None:
    client = ScramClient("SCRAM-SHA-256", NAME, PASSWORD, nonce="abc", can_bind=True)
    without = words("SCRAM-SHA-256-PLUS")
    server = Authentication(directory, "SCRAM-SHA-256", ATTEMPT, TLS, without)
    answer = await server.step(client.initial())
    while not isinstance(answer, Login):
        answer = await server.step(client.respond(answer))
