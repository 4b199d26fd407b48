"""HTTP on our sockets: uvicorn's protocols, our listener, our TLS (RFC 9110, RFC 9112).

    listening socket → accept, admission → TLS (ALPN http/1.1) → HttpConnection → ASGI application

uvicorn's own server is not used: it takes signals, configures logging and accepts without limits.
"""

import asyncio
import logging
import socket
import ssl
from email.utils import formatdate
from typing import Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from bocau.base.errors import PeerGone
from bocau.runtime.asgi import AsgiApp
from bocau.runtime.connection import Connection
from bocau.runtime.http_connection import HttpConnection, WebSocketConnection
from bocau.runtime.listener import Admission, Listener
from bocau.runtime.log import Log
from bocau.runtime.tls import ServerTlsContext

TICK_SECONDS: Final = 1.0
"""How often the Date header is made and slow clients are looked for."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long a connection may stay open between two requests."""
HANDSHAKE_SECONDS: Final = 30.0
WEBSOCKET_PING_SECONDS: Final = 60.0
HTTP_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 10\r\nconnection: close\r\n\r\n"
)


class _ToOurLog(logging.Handler):
    """What uvicorn has to say, on our log: exceptions of applications only."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.ERROR)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, asyncio.CancelledError | PeerGone | OSError):
            return  # The server stops, or the client has gone: nothing is wrong.
        if error is not None:
            self._log.exception("a request failed", error)
        else:
            self._log.error(record.getMessage()[:200])


class HttpHost:
    """What the HTTP listeners of one process share: the application, the time, the connections."""

    def __init__(self, app: AsgiApp, log: Log, *, websocket_bytes_max: int) -> None:
        self._silence(log)
        self.config = Config(
            app,
            http=HttpConnection,
            ws=WebSocketConnection,
            ws_max_size=websocket_bytes_max,
            ws_per_message_deflate=False,
            ws_ping_interval=WEBSOCKET_PING_SECONDS,
            ws_ping_timeout=WEBSOCKET_PING_SECONDS,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self.config.load()
        self.state = ServerState()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._tick()

    @staticmethod
    def _silence(log: Log) -> None:
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
            logger = logging.getLogger(name)
            logger.handlers = [_ToOurLog(log)] if name == "uvicorn.error" else []
            logger.propagate = False
            logger.setLevel(logging.ERROR)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK_SECONDS, self._tick)
        self.state.default_headers = [(b"date", formatdate(usegmt=True).encode("ascii"))]
        now = self._loop.time()
        for connection in tuple(self.state.connections):
            if connection.is_late(now):  # type: ignore[union-attr]
                connection.abort()  # type: ignore[union-attr]

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class HttpListener(Listener):
    """One listening socket of the host."""

    def __init__(
        self,
        sock: socket.socket,
        host: HttpHost,
        *,
        log: Log,
        tls_context: ssl.SSLContext | None,
        admission: Admission,
    ) -> None:
        super().__init__(
            sock,
            _no_session,
            log=log,
            tls_context=tls_context,
            admission=admission,
            busy_line=HTTP_BUSY,
            group="http",
        )
        self._host = host

    async def _serve(self, sock: socket.socket, client: str) -> None:
        try:
            connection = await self._connect(sock)
            if connection is None:
                return
            self._opening.discard(asyncio.current_task())
            self._connections.add(connection)
            try:
                await connection.gone
            finally:
                self._connections.discard(connection)
        finally:
            self._admission.release(client)

    async def _connect(self, sock: socket.socket) -> HttpConnection | None:
        context = self._tls_context
        refused = context.alpn_refused if isinstance(context, ServerTlsContext) else frozenset[str]()
        connection = HttpConnection(self._host.config, self._host.state, self._loop.create_future(), refused)
        try:
            await self._loop.connect_accepted_socket(
                lambda: connection,
                sock,
                ssl=context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if context is not None else None,
            )
        except (OSError, ssl.SSLError) as exc:
            self._log.debug("no connection", error=str(exc))
            sock.close()
            return None
        return connection


async def _no_session(connection: Connection) -> None:
    raise AssertionError("HTTP connections are served by their protocol")
