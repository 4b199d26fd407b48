"""A proxy before us that ends TLS: what it says of its clients is believed, of nobody else (RFC 7239 §8.1).

    browser ── https ──→ proxy ── http, X-Forwarded-Proto, X-Forwarded-For ──→ BehindProxies → application

Without this everybody behind it would be one client: one person's wrong passwords would lock out all.
"""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from bocau.runtime.asgi import AsgiApp, Receive, Scope, Send, client_host

FORWARDED_MAX: Final = 50
"""Addresses of X-Forwarded-For that are looked at, from the last."""
_SECURE: Final = {"http": "https", "ws": "wss"}


@dataclass(frozen=True, slots=True)
class BehindProxies:
    """The outermost application. `proxies`: their addresses, as `str(ip_address(…))` writes them."""

    app: AsgiApp
    proxies: Collection[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.proxies and scope["type"] != "lifespan" and _plain(client_host(scope)) in self.proxies:
            scope = self._seen_through(scope)
        await self.app(scope, receive, send)

    def _seen_through(self, scope: Scope) -> Scope:
        found = dict(scope)
        if _values(scope, b"x-forwarded-proto")[-1:] == ["https"]:
            found["scheme"] = _SECURE.get(scope["scheme"], scope["scheme"])
        client = self._client(_values(scope, b"x-forwarded-for"))
        if client:
            found["client"] = (client, 0)
        return found

    def _client(self, said: list[str]) -> str:
        """The last that is no proxy of ours: what stands before it the client may have made up itself. "" for
        none that can be read."""
        for text in reversed(said[-FORWARDED_MAX:]):
            address = _plain(text)
            if address not in self.proxies:
                return address
        return ""


def _values(scope: Scope, name: bytes) -> list[str]:
    """The members of a list field, over all its lines (RFC 9110 §5.3)."""
    lines = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return [member.strip(" \t") for member in ",".join(lines).split(",")] if lines else []


def _plain(text: str) -> str:
    """An address in its one spelling; "" when it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
