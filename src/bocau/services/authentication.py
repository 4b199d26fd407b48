"""SASL for every service: mechanisms offered, exchanges answered, identities proved (RFC 4422).

session: base64 line → decode_response → Authentication.step → challenge | Login

Each mechanism is one small exchange below; all of them end in the directory, which counts what fails.
"""

import secrets
from typing import Final, Protocol

from bocau.base.errors import (
    BadCredentials,
    BocauError,
    NotPermitted,
    SequenceFault,
    SyntaxFault,
    TryLater,
)
from bocau.directory import Certified, Directory, Login, LoginAttempt, ScramKeys
from bocau.protocols.sasl import (
    REFUSALS,
    SCRAM_HASHES,
    BearerServer,
    Challenge,
    ExternalServer,
    LoginServer,
    PlainServer,
    ScramServer,
)
from bocau.rules.quirks import NOTHING, leaves_out_mechanism
from bocau.runtime.connection import TlsInfo

NONCE_BYTES = 18
EXTERNAL: Final = "EXTERNAL"


def mechanisms(tls: TlsInfo | None, allow_plain: bool, without: frozenset[str] = NOTHING) -> tuple[str, ...]:
    """What to offer, strongest first. None without TLS unless `allow_plain` says so: not even SCRAM, whose
    exchange can be guessed at leisure by whoever listens. `without`: what this client had better not see.

    Passwords come before tokens: a client that takes the first one it knows rather has a password.
    """
    if tls is None and not allow_plain:
        return ()
    names: list[str] = []
    if tls is not None and tls.client is not None:
        names.append(EXTERNAL)
    for name in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
        if tls is not None and tls.server_end_point:
            names.append(f"{name}-PLUS")
        names.append(name)
    names += ["PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"]
    return tuple(name for name in names if not leaves_out_mechanism(without, name))


class Authentication:
    """One AUTH / AUTHENTICATE exchange. SyntaxFault when the mechanism is not offered here."""

    def __init__(
        self,
        directory: Directory,
        mechanism: str,
        attempt: LoginAttempt,
        tls: TlsInfo | None,
        without: frozenset[str] = NOTHING,
    ) -> None:
        self._mechanism = mechanism
        if leaves_out_mechanism(without, mechanism):
            raise SyntaxFault("no such mechanism")
        self._exchange: _Exchange
        match mechanism:
            case "PLAIN":
                self._exchange = _Password(directory, PlainServer(), attempt)
            case "LOGIN":
                self._exchange = _Password(directory, LoginServer(), attempt)
            case "OAUTHBEARER" | "XOAUTH2":
                self._exchange = _Bearer(directory, mechanism, attempt)
            case "EXTERNAL" if tls is not None and tls.client is not None:
                certified = Certified(tls.client.names, tls.client.expires_at)
                self._exchange = _External(directory, certified, attempt)
            case _:
                self._exchange = _Scram(directory, mechanism, attempt, _binding(mechanism, tls, without))

    async def step(self, response: bytes | None) -> bytes | Login:
        """Take a client message (decoded; None: no initial response was sent); returns the next challenge
        (before base64), or who it is. For SCRAM the server's proof is a last challenge, answered by an empty
        response.

        Raises SyntaxFault, BadCredentials, AccountDisabled, Throttled, NotPermitted (scope, another
        identity). Cancelling ("*") is the session's business: drop this object.
        """
        answer = await self._exchange.step(response)
        if isinstance(answer, Login) and leaves_out_mechanism(answer.without, self._mechanism):
            raise NotPermitted("this mechanism is switched off for the account")
        return answer


def _binding(mechanism: str, tls: TlsInfo | None, without: frozenset[str]) -> bytes:
    """What binds to the channel; b"" where -PLUS is not offered, or "y" would look like a downgrade."""
    plus = f"{mechanism.removesuffix('-PLUS')}-PLUS"
    return b"" if tls is None or leaves_out_mechanism(without, plus) else tls.server_end_point


class _Exchange(Protocol):
    async def step(self, response: bytes | None) -> bytes | Login: ...


class _Password:
    """PLAIN and LOGIN."""

    def __init__(
        self, directory: Directory, server: PlainServer | LoginServer, attempt: LoginAttempt
    ) -> None:
        self._directory = directory
        self._server = server
        self._attempt = attempt

    async def step(self, response: bytes | None) -> bytes | Login:
        answer = self._server.respond(response)
        if isinstance(answer, Challenge):
            return answer.data
        return await self._directory.login(answer.name, answer.password, self._attempt)


class _Bearer:
    """OAUTHBEARER and XOAUTH2: a refusal is told twice (RFC 7628 §3.2.2, §3.2.3)."""

    def __init__(self, directory: Directory, mechanism: str, attempt: LoginAttempt) -> None:
        self._directory = directory
        self._attempt = attempt
        self._server = BearerServer(mechanism)
        self._refusal = REFUSALS[mechanism]
        self._error: BocauError | None = None

    async def step(self, response: bytes | None) -> bytes | Login:
        if self._error is not None:
            # Whatever the client says to it.
            raise self._error
        answer = self._server.respond(response)
        if isinstance(answer, Challenge):
            return answer.data
        try:
            return await self._directory.login_by_token(answer.token, answer.name, self._attempt)
        except TryLater:
            raise
        except BocauError as error:
            self._error = error
            return self._refusal


class _External:
    """RFC 4422 appendix A on what TLS has verified."""

    def __init__(self, directory: Directory, certified: Certified, attempt: LoginAttempt) -> None:
        self._directory = directory
        self._certified = certified
        self._attempt = attempt
        self._server = ExternalServer()

    async def step(self, response: bytes | None) -> bytes | Login:
        answer = self._server.respond(response)
        if isinstance(answer, Challenge):
            return answer.data
        return await self._directory.login_by_certificate(self._certified, answer, self._attempt)


class _Scram:
    """RFC 5802 §3 on the directory's keys."""

    def __init__(self, directory: Directory, mechanism: str, attempt: LoginAttempt, binding: bytes) -> None:
        if mechanism.removesuffix("-PLUS") not in SCRAM_HASHES or (
            mechanism.endswith("-PLUS") and not binding
        ):
            raise SyntaxFault("no such mechanism")
        self._directory = directory
        self._attempt = attempt
        self._server = ScramServer(mechanism, nonce=secrets.token_urlsafe(NONCE_BYTES), binding=binding)
        self._name = ""
        self._keys: ScramKeys | None = None
        self._login: Login | None = None

    async def step(self, response: bytes | None) -> bytes | Login:
        if response is None:
            return b""
        if self._login is not None:
            if response:
                raise SequenceFault("SCRAM is over")
            return self._login
        if self._keys is None:
            self._name = self._server.client_first(response)
            self._keys = await self._directory.scram_keys(
                self._name, self._server.base_mechanism, self._attempt
            )
            return self._server.server_first(self._keys.salt, self._keys.iterations)
        return await self._settle(response, self._keys)

    async def _settle(self, response: bytes, keys: ScramKeys) -> bytes:
        proof = self._server.client_final(response)
        index = proof.matching(keys.keys)
        credential_id = keys.credential_ids[index] if index is not None else None
        self._login = await self._directory.scram_settled(self._name, credential_id, self._attempt)
        if index is None:
            raise BadCredentials("wrong name or password")
        return proof.server_final(keys.keys[index])
