"""SCRAM, the server's side (RFC 5802, 7677; channel binding RFC 5929 §4).

`tls-exporter` (RFC 9266), the usual binding of TLS 1.3, is not there: Python's TLS does not export keys. A
client that asks for it is refused.

client-first  → name            (the caller looks up salt, iterations, keys)
              ← server-first
client-final  → proof           (checked against each credential's keys)
              ← server-final
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bocau.base.errors import NotPermitted, SequenceFault, SyntaxFault
from bocau.protocols.sasl.encoding import decode_text
from bocau.protocols.sasl.names import unescaped_name

SCRAM_HASHES: Final = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}
"""Mechanism (without -PLUS) → hash."""
BINDING_NAME: Final = "tls-server-end-point"
NONCE_CHARACTERS_MAX: Final = 256
"""Of the client's part."""


@dataclass(frozen=True, slots=True)
class DerivedKeys:
    """RFC 5802 §3: what a server keeps instead of the password."""

    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


def derive_keys(hash_name: str, password: str, salt: bytes, iterations: int) -> DerivedKeys:
    """RFC 5802 §3. `password` is already prepared. Costs milliseconds: call in a thread."""
    salted = hashlib.pbkdf2_hmac(hash_name, password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", hash_name)
    return DerivedKeys(
        stored_key=hashlib.new(hash_name, client_key).digest(),
        server_key=hmac.digest(salted, b"Server Key", hash_name),
    )


@dataclass(frozen=True, slots=True)
class ScramProof:
    """The client's last word, ready to be checked."""

    hash_name: str
    message: bytes
    proof: bytes = field(repr=False)

    def matching(self, candidates: Sequence[DerivedKeys]) -> int | None:
        """Which of the keys the proof fits; looks at all of them."""
        found = None
        for index, keys in enumerate(candidates):
            if self._fits(keys):
                found = index
        return found

    def _fits(self, keys: DerivedKeys) -> bool:
        signature = hmac.digest(keys.stored_key, self.message, self.hash_name)
        if len(self.proof) != len(signature):
            return False
        client_key = bytes(a ^ b for a, b in zip(self.proof, signature, strict=True))
        return hmac.compare_digest(hashlib.new(self.hash_name, client_key).digest(), keys.stored_key)

    def server_final(self, keys: DerivedKeys) -> bytes:
        """Prove to the client that the server knows the password too."""
        return b"v=" + b64encode(hmac.digest(keys.server_key, self.message, self.hash_name))


class ScramServer:
    """One exchange. `nonce` is fresh, printable, without comma; `binding` is the server's end point hash or
    b""."""

    def __init__(self, mechanism: str, *, nonce: str, binding: bytes) -> None:
        self.base_mechanism = mechanism.removesuffix("-PLUS")
        self.hash_name = SCRAM_HASHES[self.base_mechanism]
        self._is_plus = mechanism.endswith("-PLUS")
        self._nonce = nonce
        self._binding = binding
        self._expected_binding = b""
        self._client_first_bare = b""
        self._server_first = b""

    def client_first(self, response: bytes) -> str:
        """Read the first message; returns the login name. RFC 5802 §5, §7. SyntaxFault, NotPermitted."""
        decode_text(response)
        flag, authzid, bare = _split(response, 3)
        self._check_flag(flag)
        fields = bare.split(b",")
        if len(fields) < 2 or not fields[0].startswith(b"n=") or not fields[1].startswith(b"r="):
            # "m=" would be a mandatory extension: none is known.
            raise SyntaxFault("SCRAM wants n= and r=")
        name = unescaped_name(fields[0][2:])
        if authzid and unescaped_name(_value(authzid, b"a=")) != name:
            raise NotPermitted("the authorization identity is not the login name")
        self._note_nonce(fields[1][2:])
        header = flag + b"," + authzid + b","
        self._expected_binding = header + (self._binding if self._is_plus else b"")
        self._client_first_bare = bare
        return name

    def _check_flag(self, flag: bytes) -> None:
        """RFC 5802 §6: the channel binding flag."""
        if self._is_plus:
            if flag != b"p=" + BINDING_NAME.encode():
                raise SyntaxFault("SCRAM-PLUS without a channel binding that is known here")
        elif flag == b"y":
            if self._binding:
                # The client believes that -PLUS was not offered: somebody removed it on the way.
                raise NotPermitted("channel binding was offered: downgrade")
        elif flag != b"n":
            raise SyntaxFault("channel binding without SCRAM-PLUS")

    def _note_nonce(self, nonce: bytes) -> None:
        if not 0 < len(nonce) <= NONCE_CHARACTERS_MAX or any(not 0x21 <= c <= 0x7E for c in nonce):
            raise SyntaxFault("SCRAM nonce")
        self._nonce = nonce.decode("ascii") + self._nonce

    def server_first(self, salt: bytes, iterations: int) -> bytes:
        """The first challenge."""
        self._server_first = b"r=%s,s=%s,i=%d" % (self._nonce.encode(), b64encode(salt), iterations)
        return self._server_first

    def client_final(self, response: bytes) -> ScramProof:
        """Read the last message. SyntaxFault; NotPermitted when nonce or channel do not fit."""
        if not self._server_first:
            raise SequenceFault("SCRAM out of order")
        without_proof, comma, proof = response.rpartition(b",")
        if not comma or not proof.startswith(b"p="):
            raise SyntaxFault("SCRAM wants p= last")
        fields = without_proof.split(b",")
        if len(fields) < 2:
            raise SyntaxFault("SCRAM wants c= and r=")
        if not hmac.compare_digest(_base64(_value(fields[0], b"c=")), self._expected_binding):
            raise NotPermitted("another channel")
        if not hmac.compare_digest(_value(fields[1], b"r="), self._nonce.encode()):
            raise NotPermitted("another nonce")
        message = b",".join((self._client_first_bare, self._server_first, without_proof))
        return ScramProof(self.hash_name, message, _base64(proof[2:]))


def _split(message: bytes, count: int) -> list[bytes]:
    parts = message.split(b",", count - 1)
    if len(parts) != count:
        raise SyntaxFault("SCRAM message too short")
    return parts


def _value(field_: bytes, prefix: bytes) -> bytes:
    if not field_.startswith(prefix):
        raise SyntaxFault(f"SCRAM wants {prefix.decode()}")
    return field_[len(prefix) :]


def _base64(data: bytes) -> bytes:
    try:
        return b64decode(data, validate=True)
    except Base64Error:
        raise SyntaxFault("not base64") from None
