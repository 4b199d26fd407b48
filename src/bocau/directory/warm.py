"""Passwords proved lately: mail clients log in all day, argon2 is paid once.

Keyed by BLAKE2b(process secret, name + password): the cache holds no password, and is worthless outside this
process. An entry says which credential it proved; it is good while that row exists and nothing was changed,
which the caller checks by the directory's version.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

from bocau.base.ids import AccountId
from bocau.directory.settings import PasswordSettings
from bocau.directory.values import Login


@dataclass(frozen=True, slots=True)
class Standing:
    """A credential as its row says."""

    login: Login
    is_disabled: bool
    """The account, or its domain."""
    needs_code: bool = False
    """A main password that is only the first of two factors."""


@dataclass(slots=True)
class Proof:
    """That a password opens a credential."""

    standing: Standing
    version: int
    """Of the directory, when it was last known to be good."""
    proved_at: float


class WarmPasswords:
    """Bounded in number (least recently used goes) and in time."""

    def __init__(self, settings: PasswordSettings) -> None:
        self._settings = settings
        self._secret = secrets.token_bytes(32)
        self._proofs: OrderedDict[bytes, Proof] = OrderedDict()

    def mark(self, name: str, password: str) -> bytes:
        """The length keeps ("ab", "c") and ("a", "bc") apart."""
        text = f"{len(name)}:{name}{password}".encode("utf-8", "surrogatepass")
        return blake2b(text, key=self._secret, digest_size=32).digest()

    def get(self, mark: bytes, now: float) -> Proof | None:
        proof = self._proofs.get(mark)
        if proof is None:
            return None
        if now - proof.proved_at > self._settings.warm_seconds:
            del self._proofs[mark]
            return None
        self._proofs.move_to_end(mark)
        return proof

    def put(self, mark: bytes, proof: Proof) -> None:
        self._proofs[mark] = proof
        self._proofs.move_to_end(mark)
        while len(self._proofs) > self._settings.warm_entries_max:
            self._proofs.popitem(last=False)

    def drop(self, mark: bytes) -> None:
        self._proofs.pop(mark, None)

    def drop_account(self, account_id: AccountId) -> None:
        for mark in [
            mark for mark, proof in self._proofs.items() if proof.standing.login.account_id == account_id
        ]:
            del self._proofs[mark]
