"""Real sockets on 127.0.0.1, both event loops."""

import asyncio
import hashlib
import socket
import ssl

import pytest

from bocau.base.errors import PeerGone
from bocau.runtime.connection import (
    INBOX_PAUSE_BYTES,
    OUTGOING_SEND_BYTES,
    RECEIVE_BUFFER_BYTES,
    Connection,
    DeadlinePassed,
    Stopping,
    send_stream,
)
from bocau.runtime.conversation import converse
from bocau.runtime.dial import dial
from bocau.runtime.tests.conftest import Run, listening
from bocau.runtime.tls import ServerTlsContext


async def _echo(connection: Connection) -> None:
    while data := await connection.read(10):
        connection.write(data)
        await connection.flush()


async def _read_exactly(connection: Connection, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = await connection.read(10)
        assert piece, f"ended after {len(data)} octets"
        data += piece
    return data


def test_what_is_written_arrives_and_addresses_are_known(run: Run) -> None:
    async def main() -> None:
        async with listening(_echo) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(b"one ", memoryview(b"two"))
            await client.flush()
            assert await _read_exactly(client, 7) == b"one two"
            assert (client.peer_host, client.peer_port) == listener.address
            assert client.local_host == "127.0.0.1" and client.local_port > 0
            await client.close()

    run(main())


def test_silence_ends_at_the_deadline_and_a_later_read_has_its_own(run: Run) -> None:
    async def main() -> None:
        async with listening(_echo) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(b"x")
            await client.flush()
            assert await client.read(600) == b"x"
            # The timer of the long deadline must not hold back the short one.
            with pytest.raises(DeadlinePassed):
                await client.read(0.02)
            client.write(b"y")
            await client.flush()
            assert await client.read(10) == b"y"
            await client.close()

    run(main())


def test_a_reader_that_is_slow_holds_a_bounded_inbox(run: Run) -> None:
    async def main() -> None:
        sizes: list[int] = []
        total = 8 * 1024 * 1024
        done = asyncio.Event()

        async def slow(connection: Connection) -> None:
            received = 0
            while received < total:
                await asyncio.sleep(0.001)
                data = await connection.read(10)
                sizes.append(len(data))
                received += len(data)
            done.set()

        async with listening(slow) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(b"x" * total)
            await client.flush()
            await done.wait()
            await client.close()
        assert max(sizes) <= INBOX_PAUSE_BYTES + RECEIVE_BUFFER_BYTES
        assert max(sizes) > INBOX_PAUSE_BYTES, "the limit was never reached: the test proves nothing"

    run(main())


def test_flush_waits_for_a_peer_that_does_not_read(run: Run) -> None:
    async def main() -> None:
        outcome: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

        async def flood(connection: Connection) -> None:
            try:
                while True:
                    connection.write(b"x" * 300_000)
                    assert connection.wants_flush
                    await connection.flush(0.1)
            except PeerGone as exc:
                outcome.set_result(exc)
            connection.abort()

        async with listening(flood) as listener:
            with socket.create_connection(listener.address):
                assert isinstance(await outcome, DeadlinePassed)

    run(main())


def test_a_stream_is_sent_piece_by_piece(run: Run) -> None:
    async def main() -> None:
        async def pieces():  # type: ignore[no-untyped-def]
            for number in range(100):
                yield bytes([number]) * 50_000

        async def handler(connection: Connection) -> None:
            await send_stream(connection, pieces())
            await connection.flush()

        async with listening(handler) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            data = await _read_exactly(client, 5_000_000)
            assert data == b"".join(bytes([number]) * 50_000 for number in range(100))
            assert await client.read(5) == b""
            await client.close()

    run(main())


def test_a_half_closed_client_still_gets_its_answer(run: Run) -> None:
    async def main() -> None:
        async def answer_at_the_end(connection: Connection) -> None:
            data = b""
            while piece := await connection.read(5):
                data += piece
            connection.write(b"got " + data)

        async with listening(answer_at_the_end) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            writer.write(b"QUIT")
            writer.write_eof()
            assert await reader.read() == b"got QUIT"
            writer.close()

    run(main())


def test_last_words_survive_input_that_nobody_read(run: Run) -> None:
    """Closing a socket over unread input resets it, and the client never sees why."""

    async def main() -> None:
        async def refuse(connection: Connection) -> None:
            await connection.readable(5)
            connection.write(b"421 go away\r\n")

        async with listening(refuse) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            writer.write(b"x" * 1_000_000)
            assert await reader.read() == b"421 go away\r\n"
            writer.close()

    run(main())


def test_wake_ends_readable_without_input_also_when_it_came_first(run: Run) -> None:
    async def main() -> None:
        async with listening(_echo) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.wake()
            await client.readable(5)
            assert not client.has_input
            asyncio.get_running_loop().call_later(0.01, client.wake)
            await client.readable(5)
            assert not client.has_input
            client.write(b"x")
            await client.flush()
            asyncio.get_running_loop().call_soon(client.wake)
            assert await client.read(5) == b"x"
            await client.close()

    run(main())


def test_a_lost_peer_ends_reading_and_fails_writing(run: Run) -> None:
    async def main() -> None:
        seen: asyncio.Future[tuple[bytes, str]] = asyncio.get_running_loop().create_future()

        async def handler(connection: Connection) -> None:
            data = await connection.read(5)
            error = ""
            for _ in range(100):
                connection.write(b"x" * 100_000)
                try:
                    await connection.flush(1)
                except PeerGone as exc:
                    error = type(exc).__name__
                    break
            seen.set_result((data, error))

        async with listening(handler) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.abort()
            assert await seen == (b"", "PeerGone")

    run(main())


# --- TLS ------------------------------------------------------------------------------


async def _upgrade_on_demand(connection: Connection, context: ssl.SSLContext, heard: list[bytes]) -> None:
    data = await connection.read(5)
    heard.append(data)
    connection.write(b"220 go ahead\r\n")
    await connection.start_tls(context)
    while data := await connection.read(5):
        heard.append(data)
        connection.write(b"heard " + data)
        await connection.flush()


def test_plaintext_behind_starttls_is_never_heard(
    run: Run, server_tls: ServerTlsContext, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        heard: list[bytes] = []

        async def handler(connection: Connection) -> None:
            await _upgrade_on_demand(connection, server_tls, heard)

        async with listening(handler) as listener:
            address = listener.address
            reply = await asyncio.to_thread(_inject, address, client_tls)
        assert reply == b"heard NOOP\r\n"
        # The engine was given the whole segment and forgets its rest; the connection kept none of it.
        assert heard == [b"STARTTLS\r\nINJECTED\r\n", b"NOOP\r\n"]

    run(main())


def _inject(address: tuple[str, int], context: ssl.SSLContext) -> bytes:
    with socket.create_connection(address) as plain:
        plain.sendall(b"STARTTLS\r\nINJECTED\r\n")
        assert plain.recv(100) == b"220 go ahead\r\n"
        with context.wrap_socket(plain, server_hostname="x") as secure:
            secure.sendall(b"NOOP\r\n")
            return secure.recv(100)


def test_plaintext_that_comes_in_two_segments_is_dropped_from_the_inbox(
    run: Run, server_tls: ServerTlsContext, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        heard: list[bytes] = []
        injected = asyncio.Event()

        async def handler(connection: Connection) -> None:
            heard.append(await connection.read(5))
            connection.write(b"more\r\n")
            await connection.flush()
            await connection.readable(5)
            injected.set()
            await _upgrade_rest(connection)

        async def _upgrade_rest(connection: Connection) -> None:
            connection.write(b"220 go ahead\r\n")
            await connection.start_tls(server_tls)
            heard.append(await connection.read(5))

        async with listening(handler) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(b"STARTTLS\r\n")
            await client.flush()
            assert await client.read(5) == b"more\r\n"
            client.write(b"INJECTED\r\n")
            await client.flush()
            await injected.wait()
            assert await client.read(5) == b"220 go ahead\r\n"
            await client.start_tls(client_tls, server_side=False, server_name="x")
            client.write(b"NOOP\r\n")
            await client.flush()
            assert await client.read(5) == b""
            await client.close()
        assert heard == [b"STARTTLS\r\n", b"NOOP\r\n"]

    run(main())


def test_a_client_drops_what_the_server_said_before_tls(
    run: Run, server_tls: ServerTlsContext, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            await connection.read(5)
            connection.write(b"220 go ahead\r\n250 FORGED\r\n")
            await connection.start_tls(server_tls)
            await _echo(connection)

        async with listening(handler) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(b"STARTTLS\r\n")
            await client.flush()
            await client.readable(5)
            await client.start_tls(client_tls, server_side=False, server_name="x")
            client.write(b"EHLO\r\n")
            await client.flush()
            assert await client.read(5) == b"EHLO\r\n"
            await client.close()

    run(main())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_from_the_first_byte_is_known_to_the_handler_and_carries_megabytes(
    run: Run, server_tls: ServerTlsContext, client_tls: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    client_tls.maximum_version = version

    async def main() -> None:
        versions: list[str] = []

        async def handler(connection: Connection) -> None:
            assert connection.tls is not None
            assert connection.tls.server_end_point == server_tls.server_end_point != b""
            versions.append(connection.tls.version)
            await _echo(connection)

        async with listening(handler, tls_context=server_tls) as listener:
            client = await dial(*listener.address, timeout_seconds=5, tls_context=client_tls, server_name="x")
            body = bytes(range(256)) * 8000
            client.write(body)
            sending = asyncio.create_task(client.flush())
            assert await _read_exactly(client, len(body)) == body
            await sending
            shown = client.get_certificate()
            assert shown is not None and hashlib.sha256(shown).digest() == server_tls.server_end_point
            await client.close()
        assert versions == [{ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version]]

    run(main())


def test_the_stdlib_client_sees_a_clean_end_of_tls(
    run: Run, server_tls: ServerTlsContext, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            connection.write(b"* BYE\r\n")

        def talk(address: tuple[str, int]) -> bytes:
            plain = socket.create_connection(address)
            # Without a close_notify this raises SSLEOFError instead of returning b"".
            with client_tls.wrap_socket(plain, server_hostname="x", suppress_ragged_eofs=False) as secure:
                return secure.recv(100) + secure.recv(100)

        async with listening(handler, tls_context=server_tls) as listener:
            assert await asyncio.to_thread(talk, listener.address) == b"* BYE\r\n"

    run(main())


@pytest.mark.parametrize(
    "garbage", [b"EHLO plain.test\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 70000]
)
def test_garbage_instead_of_tls_is_closed_without_a_handler(
    run: Run, server_tls: ServerTlsContext, garbage: bytes
) -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            raise AssertionError("must not be reached")

        async with listening(handler, tls_context=server_tls) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            writer.write(garbage)
            try:
                await reader.read()
            except ConnectionError:
                pass
            writer.close()

    run(main())


def test_a_client_of_another_protocol_is_turned_away(
    run: Run, server_tls: ServerTlsContext, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        reached: list[str] = []

        async def handler(connection: Connection) -> None:
            reached.append("handler")
            connection.write(b"* OK\r\n")

        async with listening(handler, tls_context=server_tls) as listener:
            client_tls.set_alpn_protocols(["h2", "http/1.1"])
            client = await dial(*listener.address, timeout_seconds=5, tls_context=client_tls, server_name="x")
            client.write(b"GET / HTTP/1.1\r\n\r\n")
            try:
                await client.flush()
                assert await client.read(5) == b""
            except PeerGone:
                pass
            assert reached == []
            client_tls.set_alpn_protocols(["imap"])
            client = await dial(*listener.address, timeout_seconds=5, tls_context=client_tls, server_name="x")
            assert await client.read(5) == b"* OK\r\n"
            await client.close()

    run(main())


# --- the conversation -----------------------------------------------------------------


class _Lines:
    """An engine: one event a line."""

    def __init__(self) -> None:
        self.buffer = b""

    def receive(self, data: bytes) -> None:
        self.buffer += data

    def next_event(self) -> bytes | None:
        line, separator, rest = self.buffer.partition(b"\n")
        if not separator:
            return None
        self.buffer = rest
        return line


class _Session:
    deadline_seconds = 5.0

    def __init__(self, connection: Connection) -> None:
        self.engine = _Lines()
        self.is_over = False
        self.connection = connection
        self.handled: list[bytes] = []

    async def begin(self) -> None:
        self.connection.write(b"hello\n")

    async def handle(self, event: bytes) -> None:
        self.handled.append(event)
        self.connection.write(b"<" + event + b">")
        self.is_over = event == b"quit"

    def expired(self) -> None:
        self.connection.write(b"too slow\n")

    def stopping(self) -> None:
        self.connection.write(b"shutting down\n")


def test_a_conversation_greets_answers_in_order_and_ends(run: Run) -> None:
    async def main() -> None:
        async with listening(lambda connection: converse(connection, _Session(connection))) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            assert await reader.readline() == b"hello\n"
            writer.write(b"a\nb\nquit\nnever\n")
            assert await reader.read() == b"<a><b><quit>"
            writer.close()

    run(main())


def test_long_answers_of_a_batch_go_out_while_the_others_are_made(run: Run) -> None:
    async def main() -> None:
        kept: list[bool] = []

        class Wordy(_Session):
            async def handle(self, event: bytes) -> None:
                kept.append(self.connection.wants_send)
                self.connection.write(event * OUTGOING_SEND_BYTES)
                self.is_over = event == b"q"

        async with listening(lambda connection: converse(connection, Wordy(connection))) as listener:
            reader, writer = await asyncio.open_connection(*listener.address, limit=2**20)
            await reader.readline()
            writer.write(b"a\nb\nq\n")
            assert await reader.read() == b"".join(name * OUTGOING_SEND_BYTES for name in (b"a", b"b", b"q"))
            writer.close()
        assert kept == [False, False, False]

    run(main())


def test_a_silent_conversation_says_its_last_words(run: Run) -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            session = _Session(connection)
            session.deadline_seconds = 0.02
            await converse(connection, session)

        async with listening(handler) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            assert await reader.read() == b"hello\ntoo slow\n"
            writer.close()

    run(main())


def test_an_octet_now_and_then_does_not_move_the_deadline(run: Run) -> None:
    async def main() -> None:
        async def handler(connection: Connection) -> None:
            session = _Session(connection)
            session.deadline_seconds = 0.4
            await converse(connection, session)

        async with listening(handler) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            for _ in range(3):
                writer.write(b"command\n")
                await asyncio.sleep(0.01)
            started = asyncio.get_running_loop().time()
            while not reader.at_eof() and asyncio.get_running_loop().time() < started + 4:
                writer.write(b"x")
                await asyncio.sleep(0.02)
                if reader._buffer.endswith(b"too slow\n"):  # type: ignore[attr-defined]
                    break
            assert await reader.read() == b"hello\n" + b"<command>" * 3 + b"too slow\n"
            assert asyncio.get_running_loop().time() < started + 3
            writer.close()

    run(main())


def test_many_pipelined_commands_leave_turns_to_others(run: Run) -> None:
    async def main() -> None:
        turns = 0

        def tick() -> None:
            nonlocal turns
            turns += 1
            asyncio.get_running_loop().call_soon(tick)

        sessions: list[_Session] = []
        seen: list[int] = []

        async def handler(connection: Connection) -> None:
            sessions.append(_Session(connection))
            await connection.readable(5)
            before = turns
            await converse(connection, sessions[0])
            seen.append(turns - before)

        tick()
        async with listening(handler) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(b"x\n" * 5000 + b"quit\n")
            await client.flush()
            while await client.read(5):
                pass
            await client.close()
        assert len(sessions[0].handled) == 5001
        assert seen[0] >= 50

    run(main())


def test_stopping_ends_idle_conversations_with_a_word(run: Run) -> None:
    async def main() -> None:
        async with listening(lambda connection: converse(connection, _Session(connection))) as listener:
            reader, writer = await asyncio.open_connection(*listener.address)
            assert await reader.readline() == b"hello\n"
            stop = asyncio.create_task(listener.stop(5))
            assert await reader.read() == b"shutting down\n"
            writer.close()
            await asyncio.wait_for(stop, 2)

    run(main())


def test_stop_is_seen_by_the_next_read_too(run: Run) -> None:
    async def main() -> None:
        async with listening(_echo) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.stop()
            with pytest.raises(Stopping):
                await client.read(5)
            await client.close()

    run(main())
