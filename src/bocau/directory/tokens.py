"""Tokens: random secrets for one program each (RFC 6750 §2.1, the token's own grammar).

Whoever has one is its account. 256 random bits are not guessed, so a plain SHA-256 is all that is kept.
"""

import hashlib
import secrets
from typing import Final

from bocau.base.errors import BadName

TOKEN_MARK: Final = "bocau_"
"""Lets people, and scanners for leaked secrets, see what it is."""
TOKEN_BYTES: Final = 32
TOKEN_CHARACTERS: Final = len(TOKEN_MARK) + 43
LIFETIME_DAYS_MAX: Final = 3650
_DIGEST_MARK: Final = "sha256$"
_DAY_SECONDS: Final = 86_400


def new_token() -> str:
    """As `bocau_kq3…`, in letters that every grammar of a bearer token allows."""
    return TOKEN_MARK + secrets.token_urlsafe(TOKEN_BYTES)


def looks_like_token(text: str) -> bool:
    return len(text) == TOKEN_CHARACTERS and text.startswith(TOKEN_MARK) and text.isascii()


def token_digest(token: str) -> str:
    return _DIGEST_MARK + hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def end_of(lifetime_days: int | None, now: float) -> int | None:
    """When a token made now ends. BadName for a lifetime out of range."""
    if lifetime_days is None:
        return None
    if not 1 <= lifetime_days <= LIFETIME_DAYS_MAX:
        raise BadName(f"a token lives from 1 to {LIFETIME_DAYS_MAX} days")
    return int(now) + lifetime_days * _DAY_SECONDS
