"""What every connection is set to."""

import apsw
import pytest

from bocau.database.connections import connect

STATEMENT = "EXPLAIN SELECT b FROM t WHERE a = :a AND b BETWEEN :first AND :last ORDER BY b"
"""SQLite would compile this again for each set of values; EXPLAIN, because only then it counts that."""


@pytest.mark.parametrize("for_reading", [False, True])
def test_a_statement_is_compiled_once_for_all_values(tmp_path, for_reading):
    connect(tmp_path / "b.sqlite", 1 << 20).execute("CREATE TABLE t (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID")
    connection, compiled = connect(tmp_path / "b.sqlite", 1 << 20, for_reading=for_reading), []

    def note(event: dict) -> None:
        compiled.append(event["stmt_status"]["SQLITE_STMTSTATUS_REPREPARE"])

    connection.execute("SELECT 1 FROM t").fetchall()
    connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, note)
    for value in range(3):
        connection.execute(STATEMENT, (1, 0, value)).fetchall()
    assert compiled == [0, 0, 0]
