"""The client's side, for sending through a smarthost: PLAIN, LOGIN, SCRAM-SHA-256, SCRAM-SHA-1.

client = best_client(offered, name, password, nonce, binding)
client.initial() → bytes | None      client.respond(challenge) → bytes      client.finish() after success
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Collection
from typing import Final, Protocol

from bocau.base.errors import SequenceFault, SyntaxFault
from bocau.base.wiretext import number
from bocau.protocols.sasl.encoding import decode_response
from bocau.protocols.sasl.preparation import saslprep
from bocau.protocols.sasl.scram import BINDING_NAME, SCRAM_HASHES

ITERATIONS_MIN: Final = 4_096
ITERATIONS_MAX: Final = 1_000_000
"""A hostile server may not keep us busy (CVE-2026-42256)."""
PREFERENCE: Final = (
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-1",
    "PLAIN",
    "LOGIN",
)


class ClientMechanism(Protocol):
    name: str

    def initial(self) -> bytes | None:
        """What may go with the AUTH command; None when the server speaks first."""

    def respond(self, challenge: bytes) -> bytes:
        """Answer a challenge (both without base64). SyntaxFault, SequenceFault when the server is wrong."""

    def finish(self) -> None:
        """Call when the server says success: SequenceFault when it has not proved itself (SCRAM)."""


class PlainClient:
    """RFC 4616."""

    name = "PLAIN"

    def __init__(self, name: str, password: str) -> None:
        self._message = b"\0" + name.encode() + b"\0" + password.encode()

    def initial(self) -> bytes | None:
        return self._message

    def respond(self, challenge: bytes) -> bytes:
        return self._message

    def finish(self) -> None:
        """PLAIN proves nothing of the server: TLS must."""


class LoginClient:
    """draft-murchison-sasl-login: whatever the prompts say, the name comes first."""

    name = "LOGIN"

    def __init__(self, name: str, password: str) -> None:
        self._answers = [password.encode(), name.encode()]

    def initial(self) -> bytes | None:
        return None

    def respond(self, challenge: bytes) -> bytes:
        if not self._answers:
            raise SequenceFault("LOGIN asks a third time")
        return self._answers.pop()

    def finish(self) -> None:
        """LOGIN proves nothing of the server: TLS must."""


class ScramClient:
    """RFC 5802 §3, §5. `binding` is the hash of the server's certificate for -PLUS; `can_bind` says whether
    we could have used it (flag "y": a server that offered -PLUS will notice a downgrade)."""

    def __init__(
        self,
        mechanism: str,
        name: str,
        password: str,
        *,
        nonce: str,
        binding: bytes = b"",
        can_bind: bool = False,
    ) -> None:
        self.name = mechanism
        self._hash = SCRAM_HASHES[mechanism.removesuffix("-PLUS")]
        self._password = saslprep(password).encode()
        flag = f"p={BINDING_NAME}" if mechanism.endswith("-PLUS") else "y" if can_bind else "n"
        self._header = f"{flag},,".encode()
        self._bound = self._header + (binding if mechanism.endswith("-PLUS") else b"")
        escaped = saslprep(name).replace("=", "=3D").replace(",", "=2C")
        self._nonce = nonce.encode()
        self._bare = f"n={escaped},r={nonce}".encode()
        self._signature: bytes | None = None
        self._is_proved = False

    def initial(self) -> bytes | None:
        return self._header + self._bare

    def respond(self, challenge: bytes) -> bytes:
        """Prove ourselves, then check the server's proof (answered by an empty response)."""
        if self._signature is None:
            return self._prove(challenge)
        if not hmac.compare_digest(challenge, b"v=" + b64encode(self._signature)):
            raise SequenceFault("the server does not know the password")
        self._is_proved = True
        return b""

    def _prove(self, server_first: bytes) -> bytes:
        salt, iterations, nonce = self._read(server_first)
        salted = hashlib.pbkdf2_hmac(self._hash, self._password, salt, iterations)
        client_key = hmac.digest(salted, b"Client Key", self._hash)
        final = b"c=" + b64encode(self._bound) + b",r=" + nonce
        message = b",".join((self._bare, server_first, final))
        signature = hmac.digest(hashlib.new(self._hash, client_key).digest(), message, self._hash)
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        self._signature = hmac.digest(hmac.digest(salted, b"Server Key", self._hash), message, self._hash)
        return final + b",p=" + b64encode(proof)

    def _read(self, server_first: bytes) -> tuple[bytes, int, bytes]:
        fields = server_first.split(b",")
        if len(fields) < 3 or [field[:2] for field in fields[:3]] != [b"r=", b"s=", b"i="]:
            raise SyntaxFault("SCRAM challenge")
        nonce = fields[0][2:]
        if not nonce.startswith(self._nonce) or len(nonce) == len(self._nonce):
            raise SyntaxFault("SCRAM nonce is not ours")
        iterations = number(fields[2][2:], minimum=ITERATIONS_MIN, maximum=ITERATIONS_MAX)
        return decode_response(fields[1][2:]), iterations, nonce

    def finish(self) -> None:
        """Some servers send their proof with the success reply; hand it to respond() before."""
        if not self._is_proved:
            raise SequenceFault("success without the server's proof")


def best_client(
    offered: Collection[str], name: str, password: str, *, nonce: str, binding: bytes = b""
) -> ClientMechanism | None:
    """The strongest mechanism that the server offers and we speak; None when there is none.

    `binding` is the hash of the server's certificate (RFC 5929 §4), b"" when unknown. PLAIN and LOGIN show
    the password to the server: ask only inside TLS.
    """
    can_bind = bool(binding) and not any(mechanism.endswith("-PLUS") for mechanism in offered)
    for mechanism in PREFERENCE:
        if mechanism not in offered or (mechanism.endswith("-PLUS") and not binding):
            continue
        if mechanism == "PLAIN":
            return PlainClient(name, password)
        if mechanism == "LOGIN":
            return LoginClient(name, password)
        return ScramClient(mechanism, name, password, nonce=nonce, binding=binding, can_bind=can_bind)
    return None
