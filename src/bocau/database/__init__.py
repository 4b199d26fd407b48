"""SQL: drivers, named queries, migrations, group commit. Knows nothing of mail.

Door: Database, DatabaseSettings, Schema, Sql, Queries, OutOfStep.
"""

from bocau.database.database import Database, DatabaseSettings, Sql
from bocau.database.errors import OutOfStep
from bocau.database.migrations import Schema
from bocau.database.queries import Queries

__all__ = ["Database", "DatabaseSettings", "OutOfStep", "Queries", "Schema", "Sql"]
