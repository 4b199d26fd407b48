"""SQL: drivers, named queries, migrations, group commit. Knows nothing of mail.

Door: Database, Sql, Queries.
"""

from bocau.database.database import Database, DatabaseSettings, Sql
from bocau.database.queries import Queries

__all__ = ["Database", "DatabaseSettings", "Queries", "Sql"]
