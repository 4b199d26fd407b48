"""One open transaction, as the jobs see it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import apsw

Parameters = Sequence[Any] | dict[str, Any]


class Sql:
    """One open transaction (or a read snapshot). Statements take tuples, or dicts for `:name` parameters.

    SQLite numbers `:name`s by first appearance, so a tuple in that order is the cheaper way to say the same.
    """

    __slots__ = ("_connection", "_defined")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._defined: set[str] = set()

    def execute(self, statement: str, parameters: Parameters = ()) -> None:
        """Run one or more statements. apsw is lazy: only what is consumed is run."""
        self._connection.execute(statement, parameters).fetchall()

    def row(self, statement: str, parameters: Parameters = ()) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return self._connection.execute(statement, parameters).fetchone()

    def rows(self, statement: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, parameters).fetchall()

    def value(self, statement: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, or None."""
        row = self._connection.execute(statement, parameters).fetchone()
        return None if row is None else row[0]

    def many(self, statement: str, parameters: Iterable[Parameters]) -> None:
        """Run a statement once for each set of parameters."""
        self._connection.executemany(statement, parameters).fetchall()

    def define(self, name: str, function: Callable[..., Any], argument_count: int) -> None:
        """Make a pure function known to the statements that follow."""
        if name not in self._defined:
            self._connection.create_scalar_function(name, function, argument_count, deterministic=True)
            self._defined.add(name)

    @property
    def changed_rows(self) -> int:
        """Rows changed by the last statement."""
        return self._connection.changes()
