"""What every answer tells the browser, whoever made it (F-5).

The policy of a page whose route said none allows what the webmail's own files are, and nothing else. Routes
that show mail set their own.
"""

from collections.abc import Callable
from typing import Final

from bocau.runtime.asgi import AsgiApp, Message, Receive, Scope, Send

CSP: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "frame-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        # Svelte's own for its templates; the webmail's for its service worker, and for documents that are
        # read and never shown.
        "trusted-types svelte-trusted-html bocau bocau-parse",
    )
)
PERMISSIONS: Final = ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "encrypted-media", "geolocation"),
        *("gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb"),
    )
)
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
POLICY: Final = b"content-security-policy"
ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", PERMISSIONS.encode("ascii")),
)
UNLESS_OWN_POLICY: Final = ((POLICY, CSP.encode("ascii")), (b"x-frame-options", b"DENY"))


class Guarded:
    """The outermost application: adds what an answer does not say itself."""

    def __init__(self, app: AsgiApp, *, is_trusted: Callable[[], bool]) -> None:
        """`is_trusted`: whether the certificate is one that browsers may trust. Else a promise of HTTPS for a
        year (RFC 6797) would shut people out: it lets nobody go on past a warning (§8.4)."""
        self._app = app
        self._is_trusted = is_trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_lasting = scope.get("scheme") in ("https", "wss") and self._is_trusted()

        async def guarded(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                message = {**message, "headers": with_headers(message.get("headers", ()), is_lasting)}
            await send(message)

        await self._app(scope, receive, guarded)


def with_headers(said: list[tuple[bytes, bytes]], is_lasting: bool) -> list[tuple[bytes, bytes]]:
    headers = list(said)
    names = {name.lower() for name, _ in headers}
    added = ALWAYS if POLICY in names else (*ALWAYS, *UNLESS_OWN_POLICY)
    headers += [header for header in added if header[0] not in names]
    if is_lasting:
        headers.append(HSTS)
    return headers
