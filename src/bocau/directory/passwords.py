"""Passwords kept: argon2id for chosen ones, a keyed digest for generated ones, SCRAM keys for both.

Generated app passwords carry 130 random bits: nobody guesses them, so a fast digest is enough for them.
"""

import asyncio
import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from bocau.base.errors import NotPermitted, SyntaxFault, Throttled
from bocau.directory.settings import PASSWORD_BYTES_MAX, PasswordSettings
from bocau.protocols.sasl import SCRAM_HASHES, DerivedKeys, derive_keys, opaque_string, saslprep

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

APP_PASSWORD_CHARACTERS: Final = 26
APP_PASSWORD_GROUPS: Final = (6, 7, 6, 7)
_BASE32: Final = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_DIGEST_MARK: Final = "hmac-sha256$"
_BUSY_RETRY_SECONDS: Final = 5.0
SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Secret:
    """What a credential row keeps of a password."""

    text: str = field(repr=False)
    scram: dict[str, DerivedKeys] = field(repr=False)
    """By mechanism."""


def new_app_password() -> str:
    """130 random bits for people to copy, e.g. `abcdef-ghijklm-nopqrs-tuvwxyz`."""
    letters = iter(b32encode(secrets.token_bytes(17)).decode("ascii").lower())
    return "-".join("".join(next(letters) for _ in range(size)) for size in APP_PASSWORD_GROUPS)


def app_password_core(password: str) -> str | None:
    """The letters of what looks like an app password, however it was typed; None when it does not."""
    if len(password) > 2 * APP_PASSWORD_CHARACTERS or not password.isascii():
        return None
    core = password.replace("-", "").replace(" ", "").lower()
    return core if len(core) == APP_PASSWORD_CHARACTERS and _BASE32.issuperset(core) else None


def app_password_digest(server_secret: bytes, core: str) -> str:
    return _DIGEST_MARK + hmac.digest(server_secret, b"app\0" + core.encode(), "sha256").hex()


def check_new_password(password: str) -> str:
    """Prepare a password to be set. NotPermitted when it is empty, too long or has control characters."""
    try:
        prepared = opaque_string(password)
    except SyntaxFault as error:
        raise NotPermitted(f"the password is not usable: {error}") from None
    if len(prepared.encode()) > PASSWORD_BYTES_MAX:
        raise NotPermitted(f"the password is longer than {PASSWORD_BYTES_MAX} bytes")
    return prepared


class Passwords:
    """Hashes and checks in at most `hashing_threads` threads; more than `hashing_waiting_max` are turned
    away."""

    def __init__(self, settings: PasswordSettings) -> None:
        self._settings = settings
        self._pool: ThreadPoolExecutor | None = None
        self._pending = 0
        self._hasher: PasswordHasher | None = None

    async def make(self, prepared: str, salt: bytes, iterations: int) -> Secret:
        """The main password's secret."""
        return await self._run(
            lambda: Secret(self._argon2().hash(prepared), _scram(prepared, salt, iterations))
        )

    async def make_scram(self, prepared: str, salt: bytes, iterations: int) -> dict[str, DerivedKeys]:
        return await self._run(lambda: _scram(prepared, salt, iterations))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Check against an argon2 text; None (no such name) costs the same. Throttled when too many wait."""
        if self._pending >= self._settings.hashing_waiting_max:
            raise Throttled("too many logins at once", _BUSY_RETRY_SECONDS)
        return await self._run(lambda: self._verify(encoded, password))

    def _verify(self, encoded: str | None, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        if encoded is None:
            self._argon2().hash(password)
            return False
        try:
            return self._argon2().verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    def _argon2(self) -> "PasswordHasher":
        if self._hasher is None:
            # Loaded with the first login: 4 processes at rest need not carry it.
            from argon2 import PasswordHasher

            self._hasher = PasswordHasher(
                time_cost=self._settings.argon2_passes,
                memory_cost=self._settings.argon2_memory_kib,
                parallelism=self._settings.argon2_lanes,
            )
        return self._hasher

    async def _run(self, job: Callable[[], T]) -> T:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._settings.hashing_threads, "password")
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        finally:
            self._pending -= 1

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _scram(prepared: str, salt: bytes, iterations: int) -> dict[str, DerivedKeys]:
    """SCRAM clients prepare with SASLprep; a password it refuses is kept as it is."""
    try:
        text = saslprep(prepared)
    except SyntaxFault:
        text = prepared
    return {name: derive_keys(hash_, text, salt, iterations) for name, hash_ in SCRAM_HASHES.items()}


def made_up_salt(server_secret: bytes, name: str) -> bytes:
    """The salt of a name that does not exist: always the same, so that asking twice tells nothing."""
    return hashlib.sha256(hmac.digest(server_secret, b"salt\0" + name.encode(), "sha256")).digest()[
        :SALT_BYTES
    ]
