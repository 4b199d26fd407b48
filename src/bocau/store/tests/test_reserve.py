"""Room kept for deleting on a full disk."""

import errno
import os
from types import SimpleNamespace

import pytest

from bocau.base.errors import DiskFull
from bocau.store.reserve import FREE_BYTES_MIN, RESERVE_BYTES, Reserve, check_free


def say_free(monkeypatch, free: int) -> None:
    monkeypatch.setattr(os, "statvfs", lambda folder: SimpleNamespace(f_bavail=free, f_frsize=1))


def test_the_reserve_holds_room_until_it_is_given_up_once(tmp_path, monkeypatch) -> None:
    say_free(monkeypatch, 10 * FREE_BYTES_MIN)
    reserve = Reserve(tmp_path / "reserve")
    reserve.fill()
    reserve.fill()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= RESERVE_BYTES
    assert [reserve.release(), reserve.release()] == [True, False]


def test_a_disk_with_little_left_is_not_asked_for_it(tmp_path, monkeypatch) -> None:
    say_free(monkeypatch, FREE_BYTES_MIN)
    Reserve(tmp_path / "reserve").fill()
    assert not (tmp_path / "reserve").exists()


def test_a_reserve_that_cannot_be_had_leaves_nothing(tmp_path, monkeypatch) -> None:
    def full(fd: int, offset: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    say_free(monkeypatch, 10 * FREE_BYTES_MIN)
    monkeypatch.setattr(os, "posix_fallocate", full)
    Reserve(tmp_path / "reserve").fill()
    assert not (tmp_path / "reserve").exists()


def test_a_body_is_refused_before_the_disk_is_full(tmp_path, monkeypatch) -> None:
    say_free(monkeypatch, FREE_BYTES_MIN + 100)
    check_free(tmp_path, 100)
    with pytest.raises(DiskFull):
        check_free(tmp_path, 101)
