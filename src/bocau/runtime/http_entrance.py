"""Who may come in by which name: Host checked, plain HTTP sent on to HTTPS (RFC 9110 §7.2, §15.4.9).

A page of another site whose name its owner points at this server (DNS rebinding) gets nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from bocau.runtime.asgi import AsgiApp, Receive, Scope, Send, client_host, header, respond

LOCALHOST: Final = "localhost"
WRONG_NAME: Final = "This server does not go by that name.\nMáy chủ này không mang tên đó.\n".encode()
ONLY_SECURE: Final = "Only by https.\nChỉ nhận kết nối https.\n".encode()
_PORT_OF: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Entrance:
    """The outermost application."""

    app: AsgiApp
    names: Collection[str]
    """Names of this server; its addresses and "localhost" need not be among them."""
    https_port: int
    """Where plain HTTP is sent on to; 0: nowhere."""
    allows_plain_on_loopback: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        host = _host_name(header(scope, b"host"))
        if host is None or not self._is_ours(host):
            await _refuse(scope, send, 421, WRONG_NAME)
        elif scope["scheme"] in ("https", "wss") or self._may_be_plain(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and self.https_port and scope["method"] in ("GET", "HEAD"):
            await respond(send, 308, b"", b"", [(b"location", self._secure_url(scope, host))])
        else:
            await _refuse(scope, send, 403, ONLY_SECURE)

    def _is_ours(self, host: str) -> bool:
        return host in self.names or host == LOCALHOST or _is_address(host)

    def _may_be_plain(self, scope: Scope) -> bool:
        host = client_host(scope)
        return self.allows_plain_on_loopback and (not host or ip_address(host).is_loopback)

    def _secure_url(self, scope: Scope, host: str) -> bytes:
        port = "" if self.https_port == _PORT_OF["https"] else f":{self.https_port}"
        shown = f"[{host}]" if ":" in host else host
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        path: bytes = scope["raw_path"]
        return f"https://{shown}{port}".encode("ascii") + path + query


def _host_name(field: str) -> str | None:
    """The name or address in a Host field, without its port; None when it is none."""
    if field.startswith("["):
        name, bracket, rest = field[1:].partition("]")
        if not bracket:
            return None
    else:
        name, colon, port = field.partition(":")
        rest = colon + port
    if rest and not (rest.startswith(":") and rest[1:].isascii() and (rest[1:].isdigit() or rest == ":")):
        return None
    return name.lower().removesuffix(".") if name.isascii() and name else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def _refuse(scope: Scope, send: Send, status: int, text: bytes) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await respond(send, status, text)
