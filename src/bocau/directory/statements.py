"""The directory's named queries."""

from typing import Final

from bocau.database import Queries

SQL: Final = Queries("bocau.directory", "sql/sqlite/directory.sql")
WEB: Final = Queries("bocau.directory", "sql/sqlite/web.sql")
"""Of sessions, second factors and the history of logins."""
