"""Opening SQLite as this server uses it: WAL, FULL, no automatic checkpoints, no WAL-reset bug."""

from pathlib import Path
from typing import Final

import apsw

from bocau.database.errors import OutOfStep

SQLITE_VERSION_MIN: Final = (3, 51, 3)
"""Older ones can corrupt a WAL database with several connections (https://sqlite.org/wal.html#walresetbug)."""
STATEMENT_CACHE: Final = 256
OPEN_BUSY_SECONDS: Final = 10
"""How long opening waits for another process that opens or closes the database at the same moment."""
READ_BUSY_SECONDS: Final = 1
"""How long a read waits while another process recovers the log after a crash; else readers never wait."""
JOURNAL_BYTES_MAX: Final = 64 * 1024 * 1024
"""A write-ahead log that grew larger is cut back to this when it restarts."""


def check_version(version: str | None = None) -> None:
    """Refuse an SQLite that cannot be trusted with several processes; raises OutOfStep."""
    found = tuple(int(part) for part in (version or apsw.sqlite_lib_version()).split("."))
    if found < SQLITE_VERSION_MIN:
        wanted = ".".join(map(str, SQLITE_VERSION_MIN))
        raise OutOfStep(
            f"SQLite {version or apsw.sqlite_lib_version()} is too old: {wanted} or later is needed"
        )


def connect(path: Path, cache_bytes: int, *, for_reading: bool = False) -> apsw.Connection:
    """One connection. Readers share the file; `for_reading` makes a write on it an error."""
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags=flags, statementcachesize=STATEMENT_CACHE)
    connection.set_busy_timeout(OPEN_BUSY_SECONDS * 1000)
    # Else SQLite compiles most statements that order or join again whenever values are bound, in the hope of
    # a better plan: 10 to 100 µs each time, and without ANALYZE there is none to be found.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    for pragma in _pragmas(cache_bytes, for_reading):
        connection.execute(pragma).fetchall()
    connection.wal_autocheckpoint(0)
    # The writer has its own line to stand in (see `writer`).
    connection.set_busy_timeout(READ_BUSY_SECONDS * 1000 if for_reading else 0)
    return connection


def _pragmas(cache_bytes: int, for_reading: bool) -> list[str]:
    pragmas = [
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = OFF",
        f"PRAGMA journal_size_limit = {JOURNAL_BYTES_MAX}",
        f"PRAGMA cache_size = -{cache_bytes // 1024}",
    ]
    if for_reading:
        pragmas.append("PRAGMA query_only = ON")
    else:
        # Statement journals are small; the sorts of long reads may spill to files.
        pragmas.append("PRAGMA temp_store = MEMORY")
    return pragmas
