"""The store's named statements."""

from typing import Final

from bocau.database import Queries

READING: Final = Queries("bocau.store", "sql/sqlite/reading.sql")
WRITING: Final = Queries("bocau.store", "sql/sqlite/writing.sql")
