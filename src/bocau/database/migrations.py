"""Schema steps: numbered files `NNNN_name.sql` of each room, each applied once, all in one transaction."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final, NamedTuple

import apsw

from bocau.database.errors import OutOfStep

STEP_NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS migration (
  room TEXT NOT NULL, number INTEGER NOT NULL, applied_at INTEGER NOT NULL, PRIMARY KEY (room, number)
) WITHOUT ROWID, STRICT
"""


class Schema(NamedTuple):
    """Where a room keeps its schema steps: `Schema("store", "bocau.store", "sql/sqlite")`."""

    room: str
    package: str
    folder: str


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    text: str


def steps(schema: Schema) -> list[Step]:
    """The room's steps in order; numbers must be 1, 2, 3…"""
    folder = resources.files(schema.package).joinpath(schema.folder)
    found = [
        Step(int(match[1]), entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if (match := STEP_NAME.fullmatch(entry.name))
    ]
    found.sort(key=lambda step: step.number)
    assert [step.number for step in found] == list(range(1, len(found) + 1)), f"gap in steps of {schema.room}"
    return found


def migrate(connection: apsw.Connection, schemas: Sequence[Schema], now: float) -> None:
    """Bring the database up to `schemas`; all or nothing. OutOfStep when it is newer than this program."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_TABLE).fetchall()
        for schema in schemas:
            _apply(connection, schema, int(now))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _apply(connection: apsw.Connection, schema: Schema, now: int) -> None:
    done = connection.execute(
        "SELECT coalesce(max(number), 0) FROM migration WHERE room = ?", (schema.room,)
    ).get
    known = steps(schema)
    if done > len(known):
        raise OutOfStep(
            f"the {schema.room} tables are at step {done}, this program knows {len(known)}: "
            "they were written by a newer version; install that version again"
        )
    for step in known[done:]:
        connection.execute(step.text).fetchall()
        connection.execute("INSERT INTO migration VALUES (?, ?, ?)", (schema.room, step.number, now))
