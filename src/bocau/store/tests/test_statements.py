"""Every named statement compiles against the migrated schema."""

from importlib import resources

import apsw.ext

from bocau.database import Queries
from bocau.database.migrations import STEP_NAME


async def test_every_statement_of_the_store_prepares(store):
    folder = resources.files("bocau.store").joinpath("sql/sqlite")
    names = [entry.name for entry in folder.iterdir() if not STEP_NAME.fullmatch(entry.name)]
    assert {"reading.sql", "writing.sql", "verify.sql"} <= set(names)
    for name in names:
        for statement in Queries("bocau.store", f"sql/sqlite/{name}").statements.values():
            apsw.ext.query_info(store.database._writer._connection, statement)
