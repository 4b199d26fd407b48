"""Groups: shared commits, one failure undoes one job, locks, errors, recovery."""

import asyncio
import fcntl
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from bocau.base.errors import AlreadyExists, DiskFull, StoreBusy, TryLater
from bocau.database import Database, DatabaseSettings, Sql
from bocau.database.database import SCAN_CACHE_BYTES


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(DatabaseSettings(tmp_path / "t.sqlite", busy_seconds=0.2), [])
    await opened.write(lambda sql: sql.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
    yield opened
    await opened.close()


def numbers(database: Database) -> list[int]:
    return database.read(lambda sql: [n for (n,) in sql.rows("SELECT n FROM t ORDER BY n")])


def insert(number: int):
    return lambda sql: sql.execute("INSERT INTO t VALUES (?)", (number,))


async def test_jobs_of_one_turn_share_one_commit(database):
    commits = []
    database.after_group.append(lambda: commits.append(1))
    await asyncio.gather(*(database.write(insert(n)) for n in range(100)))
    assert len(numbers(database)) == 100
    assert len(commits) == 1


async def test_a_failing_job_undoes_itself_only(database):
    def fails(sql: Sql) -> None:
        sql.execute("INSERT INTO t VALUES (50)")
        raise ValueError("no")

    results = await asyncio.gather(
        database.write(insert(1)), database.write(fails), database.write(insert(2)), return_exceptions=True
    )
    assert isinstance(results[1], ValueError)
    assert numbers(database) == [1, 2]


async def test_jobs_behind_a_failing_one_run_in_the_next_group(database):
    def fails(sql: Sql) -> None:
        raise ValueError("no")

    runs = []
    results = await asyncio.gather(
        database.write(lambda sql: runs.append(1)),
        database.write(fails),
        database.write(lambda sql: runs.append(2)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert runs == [1, 1, 2]


async def test_a_lone_failing_job_leaves_nothing_and_no_lock(database):
    with pytest.raises(AlreadyExists):
        await database.write(lambda sql: sql.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)"))
    assert numbers(database) == []
    await database.write(insert(1))
    assert numbers(database) == [1]


async def test_the_slice_leaves_jobs_to_the_next_group(database, monkeypatch):
    monkeypatch.setattr("bocau.database.group.SLICE_SECONDS", 0.0)
    commits = []
    database.after_group.append(lambda: commits.append(1))
    await asyncio.gather(*(database.write(insert(n)) for n in range(5)))
    assert (numbers(database), len(commits)) == ([0, 1, 2, 3, 4], 5)


async def test_heavy_jobs_keep_their_place_in_the_line(database):
    order = []

    def note(number):
        return lambda sql: order.append(number)

    await asyncio.gather(*(database.write(note(number), heavy=number == 2) for number in (1, 2, 3, 4)))
    assert order == [1, 2, 3, 4]


async def test_hooks_run_before_the_transaction_and_fail_their_group(database):
    async def fail() -> None:
        await database.write(insert(1))

    def hook() -> None:
        raise DiskFull("pack")

    database.before_group.append(hook)
    with pytest.raises(DiskFull):
        await fail()
    database.before_group.clear()
    await database.write(insert(2))
    assert numbers(database) == [2]


async def test_slow_steps_go_to_the_thread(database):
    threads = []
    database.before_group.append(lambda: threads.append(threading.current_thread().name))
    await database.write(insert(1))
    database.slow_when.append(lambda: True)
    await database.write(insert(2))
    assert threads == ["MainThread", "bocau-writer"]
    assert numbers(database) == [1, 2]


async def test_a_lock_held_by_another_process_is_waited_for(database):
    fd = os.open(database.settings.path.with_name("t.sqlite.lock"), os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    waiting = asyncio.ensure_future(database.write(insert(1)))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    os.close(fd)
    await waiting
    assert numbers(database) == [1]


async def test_a_lock_held_too_long_is_store_busy_and_heals(database):
    fd = os.open(database.settings.path.with_name("t.sqlite.lock"), os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    first = asyncio.ensure_future(database.write(insert(1)))
    with pytest.raises(StoreBusy):
        await first
    with pytest.raises(StoreBusy):
        await database.write(insert(2))
    os.close(fd)
    await database.write(insert(3))
    assert numbers(database) == [3]


async def test_a_foreign_transaction_is_store_busy_and_heals(database):
    other = apsw.Connection(str(database.settings.path))
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreBusy):
        await database.write(insert(1))
    other.execute("ROLLBACK")
    await database.write(insert(2))
    assert numbers(database) == [2]


async def test_a_failed_commit_fails_every_job_and_leaves_nothing(database, monkeypatch):
    def fail(group: object) -> None:
        raise apsw.IOError("disk I/O error")

    monkeypatch.setattr(database._writer, "_leave", fail)
    results = await asyncio.gather(*(database.write(insert(n)) for n in range(3)), return_exceptions=True)
    assert all(isinstance(result, TryLater) for result in results)
    monkeypatch.undo()
    await database.write(insert(9))
    assert numbers(database) == [9]


async def test_a_full_database_is_disk_full_for_the_group_and_heals(database):
    pages = database._writer._connection.execute("PRAGMA page_count").get
    database._writer._connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchall()

    def big(sql):
        sql.execute("CREATE TABLE IF NOT EXISTS b (x BLOB)")
        sql.execute("INSERT INTO b VALUES (zeroblob(100000))")

    results = await asyncio.gather(
        database.write(insert(1)), database.write(big), database.write(insert(2)), return_exceptions=True
    )
    assert isinstance(results[1], DiskFull)
    database._writer._connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    await database.write(insert(3))
    acknowledged = [n for n, result in ((1, results[0]), (2, results[2])) if result is None]
    assert numbers(database) == [*acknowledged, 3]


async def test_reads_see_commits_and_heavy_reads_one_snapshot(database):
    await database.write(insert(1))
    assert await database.read_heavy(lambda sql: sql.value("SELECT count(*) FROM t")) == 1
    assert database.read(lambda sql: database.read(lambda inner: inner.value("SELECT count(*) FROM t"))) == 1


async def test_a_scan_sees_commits_and_keeps_few_pages(database):
    for count in (1, 2):
        await database.write(insert(count))
        assert database.scan(lambda sql: sql.value("SELECT count(*) FROM t")) == count
    assert database.scan(lambda sql: sql.value("PRAGMA cache_size")) == -SCAN_CACHE_BYTES // 1024


async def test_reading_connections_cannot_write(database):
    with pytest.raises((apsw.Error, TryLater)):
        database.read(insert(1))
    with pytest.raises((apsw.Error, TryLater)):
        database.scan(insert(1))


async def test_the_log_is_checkpointed_and_starts_again(database, monkeypatch):
    monkeypatch.setattr("bocau.database.writer.CHECKPOINT_PAGES", 20)
    await database.write(lambda sql: sql.execute("CREATE TABLE b (x BLOB)"))
    for _ in range(30):
        await database.write(lambda sql: sql.execute("INSERT INTO b VALUES (zeroblob(20000))"))
    await asyncio.sleep(0)
    assert database._writer.log_pages < 60


async def test_a_cancelled_writer_does_not_disturb_the_group(database):
    first = asyncio.ensure_future(database.write(insert(1)))
    second = asyncio.ensure_future(database.write(insert(2)))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert 2 in numbers(database)


async def test_closing_finishes_what_waits(tmp_path):
    database = await Database.open(DatabaseSettings(tmp_path / "c.sqlite"), [])
    waiting = asyncio.ensure_future(database.write(lambda sql: sql.execute("CREATE TABLE t (n)")))
    await asyncio.sleep(0)
    await database.close()
    await waiting
    with pytest.raises(StoreBusy):
        await database.write(lambda sql: None)


def _counted_groups(database: Database) -> list[int]:
    """The commits of a database, one entry each."""
    commits: list[int] = []
    database.after_group.append(lambda: commits.append(1))
    return commits


async def test_a_group_waits_for_as_many_jobs_as_the_last_one_had(database, monkeypatch):
    monkeypatch.setattr("bocau.database.gathering.GATHER_SECONDS", 60.0)
    await asyncio.gather(*(database.write(insert(n)) for n in range(3)))
    commits = _counted_groups(database)
    early = asyncio.ensure_future(database.write(insert(3)))
    for _ in range(10):  # turns of the loop, in which others are read from
        await asyncio.sleep(0)
    assert not commits
    await asyncio.gather(early, database.write(insert(4)), database.write(insert(5)))
    assert (len(commits), numbers(database)) == (1, [0, 1, 2, 3, 4, 5])


async def test_a_job_waits_for_others_no_longer_than_a_moment_and_once(database, monkeypatch):
    await asyncio.gather(*(database.write(insert(n)) for n in range(3)))
    await database.write(insert(3))
    # Jobs come one by one again: a wait would never end.
    monkeypatch.setattr("bocau.database.gathering.GATHER_SECONDS", 1e6)
    await database.write(insert(4))
    assert numbers(database) == [0, 1, 2, 3, 4]


async def test_a_lock_held_for_a_moment_needs_no_thread_and_gathers_jobs(database, monkeypatch):
    monkeypatch.setattr("bocau.database.writer.LOCK_TRIES", 1000)
    threads, tried, commits = [], asyncio.Event(), _counted_groups(database)
    database.before_group += [lambda: threads.append(threading.current_thread().name), tried.set]
    fd = os.open(database.settings.path.with_name("t.sqlite.lock"), os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    first = asyncio.ensure_future(database.write(insert(1)))
    await tried.wait()
    second = asyncio.ensure_future(database.write(insert(2)))
    os.close(fd)
    await asyncio.gather(first, second)
    assert (set(threads), len(commits)) == ({"MainThread"}, 1)
