"""Who refers to bodies: every table with the columns pack, offset, length, sha256."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from bocau.database import Sql
from bocau.store.blobs import BlobRef

_TABLES: Final = """
SELECT t.name FROM sqlite_schema AS t
WHERE t.type = 'table' AND (
    SELECT count(*) FROM pragma_table_info(t.name) AS c
    WHERE c.name IN ('pack', 'offset', 'length', 'sha256')) = 4
ORDER BY t.name
"""


class Referrer(NamedTuple):
    table: str
    rowid: int
    blob: BlobRef


def tables(sql: Sql) -> list[str]:
    """Names of our own schema, safe to stand in a statement."""
    return [name for (name,) in sql.rows(_TABLES)]


def live_bytes(sql: Sql) -> dict[int, int]:
    """Bytes of bodies that something refers to, by pack; a shared body counts once."""
    union = " UNION ".join(f"SELECT pack, offset, length FROM {table}" for table in tables(sql))
    return dict(sql.rows(f"SELECT pack, sum(length) FROM ({union}) GROUP BY pack"))


def bodies(sql: Sql) -> list[BlobRef]:
    """Every body that something refers to, once, in the order of the packs."""
    union = " UNION ".join(f"SELECT pack, offset, length, sha256 FROM {table}" for table in tables(sql))
    return [BlobRef(*row) for row in sql.rows(f"{union} ORDER BY pack, offset")]


def referrers(sql: Sql, packs: Collection[int]) -> list[Referrer]:
    """The rows that refer to bodies in `packs`."""
    return [found for table in tables(sql) for found in _referrers(sql, table, packs)]


def _referrers(sql: Sql, table: str, packs: Collection[int]) -> Iterator[Referrer]:
    numbers = ", ".join(str(int(number)) for number in packs)
    rows = sql.rows(
        f"SELECT rowid, pack, offset, length, sha256 FROM {table} WHERE pack IN ({numbers}) "
        "ORDER BY pack, offset"
    )
    for rowid, *blob in rows:
        yield Referrer(table, rowid, BlobRef(*blob))


def redirect(sql: Sql, referrer: Referrer, new: BlobRef) -> None:
    """Let a row refer to the body's new place, unless it has gone or changed meanwhile."""
    old = referrer.blob
    sql.execute(
        f"UPDATE {referrer.table} SET pack = ?, offset = ? WHERE rowid = ? AND pack = ? AND offset = ?",
        (new.pack, new.offset, referrer.rowid, old.pack, old.offset),
    )
