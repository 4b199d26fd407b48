"""Compression of a connection (RFC 4978 §3, §4): bounded, flushed, above TLS."""

import asyncio
import os
import ssl
import time
import zlib

import pytest

from bocau.base.errors import PeerGone
from bocau.runtime.connection import INBOX_PAUSE_BYTES, Connection
from bocau.runtime.deflate_layer import BLOCK_BYTES, INFLATE_BYTES_MAX, DeflateLayer
from bocau.runtime.dial import dial
from bocau.runtime.tests.conftest import Run, listening
from bocau.runtime.tls import ServerTlsContext


def deflated(plain: bytes, mode: int = zlib.Z_SYNC_FLUSH) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(plain) + compressor.flush(mode)


@pytest.mark.parametrize("size", [0, 1, 100, BLOCK_BYTES, BLOCK_BYTES + 1, 1_000_000])
@pytest.mark.parametrize("kind", ["text", "base64", "random"])
def test_what_is_sealed_is_read_by_one_inflater(size: int, kind: str) -> None:
    layer, inflater = DeflateLayer(), zlib.decompressobj(-15)
    source = {"text": b"* 1 FETCH (FLAGS (\\Seen))\r\n" * 40_000, "random": os.urandom(size)}
    plain = source.get(kind, os.urandom(size).hex().encode())[:size]
    for piece in (plain, memoryview(plain), b"a1 OK done\r\n"):
        assert inflater.decompress(layer.seal(piece)) == bytes(piece)
    if kind == "text" and size > 1000:
        assert len(layer.seal(plain)) < size / 10
    assert len(layer.seal(plain)) < size + 5 + size // 1000 + 16


def test_compressing_what_does_not_shrink_costs_little() -> None:
    layer, plain = DeflateLayer(), os.urandom(1_000_000)
    began = time.process_time()
    layer.seal(plain)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize("plain", [b"\0" * 10_000_000, b"ab" * 35_000, b"x" * INFLATE_BYTES_MAX, b"x"])
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_inflating_is_bounded_and_loses_nothing(plain: bytes, size: int) -> None:
    layer, inflated = DeflateLayer(), bytearray()
    bomb = deflated(plain)
    for at in range(0, len(bomb), size):
        piece = layer.feed(bomb[at : at + size])
        assert len(piece) <= INFLATE_BYTES_MAX
        inflated += piece
        while layer.has_waiting:
            piece = layer.more()
            assert len(piece) <= INFLATE_BYTES_MAX
            inflated += piece
    assert inflated == plain


def test_nothing_stays_inside_when_all_input_has_been_taken() -> None:
    """The last octets of a full piece may have brought more than fitted into it."""
    data = deflated(os.urandom(INFLATE_BYTES_MAX - 50) + b"z" * 200)
    for stop in range(len(data) - 30, len(data)):
        layer = DeflateLayer()
        inflated = layer.feed(data[:stop])
        while layer.has_waiting:
            inflated += layer.more()
        assert inflated == zlib.decompressobj(-15).decompress(data[:stop])


def test_what_comes_after_the_end_of_the_stream_is_kept_apart() -> None:
    layer = DeflateLayer()
    assert layer.feed(deflated(b"last", zlib.Z_FINISH) + b"pla") == b"last"
    assert layer.feed(b"in") == b"" and layer.rest == b"plain"
    with pytest.raises(zlib.error):
        for _ in range(10):
            layer.feed(b"x" * 60_000)


async def _compressed_echo(connection: Connection) -> None:
    assert await connection.read(10) == b"COMPRESS\r\n"
    connection.write(b"OK\r\n")
    connection.start_compression()
    while data := await connection.read(10):
        connection.write(data)
        await connection.flush()


async def _begin(address: tuple[str, int]) -> Connection:
    client = await dial(*address, timeout_seconds=5)
    client.write(b"COMPRESS\r\n")
    await client.flush()
    assert await client.read(10) == b"OK\r\n"
    client.start_compression()
    return client


async def _read(client: Connection, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = await client.read(10)
        assert piece
        data += piece
    return data


def test_both_directions_are_compressed(run: Run) -> None:
    async def main() -> None:
        async with listening(_compressed_echo) as listener:
            client = await _begin(listener.address)
            for size in (1, 100, 3_000_000, 5):
                client.write(b"y" * size)
                await client.flush()
                assert await _read(client, size) == b"y" * size
            assert client.is_compressed
            await client.close()

    run(main())


def test_a_bomb_is_inflated_only_as_it_is_read(run: Run) -> None:
    async def main() -> None:
        sizes: list[int] = []
        total = 50_000_000
        done = asyncio.Event()

        async def slow(connection: Connection) -> None:
            connection.start_compression()
            received = 0
            while received < total:
                sizes.append(len(await connection.read(10)))
                received += sizes[-1]
            done.set()

        async with listening(slow) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(deflated(b"\0" * total))
            await client.flush()
            turns = 0
            while not done.is_set():
                await asyncio.sleep(0)
                turns += 1
            assert turns > 100, "others had their turns"
            await client.close()
        assert sum(sizes) == total and max(sizes) <= INBOX_PAUSE_BYTES + INFLATE_BYTES_MAX

    run(main())


def test_the_last_words_of_a_peer_that_leaves_are_read(run: Run) -> None:
    async def main() -> None:
        received = asyncio.get_running_loop().create_future()

        async def count(connection: Connection) -> None:
            connection.start_compression()
            total = 0
            while data := await connection.read(10):
                total += len(data)
            received.set_result(total)

        async with listening(count) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(deflated(b"z" * 1_000_000))
            await client.flush()
            await client.close()
            assert await received == 1_000_000

    run(main())


def test_a_broken_stream_ends_the_connection(run: Run) -> None:
    async def main() -> None:
        ended = asyncio.get_running_loop().create_future()

        async def serve(connection: Connection) -> None:
            connection.start_compression()
            ended.set_result(await connection.read(10))
            with pytest.raises(PeerGone):
                await connection.flush()

        async with listening(serve) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(b"\xff" * 100)
            await client.flush()
            assert await ended == b""
            assert await client.read(10) == b""
            await client.close()

    run(main())


def test_what_was_said_in_plain_behind_the_command_is_dropped(run: Run) -> None:
    async def main() -> None:
        heard: list[bytes] = []
        started = asyncio.Event()

        async def serve(connection: Connection) -> None:
            await connection.readable(10)
            connection.start_compression()
            started.set()
            heard.append(await connection.read(10))

        async with listening(serve) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(b"COMPRESS\r\nLOGOUT\r\n")
            await client.flush()
            await started.wait()
            client.start_compression()
            client.write(b"NOOP\r\n")
            await client.flush()
            await client.read(10)
            await client.close()
        assert heard == [b"NOOP\r\n"]

    run(main())


def test_it_ends_and_what_follows_is_plain(run: Run) -> None:
    async def main() -> None:
        async def serve(connection: Connection) -> None:
            connection.start_compression()
            assert await connection.read(10) == b"END\r\n"
            connection.write(b"OK\r\n")
            connection.stop_compression()
            connection.write(await connection.read(10))
            await connection.flush()

        async with listening(serve) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            client.write(deflated(b"END\r\n", zlib.Z_FINISH) + b"plain")
            await client.flush()
            said = await _read(client, len(DeflateLayer().seal(b"OK\r\n")) + 5)
            assert said == DeflateLayer().seal(b"OK\r\n") + b"plain"
            await client.close()

    run(main())


def test_inside_tls(run: Run, server_tls: ServerTlsContext, client_tls: ssl.SSLContext) -> None:
    async def main() -> None:
        async with listening(_compressed_echo, tls_context=server_tls) as listener:
            client = await dial(*listener.address, timeout_seconds=5)
            await client.start_tls(client_tls, server_side=False)
            client.write(b"COMPRESS\r\n")
            await client.flush()
            assert await client.read(10) == b"OK\r\n"
            client.start_compression()
            client.write(b"q" * 500_000)
            await client.flush()
            assert await _read(client, 500_000) == b"q" * 500_000
            await client.close()

    run(main())
