"""A group of write jobs in one transaction: a savepoint each, so that one failure undoes one job only."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import apsw

from bocau.database.errors import translate
from bocau.database.sql import Sql

JOBS_MAX: Final = 500
"""Jobs in one group."""
SLICE_SECONDS: Final = 0.005
"""How long jobs of one group may keep the event loop; the rest waits for the next group."""


@dataclass(slots=True)
class Entry:
    """One waiting job and whoever awaits it."""

    job: Callable[[Sql], Any]
    is_heavy: bool
    future: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None

    def settle(self, failure: BaseException | None = None) -> None:
        """Tell whoever waits. `failure`: the whole group's."""
        if self.future.done():
            return
        error = self.error or failure
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.result)


def perform(connection: apsw.Connection, sql: Sql, group: Sequence[Entry]) -> int:
    """Run the jobs of an open transaction, until the slice is used up; returns how many were run.

    Raises when SQLite gave up the whole transaction (disk full, I/O error).
    """
    if len(group) == 1:
        _run(connection, sql, group[0])
        return 1
    deadline = perf_counter() + SLICE_SECONDS
    for done, entry in enumerate(group):
        if done and perf_counter() > deadline:
            return done
        connection.execute("SAVEPOINT job")
        _run(connection, sql, entry)
        if entry.error is not None:
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
    return len(group)


def _run(connection: apsw.Connection, sql: Sql, entry: Entry) -> None:
    try:
        entry.result = entry.job(sql)
    except BaseException as error:  # handed to whoever awaits the job
        entry.error = translate(error, connection.system_errno)
        if not connection.in_transaction:
            raise entry.error from error
