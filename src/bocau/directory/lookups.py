"""Answers remembered until the directory changes, in whatever process.

Each look-up reads the version row in its own snapshot: a few microseconds, and never an old answer after a
commit.
"""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from bocau.database import Database, Sql
from bocau.directory.settings import LOOKUP_CACHE_MAX
from bocau.directory.statements import SQL

T = TypeVar("T")
_STATE: Final = SQL.state


class Lookups:
    """Only answers are remembered, never errors: strangers who try names cannot fill it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version = -1
        self._answers: dict[Hashable, Any] = {}

    def get(self, key: Hashable, find: Callable[[Sql], T]) -> T:
        """The answer to `key`, from memory or by `find` in a read snapshot."""
        answer: T | None = self._answers.get(key)
        # Of a snapshot of its own: what was found before is still so in it.
        if answer is not None and self._database.value(_STATE) == self._version:
            return answer
        return self._database.read(lambda sql: self._find(sql, key, find))

    def _find(self, sql: Sql, key: Hashable, find: Callable[[Sql], T]) -> T:
        version = sql.value(_STATE)
        if version != self._version:
            self._answers.clear()
            self._version = version
        answer: T | None = self._answers.get(key)
        if answer is None:
            answer = find(sql)
            if len(self._answers) >= LOOKUP_CACHE_MAX:
                self._answers.clear()
            self._answers[key] = answer
        return answer
