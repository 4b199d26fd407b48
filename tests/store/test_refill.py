"""Mail of a version that kept no keys: the next start fills them in, and the log says so."""

import sqlite3
from pathlib import Path

from harness import Server, eventually

AGED = """
DELETE FROM email_key;
DELETE FROM thread_key;
UPDATE email SET listed = NULL, listed_fields = 0;
UPDATE account_state SET unkeyed_serial = last_email_serial;
"""
KEYS = "SELECT * FROM email_key ORDER BY email_id"


def test_the_next_start_fills_in_what_is_missing(tmp_path: Path) -> None:
    with Server(tmp_path, workers=1) as server:
        for number in range(3):
            server.deliver(b"Message-ID: <%d@x>\r\nSubject: %d\r\n\r\nbody\r\n" % (number, number), "alice")
        server.stop()
        with sqlite3.connect(server.data / "bocau.sqlite") as database:
            kept = database.execute(KEYS).fetchall()
            database.executescript(AGED)
        server.start()
        eventually(lambda: "computed keys of older mail" in server.log())
        assert database.execute(KEYS).fetchall() == kept
        assert database.execute("SELECT count(*) FROM email WHERE listed IS NULL").fetchone() == (0,)
        database.close()
        assert len(kept) >= 3
        server.assert_no_traceback()
