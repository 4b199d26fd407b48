"""/view/… the body of a message as a page of its own; /cid/… its images; /px/… images from elsewhere.

All three are opened by signed addresses (`services.jmap.viewing.seal`), without a cookie. The page's header
is the first wall against what it shows: nothing but images of these routes and styles in the page is allowed,
no script, no form, no frame, and only this server may frame it.
"""

import re
from typing import Final

from bocau.formats.image_types import SNIFFED_BYTES, image_type
from bocau.formats.text import decoded_octets
from bocau.runtime.asgi import Headers, Receive, Scope, Send, header, respond
from bocau.services.jmap.context import JmapRooms
from bocau.services.jmap.viewing.opened import NothingToShow, computed, part_of
from bocau.services.jmap.viewing.shown import Options
from bocau.services.jmap.viewing.viewing import Viewing
from bocau.services.web.image_proxy import ImageProxy
from bocau.services.web.routes import READING, Access, Route
from bocau.services.web.tickets import ticket_of
from bocau.store import BlobLost

HTML: Final = b"text/html; charset=utf-8"
SANDBOX: Final = "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
"""As the frame's own attribute; never allow-scripts."""
KEPT: Final = (b"cache-control", b"private, max-age=1800")
NOT_KEPT: Final = (b"cache-control", b"no-store")
IMAGE_BYTES_MAX: Final = 20 * 1024 * 1024
IMAGE_POLICY: Final = b"default-src 'none'; sandbox"
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_ANSWERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-robots-tag", b"noindex"),
)


def view_routes(rooms: JmapRooms, viewing: Viewing, proxy: ImageProxy) -> list[Route]:
    """For the web's table of routes."""
    shown = ShownMail(rooms, viewing, proxy)
    return [
        Route("/view/", READING, Access.SIGNED, shown.page),
        Route("/cid/", READING, Access.SIGNED, shown.part),
        Route("/px/", READING, Access.SIGNED, shown.remote),
    ]


def page_policy(scope: Scope) -> bytes:
    """The Content-Security-Policy of a shown body."""
    host, scheme = header(scope, b"host"), scope["scheme"]
    places = f"{scheme}://{host}/cid/ {scheme}://{host}/px/" if _HOST.match(host) else "'self'"
    return "; ".join(
        (
            "default-src 'none'",
            f"img-src data: {places}",
            "style-src 'unsafe-inline'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
            SANDBOX,
        )
    ).encode("latin-1")


class ShownMail:
    def __init__(self, rooms: JmapRooms, viewing: Viewing, proxy: ImageProxy) -> None:
        self._rooms = rooms
        self._viewing = viewing
        self._proxy = proxy

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        ticket = ticket_of(self._rooms, self._viewing, scope, "view")
        if ticket is None:
            await _gone(send)
            return
        options = Options(ticket.shows_images, ticket.scheme, ticket.language)
        try:
            shown = await self._viewing.shown(
                self._rooms, ticket.account_id, ticket.email_id, ticket.path, options
            )
        except (NothingToShow, BlobLost):
            await _gone(send)
            return
        body = self._viewing.page_of(shown, ticket).encode("utf-8", "replace")
        await respond(send, 200, body, HTML, _headers(page_policy(scope), NOT_KEPT))

    async def part(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An image of the message itself; nothing but an image, whatever its Content-Type says."""
        ticket = ticket_of(self._rooms, self._viewing, scope, "part")
        if ticket is None:
            await _gone(send)
            return
        try:
            data, part = await part_of(self._rooms, ticket.account_id, ticket.email_id, ticket.path)
        except (NothingToShow, BlobLost):
            await _gone(send)
            return
        octets = b""
        if not part.children:
            octets = await computed(data, lambda: decoded_octets(data, part, IMAGE_BYTES_MAX))
        kind = image_type(octets[:SNIFFED_BYTES])
        if kind is None:
            await _gone(send)
            return
        await respond(send, 200, octets, kind.encode("ascii"), _headers(IMAGE_POLICY, KEPT))

    async def remote(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An image from elsewhere, fetched by the server; a placeholder when there is none."""
        ticket = ticket_of(self._rooms, self._viewing, scope, "remote")
        if ticket is None:
            await _gone(send)
            return
        image, is_real = await self._proxy.image(ticket.account_id, ticket.path)
        kept = KEPT if is_real else (b"cache-control", b"private, max-age=60")
        await respond(send, 200, image.data, image.type.encode("ascii"), _headers(IMAGE_POLICY, kept))


async def _gone(send: Send) -> None:
    await respond(send, 404, b"There is nothing here (any more).\n", more=_headers(IMAGE_POLICY, NOT_KEPT))


def _headers(policy: bytes, kept: tuple[bytes, bytes]) -> Headers:
    return [(b"content-security-policy", policy), kept, *_ANSWERS]
