"""Where a request comes from: a page of ours, or somebody else's (F-5).

Browsers say it twice, in Origin and in Sec-Fetch-Site, and let no page change that. A program that is no
browser says neither; it cannot be tricked into sending somebody's cookie.
"""

from typing import Final

from bocau.runtime.asgi import Scope, header

_OWN_SITES: Final = ("", "same-origin")
_WEB_SCHEMES: Final = {"ws": "http", "wss": "https"}


def own_origin(scope: Scope) -> str:
    """ "https://mail.example.org"; the Host field was checked before (runtime.http_entrance)."""
    scheme = _WEB_SCHEMES.get(scope["scheme"], scope["scheme"])
    return f"{scheme}://{header(scope, b'host').lower()}"


def may_change(scope: Scope) -> bool:
    """Whether a request that changes something comes from a page of ours, or from no page at all."""
    origin = header(scope, b"origin").lower()
    return origin in ("", own_origin(scope)) and header(scope, b"sec-fetch-site") in _OWN_SITES


def may_connect(scope: Scope) -> bool:
    """The same for a WebSocket, which carries no token: a browser always names the page (RFC 6455 §10.2)."""
    return bool(header(scope, b"origin")) and may_change(scope)


def may_read(scope: Scope) -> bool:
    """Whether a reading request may use a cookie: not when another site's page asks. A person who follows a
    link or types an address may."""
    origin = header(scope, b"origin").lower()
    is_foreign = header(scope, b"sec-fetch-site") in ("cross-site", "same-site")
    is_followed = header(scope, b"sec-fetch-mode") == "navigate" and header(scope, b"sec-fetch-dest") in (
        "document",
        "",
    )
    return origin in ("", own_origin(scope)) and (not is_foreign or is_followed)
