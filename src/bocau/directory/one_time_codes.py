"""Codes of an authenticator app (RFC 6238) and recovery codes. pyotp stands behind this module alone.

A code is good in its half minute, the one before and the one after (RFC 6238 §5.2), and once.
"""

import hmac
import secrets
from base64 import b32encode
from typing import Final

from bocau.base.ids import AccountId

ISSUER: Final = "bocau"
STEP_SECONDS: Final = 30
STEPS_AROUND: Final = 1
CODE_DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""RFC 4226 §4, R6."""
RECOVERY_CODES: Final = 10
_RECOVERY_CHARACTERS: Final = 16
_RECOVERY_GROUP: Final = 4
CODE_CHARACTERS_MAX: Final = 64
_BASE32: Final = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_DIGITS: Final = frozenset("0123456789")
_NONCE_BYTES: Final = 12


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return b32encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def uri_of(secret: str, name: str, issuer: str) -> str:
    """What the QR code says: otpauth://totp/…"""
    from pyotp import TOTP

    return TOTP(secret, digits=CODE_DIGITS, interval=STEP_SECONDS).provisioning_uri(
        name=name, issuer_name=issuer
    )


def matching_step(secret: str, code: str, now: float, last_step: int) -> int | None:
    """The half minute that a code belongs to, when it is good and later than the last one that was taken."""
    from pyotp import TOTP

    generator = TOTP(secret, digits=CODE_DIGITS, interval=STEP_SECONDS)
    current, found = int(now) // STEP_SECONDS, None
    for step in range(current - STEPS_AROUND, current + STEPS_AROUND + 1):
        if hmac.compare_digest(generator.generate_otp(step), code) and step > last_step:
            found = step
    return found


def digits_of(said: str) -> str | None:
    """The digits of a code as people type it ("123 456"); None when it is none."""
    code = _without_marks(said)
    return code if len(code) == CODE_DIGITS and _DIGITS.issuperset(code) else None


def new_recovery_codes() -> list[str]:
    """Each 80 random bits, as `abcd-efgh-ijkl-mnop`."""
    return [_new_recovery_code() for _ in range(RECOVERY_CODES)]


def _new_recovery_code() -> str:
    letters = b32encode(secrets.token_bytes(10)).decode("ascii").lower()
    return "-".join(
        letters[start : start + _RECOVERY_GROUP] for start in range(0, len(letters), _RECOVERY_GROUP)
    )


def recovery_digest(server_secret: bytes, account_id: AccountId, said: str) -> str | None:
    """What is kept of a recovery code, however it was typed; None when it does not look like one."""
    core = _without_marks(said).lower()
    if len(core) != _RECOVERY_CHARACTERS or not _BASE32.issuperset(core):
        return None
    text = b"recovery\0%d\0%s" % (account_id, core.encode("ascii"))
    return hmac.digest(server_secret, text, "sha256").hex()


def _without_marks(said: str) -> str:
    if len(said) > CODE_CHARACTERS_MAX or not said.isascii():
        return ""
    return said.replace(" ", "").replace("-", "")


# --- at rest ----------------------------------------------------------------------------


def sealed(server_secret: bytes, account_id: AccountId, secret: str) -> bytes:
    """A secret as it is kept: nonce, then AES-256-GCM; of one account, so that rows cannot be swapped."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_key(server_secret)).encrypt(nonce, secret.encode("ascii"), _owner(account_id))


def opened(server_secret: bytes, account_id: AccountId, kept: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, text = kept[:_NONCE_BYTES], kept[_NONCE_BYTES:]
    return AESGCM(_key(server_secret)).decrypt(nonce, text, _owner(account_id)).decode("ascii")


def _key(server_secret: bytes) -> bytes:
    return hmac.digest(server_secret, b"second factor", "sha256")


def _owner(account_id: AccountId) -> bytes:
    return b"account %d" % account_id
