"""Encryption of a push for its receiver alone (RFC 8291, RFC 8188 aes128gcm)."""

import hmac
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUTH_BYTES: Final = 16
SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4096
PLAINTEXT_BYTES_MAX: Final = RECORD_BYTES - 16 - 1 - 86
"""What fits a push of 4,096 octets (RFC 8291 §4): tag, delimiter and header go off."""


def is_public_key(p256dh: bytes) -> bool:
    """Whether it is an uncompressed point on P-256."""
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    except ValueError:
        return False
    return len(p256dh) == 65


def encrypted(
    plaintext: bytes,
    p256dh: bytes,
    auth: bytes,
    *,
    private_key: "EllipticCurvePrivateKey | None" = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push, one record; `private_key` and `salt` are fresh unless given."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    assert len(plaintext) <= PLAINTEXT_BYTES_MAX
    key = private_key or ec.generate_private_key(ec.SECP256R1())
    fresh = salt or secrets.token_bytes(SALT_BYTES)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    ours = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = key.exchange(ec.ECDH(), theirs)
    # RFC 8291 §3.4, then RFC 8188 §2.2, §2.3; each HKDF wants one block of output.
    secret = _hkdf(auth, shared, b"WebPush: info\0" + p256dh + ours, 32)
    content_key = _hkdf(fresh, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(fresh, secret, b"Content-Encoding: nonce\0", 12)
    header = fresh + RECORD_BYTES.to_bytes(4, "big") + bytes((len(ours),)) + ours
    return header + AESGCM(content_key).encrypt(nonce, plaintext + b"\x02", None)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA-256 (RFC 5869) of at most one block."""
    extracted = hmac.digest(salt, secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]
