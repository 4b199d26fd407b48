"""SASL for every service: mechanisms offered, exchanges answered, identities proved (RFC 4422).

session: base64 line → decode_response → Authentication.step → challenge | Login
"""

import secrets

from bocau.base.errors import BadCredentials, SequenceFault, SyntaxFault
from bocau.directory import Directory, Login, LoginAttempt, ScramKeys
from bocau.protocols.sasl import SCRAM_HASHES, Challenge, LoginServer, PlainServer, ScramServer
from bocau.runtime.connection import TlsInfo

NONCE_BYTES = 18


def mechanisms(tls: TlsInfo | None, allow_plain: bool) -> tuple[str, ...]:
    """What to offer, strongest first. None without TLS unless `allow_plain` says so: not even SCRAM, whose
    exchange can be guessed at leisure by whoever listens."""
    if tls is None and not allow_plain:
        return ()
    scram: list[str] = []
    for name in ("SCRAM-SHA-256", "SCRAM-SHA-1"):
        if tls is not None and tls.server_end_point:
            scram.append(f"{name}-PLUS")
        scram.append(name)
    return (*scram, "PLAIN", "LOGIN")


class Authentication:
    """One AUTH / AUTHENTICATE exchange. SyntaxFault when the mechanism is not known."""

    def __init__(
        self, directory: Directory, mechanism: str, attempt: LoginAttempt, tls: TlsInfo | None
    ) -> None:
        self._directory = directory
        self._attempt = attempt
        self._password: PlainServer | LoginServer | None = None
        self._scram: _Scram | None = None
        binding = tls.server_end_point if tls is not None else b""
        match mechanism:
            case "PLAIN":
                self._password = PlainServer()
            case "LOGIN":
                self._password = LoginServer()
            case _:
                self._scram = _Scram(directory, mechanism, attempt, binding)

    async def step(self, response: bytes | None) -> bytes | Login:
        """Take a client message (decoded; None: no initial response was sent); returns the next challenge
        (before base64), or who it is. For SCRAM the server's proof is a last challenge, answered by an empty
        response.

        Raises SyntaxFault, BadCredentials, AccountDisabled, Throttled, NotPermitted (scope, another
        identity). Cancelling ("*") is the session's business: drop this object.
        """
        if self._scram is not None:
            return await self._scram.step(response)
        assert self._password is not None
        answer = self._password.respond(response)
        if isinstance(answer, Challenge):
            return answer.data
        return await self._directory.login(answer.name, answer.password, self._attempt)


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
