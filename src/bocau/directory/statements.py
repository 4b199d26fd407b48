"""The directory's named queries."""

from typing import Final

from bocau.database import Queries

SQL: Final = Queries("bocau.directory", "sql/sqlite/directory.sql")
