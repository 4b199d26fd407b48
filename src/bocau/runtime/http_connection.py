"""One HTTP connection: uvicorn's protocol within our limits (RFC 9112).

    bytes → limits of the head → httptools → ASGI task → bytes
                 └ Upgrade → WebSocketConnection (RFC 6455)

Imported late: it brings uvicorn, httptools and websockets with it.
"""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from bocau.runtime.connection import STOPPING_CLOSE_SECONDS

HEAD_BYTES_MAX: Final = 64 * 1024
"""Request line and header fields; a cookie or two, a token, and room."""
HEADERS_MAX: Final = 100
TARGET_BYTES_MAX: Final = 16 * 1024
PIPELINED_MAX: Final = 16
"""Requests that a client may send before it has heard the answer to the first."""
HEAD_SECONDS: Final = 30.0
"""From the first byte of a request to the end of its header fields."""
BODY_PAUSE_SECONDS: Final = 30.0
BODY_BYTES_PER_PAUSE: Final = 15 * 1024
"""A body that comes slower than this in such a time is not waited for."""
FRAMING_BYTES_MAX: Final = 64 * 1024
"""Chunk sizes, their extensions and trailers that may come without an octet of the body between."""
UNREAD_SECONDS: Final = 300.0
"""How long a client may leave our answer unread."""
FRAGMENTS_MAX: Final = 16 * 1024
"""Of one message; empty ones cost a client nothing (RFC 6455 §5.4)."""
TOO_BIG: Final = 1009
NO_TEXT: Final = 1007


class BadRequest(Exception):
    """Raised within the parser's callbacks; ends the connection with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class HttpConnection(HttpToolsProtocol):
    """One connection, many requests. `gone` is done when it is closed, WebSocket or not."""

    gone: "asyncio.Future[None]"

    def __init__(
        self, config: Any, state: Any, gone: "asyncio.Future[None]", alpn_refused: frozenset[str]
    ) -> None:
        super().__init__(config, state, {})
        self.gone = gone
        self._alpn_refused = alpn_refused
        self._in_head = True
        self._head_bytes = 0
        self._head_at = 0.0
        self._refusal = 400
        self._body_bytes = 0
        self._body_at = 0.0
        self._body_bytes_then = 0
        self._framing_bytes = 0
        self._unread_at = 0.0

    # --- called by the event loop ---------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_at = self.loop.time()
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() in self._alpn_refused:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            if not self._head_bytes:
                self._head_at = self.loop.time()
            self._head_bytes += len(data)
        self._framing_bytes += len(data)
        super().data_received(data)
        if self._in_head:
            self._framing_bytes = 0
        if self._head_bytes > HEAD_BYTES_MAX or self._framing_bytes > FRAMING_BYTES_MAX:
            self._refuse(431)

    def pause_writing(self) -> None:
        self._unread_at = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread_at = 0.0
        super().resume_writing()

    # --- called by the parser -------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if len(self.pipeline) >= PIPELINED_MAX:
            self._stop(429)
        self._in_head = True
        self._headers_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > TARGET_BYTES_MAX:
            self._stop(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            # A trailer is no header field, whoever stripped or checked those before us (RFC 9110 §6.5.1).
            return
        super().on_header(name, value)
        self._headers_bytes += len(name) + len(value) + 4
        if len(self.headers) > HEADERS_MAX or self._headers_bytes > HEAD_BYTES_MAX:
            self._stop(431)

    def on_headers_complete(self) -> None:
        self._check_head()
        self._in_head = False
        self._head_bytes = 0
        self._body_at, self._body_bytes, self._body_bytes_then = self.loop.time(), 0, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        self._framing_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._head_bytes = 0

    def _check_head(self) -> None:
        """What a proxy before us might read in another way is refused (RFC 9112 §6.3, §3.2)."""
        hosts = lengths = codings = 0
        for name, _ in self.headers:
            hosts += name == b"host"
            lengths += name == b"content-length"
            codings += name == b"transfer-encoding"
        is_old = self.parser.get_http_version() != "1.1"
        if hosts > 1 or (not hosts and not is_old):
            self._stop(400)
        if lengths > 1 or codings > 1 or (lengths and codings) or (codings and is_old):
            self._stop(400)
        if self.parser.should_upgrade() and self._should_upgrade():
            self._check_upgrade(has_body=bool(lengths or codings))

    def _check_upgrade(self, *, has_body: bool) -> None:
        """A handshake is a GET without a body (RFC 6455 §4.1), and nothing else is being answered."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if self.parser.get_method() != b"GET" or has_body or is_answering:
            self._stop(400)

    def _stop(self, status: int) -> None:
        self._refusal = status
        raise BadRequest(status)

    # --- ends -----------------------------------------------------------------------

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal)

    def _refuse(self, status: int) -> None:
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            # An answer is under way: words in the middle of it would be taken for its body.
            self.transport.abort()
            return
        text = HTTPStatus(status).phrase.encode("ascii") + b"\n"
        self.transport.write(
            b"".join(
                (
                    STATUS_LINE[status],
                    b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n" % len(text),
                    b"connection: close\r\n\r\n",
                    text,
                )
            )
        )
        self.transport.close()

    def handle_websocket_upgrade(self) -> None:
        transport = self.transport
        super().handle_websocket_upgrade()
        cast(WebSocketConnection, transport.get_protocol()).begin(self.gone)

    def is_late(self, now: float) -> bool:
        """Whether the client is slower than the limits allow."""
        if self._unread_at and now - self._unread_at > UNREAD_SECONDS:
            return True
        if not self._in_head:
            return not self.flow.read_paused and self._body_is_late(now)
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        return self.timeout_keep_alive_task is None and now - self._head_at > HEAD_SECONDS

    def _body_is_late(self, now: float) -> bool:
        if now - self._body_at < BODY_PAUSE_SECONDS:
            return False
        is_late = self._body_bytes - self._body_bytes_then < BODY_BYTES_PER_PAUSE
        self._body_at, self._body_bytes_then = now, self._body_bytes
        return is_late

    def stop(self) -> None:
        """Finish the answer that is under way, then close."""
        protocol = self.transport.get_protocol()
        if isinstance(protocol, WebSocketConnection):
            protocol.stop()
        elif not self.transport.is_closing():
            self.shutdown()
            if self.transport.is_closing() and not self._unread_at:
                # It was idle. Over TLS its goodbye is waited for, which a client that sleeps never says.
                self.loop.call_later(STOPPING_CLOSE_SECONDS, self.transport.abort)

    def abort(self) -> None:
        self.transport.abort()


class WebSocketConnection(WebSocketsSansIOProtocol):
    """The same connection after its upgrade. Who does not read is not heard: no answers or pongs pile up."""

    gone: "asyncio.Future[None] | None" = None
    _unread_at = 0.0

    def begin(self, gone: "asyncio.Future[None]") -> None:
        """The request was taken over; what it says may be refused already."""
        self.gone = gone
        if self.conn.handshake_exc is not None:
            # The base class waits for events; there are none.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread_at = 0.0
        super().connection_lost(exc)
        if self.gone is not None and not self.gone.done():
            self.gone.set_result(None)

    def pause_writing(self) -> None:
        self._unread_at = self.loop.time()
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._unread_at = 0.0
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    async def receive(self) -> Any:
        message = await super().receive()
        if self._unread_at and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    def handle_cont(self, event: Any) -> None:
        if len(self.frames) >= FRAGMENTS_MAX:
            self.conn.fail(TOO_BIG, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_utf8(self.frames):
            # The base class would log it as a failure of ours (RFC 6455 §8.1).
            self.conn.fail(NO_TEXT, "no UTF-8")
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        """Returns once nearly all of it is on its way: what waits for the client is in the sender's count."""
        await super().send(message)
        await self.writable.wait()
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # A refusal is an answer, too: without this it is logged as a bug of the application.
            self.handshake_complete = True

    def is_late(self, now: float) -> bool:
        """Whether the client does not read; silence is noticed by pings."""
        return bool(self._unread_at) and now - self._unread_at > UNREAD_SECONDS

    def stop(self) -> None:
        if not self.transport.is_closing():
            self.shutdown()

    def abort(self) -> None:
        self.transport.abort()


def _is_utf8(frames: Iterable[bytes]) -> bool:
    """A character may go on in the next frame."""
    try:
        b"".join(frames).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
