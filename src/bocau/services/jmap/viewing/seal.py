"""Addresses that open one thing, for one login, for an hour: a frame sends no cookie with its images.

    what → JSON → base64url "." base64url(HMAC-SHA256, 16 octets)

The login's credential is part of it: the address dies with the password, the app password or the token.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from bocau.base.ids import AccountId

LIFE_SECONDS: Final = 3600
STEP_SECONDS: Final = 1800
"""Within such a time the same thing has the same address, so that a browser keeps what it has loaded."""
TOKEN_CHARACTERS_MAX: Final = 8192
_MAC_BYTES: Final = 16
_PURPOSE: Final = b"bocau signed addresses"


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What an address opens."""

    kind: Literal["view", "part", "remote"]
    account_id: AccountId
    credential_id: int
    session_id: int
    email_id: int
    path: str
    """A part's number; "" for the whole message. Of a remote image its URL."""
    expires_at: int
    shows_images: bool = False
    scheme: str = "light"
    language: str = "en"


_decoder: Final = msgspec.json.Decoder(Ticket)


def expiry(now: float) -> int:
    """When an address made now ends: in an hour, or up to half an hour later."""
    return (int(now) // STEP_SECONDS + 1) * STEP_SECONDS + LIFE_SECONDS


class Seal:
    def __init__(self, derive: Callable[[bytes], bytes]) -> None:
        """`derive`: a key of the server for a purpose."""
        self._key = derive(_PURPOSE)

    def sign(self, ticket: Ticket) -> str:
        """Letters, digits, "-", "_" and one "."."""
        payload = urlsafe_b64encode(msgspec.json.encode(ticket)).rstrip(b"=")
        return f"{payload.decode('ascii')}.{self._mac(payload)}"

    def open(self, token: str, kind: str, now: float) -> Ticket | None:
        """What the address stands for; None when it is not ours, of another kind, or over."""
        payload, dot, mac = token.partition(".")
        if not dot or len(token) > TOKEN_CHARACTERS_MAX or not token.isascii():
            return None
        octets = payload.encode("ascii")
        if not hmac.compare_digest(self._mac(octets), mac):
            return None
        ticket = _decoder.decode(urlsafe_b64decode(octets + b"=" * (-len(octets) % 4)))
        return ticket if ticket.kind == kind and now < ticket.expires_at else None

    def _mac(self, payload: bytes) -> str:
        digest = hmac.new(self._key, payload, hashlib.sha256).digest()[:_MAC_BYTES]
        return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
