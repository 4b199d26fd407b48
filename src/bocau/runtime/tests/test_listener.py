"""Accepting: limits, descriptors, errors of handlers, the end."""

import asyncio
import os
import resource
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from bocau.base.errors import InUse
from bocau.runtime import listener as listener_module
from bocau.runtime.connection import Connection
from bocau.runtime.dial import dial
from bocau.runtime.listener import Admission, Limits, Listener
from bocau.runtime.log import configure, get_log
from bocau.runtime.sockets import bind_tcp, bind_unix
from bocau.runtime.tests.conftest import Run, listening
from bocau.runtime.tls import ServerTlsContext


async def _greet(connection: Connection) -> None:
    connection.write(b"hello\r\n")
    await connection.flush()
    while await connection.read(5):
        pass


def test_one_connection_too_many_is_told_and_room_is_free_again_later(run: Run) -> None:
    async def main() -> None:
        limits = Limits(connections_max=2)
        async with listening(_greet, limits=limits, busy_line=b"421 busy\r\n") as listener:
            clients = [await dial(*listener.address, timeout_seconds=5) for _ in range(3)]
            assert [await client.read(5) for client in clients] == [
                b"hello\r\n",
                b"hello\r\n",
                b"421 busy\r\n",
            ]
            for client in clients:
                await client.close()
            again = await dial(*listener.address, timeout_seconds=5)
            assert await again.read(5) in (b"hello\r\n", b"421 busy\r\n")
            await again.close()

    run(main())


def test_limits_are_per_address_and_per_ipv6_network() -> None:
    admission = Admission(Limits(connections_max=100, per_client_max=2))
    keys = [admission.admit("192.0.2.1"), admission.admit("192.0.2.1")]
    with pytest.raises(PermissionError):
        admission.admit("192.0.2.1")
    admission.admit("192.0.2.2")
    admission.admit("2001:db8::1")
    admission.admit("2001:db8::2")
    with pytest.raises(PermissionError):
        admission.admit("2001:db8::ffff")
    admission.admit("2001:db8:0:1::1")
    admission.release(keys[0])
    admission.admit("192.0.2.1")
    # Another service counts for itself, and may allow less.
    admission.admit("192.0.2.1", "smtp", 1)
    with pytest.raises(PermissionError):
        admission.admit("192.0.2.1", "smtp", 1)


def test_loopback_is_exempt_only_when_it_shall_be() -> None:
    admission = Admission(Limits(per_client_max=1))
    for host in ("127.0.0.1", "127.0.0.1", "::1", "::1", "", ""):
        admission.admit(host)
    strict = Admission(Limits(per_client_max=1, exempts_loopback=False))
    strict.admit("127.0.0.1")
    with pytest.raises(PermissionError):
        strict.admit("127.0.0.2")


def test_connections_leave_descriptors_for_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "_files_max", lambda: 128)
    admission = Admission(Limits(per_client_max=1000))
    for _ in range(128 - listener_module.FILES_RESERVED):
        admission.admit("192.0.2.1")
    with pytest.raises(PermissionError):
        admission.admit("192.0.2.1")


def test_without_descriptors_the_loop_rests_and_then_serves_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "ACCEPT_PAUSE_SECONDS", 0.2)

    async def main() -> None:
        accepts = 0
        async with listening(_greet, busy_line=b"421 busy\r\n") as listener:
            accept = listener._accept

            def counted() -> None:
                nonlocal accepts
                accepts += 1
                accept()

            monkeypatch.setattr(listener, "_accept", counted)
            asyncio.get_running_loop().remove_reader(listener._sock.fileno())
            clients = [socket.socket() for _ in range(3)]
            for client in clients:
                client.settimeout(5)
            old = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (_next_descriptor(), old[1]))
            try:
                for client in clients:
                    client.connect(listener.address)
                listener.start()
                # The spare descriptor answers one client; the others wait in the backlog.
                await asyncio.sleep(0.1)
                assert accepts == 1, "the loop spins"
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, old)
            replies = [await asyncio.to_thread(client.recv, 100) for client in clients]
            assert sorted(replies) == [b"421 busy\r\n", b"hello\r\n", b"hello\r\n"]
            for client in clients:
                client.close()

    run(main())


def _next_descriptor() -> int:
    file = os.open(os.devnull, os.O_RDONLY)
    os.close(file)
    return file


@pytest.fixture
def lines() -> Any:
    written: list[bytes] = []
    configure(as_json=True, write=written.append)
    yield written
    configure()


@pytest.mark.parametrize("error", [AssertionError("our bug"), ValueError("unexpected"), OSError("disk")])
def test_an_error_of_a_handler_is_logged_once_and_hidden_from_the_client(
    run: Run, lines: list[bytes], error: Exception
) -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            connection.write(b"hello\r\n")
            raise error

        async with listening(handler) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            assert await client.read(5) == b"hello\r\n"
            assert await client.read(5) == b""
            await client.close()
            good = await dial(*listener.address, timeout_seconds=5)
            await good.close()

    run(main())
    failed = [line for line in lines if b"session failed" in line]
    assert len(failed) == 2
    assert b"traceback" in failed[0] and str(error).encode() in failed[0]


def test_a_session_that_does_not_end_is_dropped_after_the_grace(run: Run) -> None:
    async def main() -> None:
        ended = asyncio.Event()

        async def stubborn(connection: Connection) -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.set()

        async with listening(stubborn) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            await asyncio.sleep(0.05)
            await listener.stop(0.05)
            assert ended.is_set()
            assert await client.read(5) == b""
            await client.close()

    run(main())


def test_a_stalled_handshake_does_not_delay_the_stop(run: Run, server_tls: ServerTlsContext) -> None:
    async def main() -> None:
        async with listening(_greet, tls_context=server_tls) as listener:
            with socket.create_connection(listener.address):
                async with asyncio.timeout(2):
                    while not listener._tasks:  # noqa: ASYNC110
                        await asyncio.sleep(0)
                    await listener.stop(60)

    run(main())


def test_two_loops_share_one_socket_and_serve_all(server_tls: ServerTlsContext) -> None:
    [sock] = bind_tcp("127.0.0.1", 0)

    async def main() -> None:
        twin = sock.dup()
        listeners = [Listener(each, _greet, log=get_log("test")) for each in (sock, twin)]
        for listener in listeners:
            listener.start()
        clients = [await dial(*sock.getsockname(), timeout_seconds=5) for _ in range(10)]
        assert [await client.read(5) for client in clients] == [b"hello\r\n"] * 10
        for client in clients:
            await client.close()
        for listener in listeners:
            await listener.stop(1)

    asyncio.run(main())


def test_a_unix_socket_is_served_replaced_when_stale_and_refused_when_live(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"

    async def main() -> None:
        bind_unix(path).close()
        sock = bind_unix(path)
        assert path.stat().st_mode & 0o777 == 0o660
        with pytest.raises(InUse):
            bind_unix(path)
        listener = Listener(sock, _greet, log=get_log("test"))
        listener.start()
        client = await dial(str(path), 0, timeout_seconds=5)
        replies = await client.read(5)
        assert replies == b"hello\r\n"
        await client.close()
        await listener.stop(1)

    run(main())


def test_a_taken_port_is_named() -> None:
    [sock] = bind_tcp("127.0.0.1", 0)
    port = sock.getsockname()[1]
    with sock, pytest.raises(InUse, match=str(port)):
        bind_tcp("127.0.0.1", port)


def test_dialling_fails_clearly(run: Run, server_tls: ServerTlsContext, client_tls: ssl.SSLContext) -> None:
    from bocau.base.errors import PeerGone
    from bocau.runtime.connection import DeadlinePassed

    async def main() -> None:
        [sock] = bind_tcp("127.0.0.1", 0)
        address = sock.getsockname()
        sock.close()
        with pytest.raises(PeerGone, match="refused"):
            await dial(*address, timeout_seconds=5)
        async with listening(_greet) as listener:
            # It speaks plain text where a handshake is expected.
            with pytest.raises(PeerGone, match="TLS"):
                await dial(*listener.address, timeout_seconds=5, tls_context=client_tls, server_name="x")
        [silent] = bind_tcp("127.0.0.1", 0)
        with silent, pytest.raises(DeadlinePassed):
            await dial(*silent.getsockname(), timeout_seconds=0.05, tls_context=client_tls, server_name="x")

    run(main())
