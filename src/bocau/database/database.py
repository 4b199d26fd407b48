"""One process's handle on the database: short reads now, writes in groups that share one commit.

    write(job) ─┐
    write(job) ─┼→ blocking: hooks (pack sync), lock, BEGIN → jobs, a savepoint each → blocking: COMMIT → results
    write(job) ─┘

Light jobs run on the event loop's own thread: a statement costs microseconds there, but milliseconds in a
thread that must win the GIL back after each one (measured, docs/decisions/0002). Only what blocks (fdatasync,
the lock between processes, COMMIT) and heavy jobs run in the writer thread.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Parameters = Sequence[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    path: Path
    busy_seconds: float = 20.0
    """How long a write waits for other processes before StoreBusy."""
    cache_bytes: int = 16 * 1024 * 1024


class Sql:
    """One open transaction (or a read snapshot). Statements take tuples, or dicts for `:name` parameters."""

    def execute(self, statement: str, parameters: Parameters = ()) -> None: ...
    def row(self, statement: str, parameters: Parameters = ()) -> tuple[Any, ...] | None: ...
    def rows(self, statement: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]: ...
    def value(self, statement: str, parameters: Parameters = ()) -> Any: ...
    def many(self, statement: str, parameters: Iterable[Parameters]) -> None: ...
    @property
    def changed_rows(self) -> int: ...


class Database:
    """Open with `await Database.open(settings, schemas)`; every room hands in its schema folder."""

    before_group: list[Callable[[], None]]
    """Blocking hooks of the writer thread, before BEGIN: what jobs refer to must be on disk first (pack sync)."""
    after_group: list[Callable[[], None]]
    """Called on the loop after a commit (doorbells)."""

    def read(self, job: Callable[[Sql], T]) -> T:
        """Run a short read now, in this thread, on one snapshot."""
        raise NotImplementedError

    async def read_heavy(self, job: Callable[[Sql], T]) -> T:
        """Run a long read in the reader thread, on one snapshot."""
        raise NotImplementedError

    async def write(self, job: Callable[[Sql], T], *, heavy: bool = False) -> T:
        """Run `job` in the next group; returns after the commit is on disk.

        The job must have no effect outside the transaction: it may run again. An exception of the job rolls back
        its savepoint only and is raised here. Raises StoreBusy, DiskFull.
        """
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError
