"""The cookie of a web session (RFC 6265).

SameSite=Lax, not Strict: a link to a message, in a chat or a calendar, opens the message instead of the login
page. What Lax lets through, a page that a person goes to, only ever reads; every change wants the session's
token besides, and an Origin of ours.
"""

from typing import Final

from bocau.runtime.asgi import Scope

SECURE_NAME: Final = "__Host-bocau"
"""The prefix makes browsers refuse it from a subdomain or without TLS (RFC 6265bis §4.1.3.2)."""
PLAIN_NAME: Final = "bocau"
"""On the loopback interface without TLS, where a Secure cookie would not come back."""
COOKIES_BYTES_MAX: Final = 16 * 1024
TOLD: Final = "bocau.cookies"
"""The key of an ASGI scope under which headers of new cookies wait for the answer."""


def is_secure(scope: Scope) -> bool:
    return scope["scheme"] in ("https", "wss")


def cookie_of(scope: Scope) -> str:
    """The session's cookie that came with a request; "" for none."""
    wanted = SECURE_NAME if is_secure(scope) else PLAIN_NAME
    for name, value in scope["headers"]:
        if name == b"cookie" and len(value) <= COOKIES_BYTES_MAX:
            for pair in value.decode("latin-1").split(";"):
                key, _, said = pair.strip(" \t").partition("=")
                if key == wanted:
                    text: str = said
                    return text
    return ""


def set_cookie(scope: Scope, value: str, kept_seconds: int | None) -> tuple[bytes, bytes]:
    """The header that gives it; `kept_seconds` None: until the browser is closed, 0: never mind it."""
    name = SECURE_NAME if is_secure(scope) else PLAIN_NAME
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if is_secure(scope):
        parts.append("Secure")
    if kept_seconds is not None:
        parts.append(f"Max-Age={kept_seconds}")
    return b"set-cookie", "; ".join(parts).encode("ascii")
