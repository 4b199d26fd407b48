"""The web side of a worker: loaded after the mail side answers, because it takes a moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.app.rooms import Rooms
from bocau.runtime.child import Child
from bocau.runtime.listener import Admission
from bocau.runtime.log import get_log
from bocau.runtime.tls import ServerTlsContext

if TYPE_CHECKING:
    from bocau.runtime.asgi import AsgiApp
    from bocau.runtime.http import HttpHost, HttpListener

IMAGES_NAME: Final = "images"
"""A folder beside the database: fetched images, a cache."""
RETRY_SECONDS: Final = 5.0
"""After the disk could not be read."""
MODULES: Final = (
    "bocau.runtime.http",
    "bocau.runtime.http_entrance",
    "bocau.runtime.http_proxies",
    "bocau.services.jmap.application",
    "bocau.services.jmap.viewing.seal",
    "bocau.services.jmap.viewing.viewing",
    "bocau.services.web.application",
    "bocau.services.web.headers",
    "bocau.services.web.image_proxy",
    "bocau.services.web.sessions",
    "bocau.services.web.view",
)
"""All that `application` needs; imported while the mail side answers."""

_log = get_log("web")


@asynccontextmanager
async def serving_web(
    child: Child,
    rooms: Rooms,
    contexts: Mapping[str, ServerTlsContext],
    admission: Admission,
    grace_seconds: float,
) -> AsyncIterator[None]:
    """Serve the sockets `http` and `https` within the `async with`; clients wait in their queue till then."""
    if not (child.sockets.get("http") or child.sockets.get("https")):
        yield
        return
    async with AsyncExitStack() as started, asyncio.TaskGroup() as tasks:
        starting = tasks.create_task(_start(started, child, rooms, contexts, admission, grace_seconds))
        try:
            yield
        finally:
            starting.cancel()


async def _start(
    started: AsyncExitStack,
    child: Child,
    rooms: Rooms,
    contexts: Mapping[str, ServerTlsContext],
    admission: Admission,
    grace_seconds: float,
) -> None:
    """Load and listen; `started` holds what is to be ended. Mail goes on while the disk cannot be read."""
    while True:
        try:
            # In a thread: mail is answered between two steps of the interpreter.
            await asyncio.to_thread(_load)
            web = application(rooms, contexts["https"])
            host, listeners = _listeners(child, rooms, contexts, admission, web.app)
            break
        except OSError as exc:
            _log.error("the web side cannot be loaded, trying again", why=str(exc))
            await asyncio.sleep(RETRY_SECONDS)
    started.push_async_callback(web.end)
    started.callback(host.close)
    started.push_async_callback(_stop, listeners, grace_seconds)
    for listener in listeners:
        listener.start()
    started.callback(web.close)


async def _stop(listeners: "list[HttpListener]", grace_seconds: float) -> None:
    await asyncio.gather(*(listener.stop(grace_seconds) for listener in listeners))


def _load() -> None:
    for name in MODULES:
        import_module(name)


def _listeners(
    child: Child,
    rooms: Rooms,
    contexts: Mapping[str, ServerTlsContext],
    admission: Admission,
    app: "AsgiApp",
) -> "tuple[HttpHost, list[HttpListener]]":
    from bocau.runtime.http import HttpHost, HttpListener

    log = get_log("http")
    host = HttpHost(
        app,
        log,
        websocket_bytes_max=rooms.settings.jmap.limits.max_size_request,
    )
    try:
        return host, [
            HttpListener(
                sock,
                host,
                log=log,
                tls_context=contexts["https"] if name == "https" else None,
                admission=admission,
            )
            for name in ("http", "https")
            for sock in child.sockets.get(name, ())
        ]
    except OSError:
        # It is tried again with another.
        host.close()
        raise


class Web(NamedTuple):
    """The root application, what ends its streams, and what ends the processes it has started."""

    app: "AsgiApp"
    close: Callable[[], None]
    end: Callable[[], Awaitable[None]]


def application(rooms: Rooms, https: ServerTlsContext) -> Web:
    """Everything that is served by HTTP."""
    from bocau.runtime.http_entrance import Entrance
    from bocau.runtime.http_proxies import BehindProxies
    from bocau.services.jmap.application import JmapApplication
    from bocau.services.jmap.context import JmapRooms
    from bocau.services.jmap.viewing.seal import Seal
    from bocau.services.jmap.viewing.viewing import Viewing
    from bocau.services.web.application import WebApplication
    from bocau.services.web.headers import Guarded
    from bocau.services.web.image_proxy import ImageProxy
    from bocau.services.web.sessions import CookieSessions
    from bocau.services.web.view import view_routes

    settings = rooms.settings
    viewing = Viewing(Seal(rooms.directory.derived_key), rooms.fetcher, get_log("viewing"))
    proxy = ImageProxy(rooms.fetcher, settings.data_dir / IMAGES_NAME, rooms.clock)
    jmap_rooms = JmapRooms(
        rooms.store,
        rooms.directory,
        rooms.flow,
        rooms.clock,
        rooms.doorbell,
        get_log("jmap"),
        settings.jmap,
        viewing=viewing,
    )
    sessions = CookieSessions(rooms.directory)
    jmap = JmapApplication(jmap_rooms, sessions)
    entrance = Entrance(
        WebApplication(jmap_rooms, jmap, sessions, more=view_routes(jmap_rooms, viewing, proxy)),
        names=settings.web_names,
        https_port=settings.https_port,
        allows_plain_on_loopback=settings.file.login.plain_on_loopback,
    )
    guarded = Guarded(entrance, is_trusted=lambda: not https.is_self_signed)
    app = BehindProxies(guarded, frozenset(settings.file.web.proxies))
    return Web(app, jmap.close, viewing.close)
