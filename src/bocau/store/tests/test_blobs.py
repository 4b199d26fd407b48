"""Packs: bytes come back, failures are told, records can be found without any index."""

import asyncio
import errno
import hashlib
import io
import os
import threading

import pytest

from bocau.base.errors import DiskFull, TryLater
from bocau.store.blobs import BlobLost, Blobs
from bocau.store.blobs import blobs as blobs_module
from bocau.store.blobs.record import HEADER_BYTES, Header, pack_header, parse_header
from bocau.store.blobs.salvage import records


@pytest.fixture
def blobs(tmp_path):
    opened = Blobs(tmp_path / "packs", lambda: 1_700_000_000.0)
    yield opened
    opened.close()


def test_bodies_come_back_whole_and_in_slices(blobs):
    refs = [blobs.stage(body) for body in (b"", b"first", bytes(range(256)) * 40)]
    assert [blobs.read(ref) for ref in refs] == [b"", b"first", bytes(range(256)) * 40]
    assert blobs.read(refs[1], 1, 3) == b"ir"
    assert blobs.read(refs[1], 3, 99) == b"st"
    assert blobs.read(refs[1], 9) == b""
    assert refs[1].sha256 == hashlib.sha256(b"first").digest()


async def test_a_spooled_file_is_staged_after_its_prefix(blobs, monkeypatch):
    monkeypatch.setattr(blobs_module, "PIECE_BYTES", 1000)
    body = os.urandom(4321)
    ref = await blobs.stage_file(io.BytesIO(body), b"Received: x\r\n")
    assert blobs.read(ref) == b"Received: x\r\n" + body
    assert (
        b"".join([piece async for piece in blobs.stream(ref, 5, 3000)]) == (b"Received: x\r\n" + body)[5:3000]
    )
    assert ref.sha256 == hashlib.sha256(b"Received: x\r\n" + body).digest()


def test_read_many_answers_in_the_order_asked(blobs, monkeypatch):
    monkeypatch.setattr(blobs_module, "WINDOW_BYTES_MAX", 500)
    bodies = [os.urandom(n * 13 % 300) for n in range(60)]
    refs = [blobs.stage(body) for body in bodies]
    assert [bytes(body) for body in blobs.read_many(refs)] == bodies
    mixed = [refs[n] for n in (5, 3, 3, 59, 0, 7)]
    assert [bytes(body) for body in blobs.read_many(mixed)] == [bodies[n] for n in (5, 3, 3, 59, 0, 7)]
    assert blobs.read_many([]) == []


def test_read_many_reads_neighbours_at_once(blobs, monkeypatch):
    refs = [blobs.stage(b"x" * 100) for _ in range(50)]
    calls = []
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda *args: calls.append(1) or real(*args))
    blobs.read_many(refs[::2])
    assert len(calls) == 1


def test_what_is_missing_or_damaged_is_told(blobs):
    ref = blobs.stage(b"x" * 100)
    for wrong in (ref._replace(pack=99), ref._replace(offset=ref.offset + 1), ref._replace(length=99),
                  ref._replace(offset=10**9)):  # fmt: skip
        with pytest.raises(BlobLost):
            blobs.read(wrong)
        with pytest.raises(BlobLost):
            blobs.read_many([wrong])


def test_a_full_pack_is_followed_by_the_next(blobs, monkeypatch):
    monkeypatch.setattr("bocau.store.blobs.appender.PACK_BYTES_MAX", 1000)
    refs = [blobs.stage(b"x" * 400) for _ in range(5)]
    assert [ref.pack for ref in refs] == [1, 1, 2, 2, 3]
    assert blobs.stage(b"y" * 5000).pack == 4
    blobs.sync()
    assert all(blobs.read(ref) == b"x" * 400 for ref in refs)


def test_each_owner_has_a_pack_of_its_own_and_the_next_takes_it_over(tmp_path, blobs):
    first = blobs.stage(b"first")
    other = Blobs(tmp_path / "packs")
    assert other.stage(b"second").pack != first.pack
    blobs.close()
    third = Blobs(tmp_path / "packs")
    assert third.stage(b"third").pack == first.pack
    assert [third.read(first), other.read(first)] == [b"first", b"first"]
    other.close()
    third.close()


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EIO, "short"])
def test_a_failed_write_is_cut_off_and_told(blobs, monkeypatch, fault):
    before = blobs.stage(b"before")
    real = os.pwritev

    def fail(fd, buffers, offset):
        if fault == "short":
            return real(fd, [bytes(buffers[0])], offset)
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, "pwritev", fail)
    with pytest.raises(TryLater if fault == errno.EIO else DiskFull):
        blobs.stage(b"lost")
    monkeypatch.undo()
    after = blobs.stage(b"after")
    assert after.offset == before.offset + before.length + HEADER_BYTES
    assert [blobs.read(before), blobs.read(after)] == [b"before", b"after"]


async def test_a_failed_spool_is_cut_off_and_told(blobs, monkeypatch):
    def fail(fd, data, offset):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "pwrite", fail)
    with pytest.raises(DiskFull):
        await blobs.stage_file(io.BytesIO(b"x" * 1000))
    monkeypatch.undo()
    assert blobs.stage(b"first").offset == HEADER_BYTES


def test_a_failed_sync_is_never_retried_as_a_success(blobs, monkeypatch):
    lost = blobs.stage(b"lost")

    def fail(fd):
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(TryLater):
        blobs.sync()
    monkeypatch.undo()
    blobs.sync()
    with pytest.raises(TryLater):
        blobs.check(lost)
    assert blobs.stage(b"next").pack != lost.pack


async def test_a_sync_waits_for_the_one_under_way(blobs, monkeypatch):
    """A spooled file is synced in a thread; a group must not commit on a sync that has not ended."""
    order, entered, go_on = [], threading.Event(), threading.Event()
    real = os.fdatasync

    def slow(fd):
        entered.set()
        go_on.wait(10)
        real(fd)
        order.append("on disk")

    monkeypatch.setattr(os, "fdatasync", slow)
    blobs.stage(b"staged before")
    spooling = asyncio.ensure_future(blobs.stage_file(io.BytesIO(b"x" * 1000)))
    await asyncio.to_thread(entered.wait, 10)
    assert blobs.appender.sync_is_slow()
    waiting = asyncio.ensure_future(asyncio.to_thread(lambda: (blobs.sync(), order.append("returned"))))
    await asyncio.sleep(0.01)
    go_on.set()
    await spooling
    await waiting
    assert order == ["on disk", "returned"]


def test_sync_without_anything_staged_costs_nothing(blobs, monkeypatch):
    blobs.stage(b"x")
    blobs.sync()
    monkeypatch.setattr(os, "fdatasync", lambda fd: pytest.fail("synced again"))
    blobs.sync()


def test_records_are_found_without_any_index_and_garbage_is_skipped(blobs):
    refs = [blobs.stage(body) for body in (b"one", b"BoCa" * 10, b"three")]
    path = blobs.packs.path(1)
    data = bytearray(path.read_bytes())
    data[refs[1].offset - HEADER_BYTES + 10] ^= 1
    path.write_bytes(data + b"torn" + pack_header(Header(999, 0, 0, b"\0" * 32)))
    found = list(records(blobs.packs, 1))
    assert [(offset, header.length) for offset, header in found] == [
        (refs[0].offset, 3),
        (refs[2].offset, 5),
    ]
    assert found[0][1].sha256 == refs[0].sha256


def test_a_header_survives_the_round_trip_and_one_wrong_bit_is_seen():
    header = Header(5, 7, 9, b"h" * 32)
    data = pack_header(header)
    assert parse_header(data) == header
    for position in range(len(data)):
        assert parse_header(data[:position] + bytes([data[position] ^ 4]) + data[position + 1 :]) is None


def test_open_files_are_bounded(blobs, monkeypatch):
    monkeypatch.setattr("bocau.store.blobs.appender.PACK_BYTES_MAX", 1)
    monkeypatch.setattr("bocau.store.blobs.packs.OPEN_FILES_MAX", 3)
    refs = [blobs.stage(b"%d" % n) for n in range(8)]
    assert [blobs.read(ref) for ref in refs] == [b"%d" % n for n in range(8)]
    assert len(blobs.packs._open) == 3
