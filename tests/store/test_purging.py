"""What a client has removed is taken out of the database in the background, also by the next server."""

import sqlite3
from pathlib import Path

from bocau.store.purging import AT_ONCE_MAX
from harness import Server, eventually

COUNT = 3 * AT_ONCE_MAX
MESSAGE = b"Subject: x\r\n\r\nbody\r\n"


def test_removed_emails_go_even_after_a_crash(tmp_path: Path) -> None:
    with Server(tmp_path, workers=1) as server:
        database = sqlite3.connect(server.data / "bocau.sqlite")

        def email_count() -> int:
            return int(database.execute("SELECT count(*) FROM email").fetchone()[0])

        before = email_count()
        client = server.imap()
        client.create("Old")
        literals = b" ".join(b"{%d+}\r\n%b" % (len(MESSAGE), MESSAGE) for _ in range(COUNT))
        client.send(b"a1 APPEND Old " + literals + b"\r\n")
        while not client.readline().startswith(b"a1 OK"):
            pass
        client.select("Old")
        client.store("1:*", "+FLAGS.SILENT", "\\Deleted")
        client.expunge()
        server.kill9()
        server.start()
        eventually(lambda: email_count() == before)
        assert database.execute("SELECT count(*) FROM purge").fetchone() == (0,)
        database.close()
        server.cli("verify")
        server.assert_no_traceback()
