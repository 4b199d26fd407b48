import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from bocau.runtime.connection import Connection
from bocau.runtime.listener import Admission, Limits, Listener
from bocau.runtime.log import get_log
from bocau.runtime.sockets import bind_tcp
from bocau.runtime.tls import ServerTlsContext, ensure_self_signed, server_context

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a coroutine on each event loop, with a deadline."""

    def runner(main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=request.param) as on_loop:
            return on_loop.run(asyncio.wait_for(main, 20))

    return runner


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    directory = tmp_path_factory.mktemp("tls")
    paths = directory / "certificate.pem", directory / "key.pem"
    assert ensure_self_signed(*paths, ["mail.demo.test", "127.0.0.1"])
    return paths


@pytest.fixture
def server_tls(certificate: tuple[Path, Path]) -> ServerTlsContext:
    return server_context(*certificate, protocol="imap")


@pytest.fixture
def client_tls() -> Iterator[ssl.SSLContext]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    yield context


@asynccontextmanager
async def listening(
    handler: Callable[[Connection], Awaitable[None]],
    *,
    tls_context: ssl.SSLContext | None = None,
    limits: Limits = Limits(),
    busy_line: bytes = b"",
) -> AsyncIterator[Listener]:
    [sock] = bind_tcp("127.0.0.1", 0)
    admission = Admission(limits)
    listener = Listener(
        sock,
        handler,
        log=get_log("test"),
        tls_context=tls_context,
        admission=admission,
        busy_line=busy_line,
    )
    listener.start()
    try:
        yield listener
    finally:
        await listener.stop(1)
        assert admission.count == 0
