"""Schema steps and the versions that are refused."""

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from bocau.base.errors import TryLater
from bocau.database import Database, DatabaseSettings, OutOfStep, Queries, Schema
from bocau.database.connections import check_version


@pytest.fixture
def schema(tmp_path: Path, monkeypatch) -> Schema:
    package = tmp_path / "someroom"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "0001_first.sql").write_text("CREATE TABLE one (n); CREATE TABLE two (n);")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Schema("someroom", "someroom", ".")
    sys.modules.pop("someroom", None)


async def reopen(tmp_path: Path, schema: Schema) -> list[str]:
    database = await Database.open(DatabaseSettings(tmp_path / "m.sqlite"), [schema])
    names = database.read(lambda sql: [n for (n,) in sql.rows("SELECT name FROM sqlite_schema ORDER BY 1")])
    await database.close()
    return [name for name in names if name != "migration"]


async def test_steps_are_applied_once_and_in_order(tmp_path, schema):
    assert await reopen(tmp_path, schema) == ["one", "two"]
    (tmp_path / "someroom" / "0002_more.sql").write_text("ALTER TABLE two RENAME TO three")
    assert await reopen(tmp_path, schema) == ["one", "three"]
    assert await reopen(tmp_path, schema) == ["one", "three"]


OPEN_AND_CLOSE = """
import asyncio, sys
from pathlib import Path
from bocau.database import Database, DatabaseSettings
async def main():
    settings = DatabaseSettings(Path(sys.argv[1]))
    for number in range(20):
        database = await Database.open(settings, [("store", "bocau.store", "sql/sqlite")])
        await database.write(lambda sql: sql.execute(f"PRAGMA user_version = {number}"))
        await database.close()
asyncio.run(main())
"""


def test_processes_that_open_and_close_at_once_wait_for_each_other(tmp_path):
    command = [sys.executable, "-c", OPEN_AND_CLOSE, str(tmp_path / "m.sqlite")]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate(timeout=60)[1] for process in processes] == [b""] * 4


async def test_a_failing_step_leaves_the_old_schema(tmp_path, schema):
    await reopen(tmp_path, schema)
    bad = tmp_path / "someroom" / "0002_bad.sql"
    bad.write_text("DROP TABLE one; CREATE TABLE broken (")
    with pytest.raises(apsw.SQLError):
        await reopen(tmp_path, schema)
    bad.unlink()
    assert await reopen(tmp_path, schema) == ["one", "two"]


async def test_an_older_program_refuses_a_newer_schema(tmp_path, schema):
    newer = tmp_path / "someroom" / "0002_more.sql"
    newer.write_text("CREATE TABLE four (n)")
    await reopen(tmp_path, schema)
    newer.unlink()
    with pytest.raises(OutOfStep, match="newer version"):
        await reopen(tmp_path, schema)


async def test_a_file_that_is_no_database_is_told_in_a_line(tmp_path):
    (tmp_path / "m.sqlite").write_bytes(b"no database " * 1000)
    with pytest.raises(TryLater, match="not a database"):
        await Database.open(DatabaseSettings(tmp_path / "m.sqlite"), [])


def test_an_sqlite_with_the_wal_reset_bug_is_refused():
    check_version("3.51.3")
    with pytest.raises(OutOfStep, match="too old"):
        check_version("3.51.2")


def test_an_unknown_statement_is_an_attribute_error():
    with pytest.raises(AttributeError):
        _ = Queries("bocau.store", "sql/sqlite/reading.sql").no_such_statement
