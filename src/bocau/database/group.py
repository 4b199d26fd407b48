"""A group of write jobs in one transaction; one failure undoes one job only.

First all jobs run one after the other. When one fails, everything is rolled back and the group runs again
with a savepoint around each job: jobs have no outside effects, so they may. Failures are rare, and a
savepoint costs a copy of every page that a job touches (docs/decisions/0002).
"""

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


def perform(connection: apsw.Connection, sql: Sql, group: Sequence[Entry], begin: Callable[[], None]) -> int:
    """Run the jobs of an open transaction, until the slice is used up; returns how many were run.

    `begin` opens the transaction anew after a rollback. Raises when SQLite gave up the whole transaction
    (disk full, I/O error).
    """
    deadline = perf_counter() + SLICE_SECONDS
    for done, entry in enumerate(group, 1):
        _run(connection, sql, entry)
        if entry.error is not None and len(group) > 1:
            return _perform_again(connection, sql, group[:done], begin)
        if perf_counter() > deadline:
            return done
    return len(group)


def _perform_again(
    connection: apsw.Connection, sql: Sql, group: Sequence[Entry], begin: Callable[[], None]
) -> int:
    """The careful way: what fails is undone alone."""
    connection.execute("ROLLBACK")
    begin()
    for entry in group:
        entry.result = entry.error = None
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
