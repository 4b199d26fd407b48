"""What is kept and what is counted agree on the running server, and `bocau verify` names what does not."""

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from harness import Server, eventually, run_cli
from imap.wire import Wire

MESSAGE = b"From: a@x.test\r\nSubject: %b\r\n\r\nbody of this message\r\n"
TABLES = ("account_state", "mailbox", "message", "change")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server that has taken mail, kept, copied and expunged some of it, and ended well."""
    with Server(tmp_path_factory.mktemp("stopped")) as server:
        for subject in (b"one", b"two", b"three", b"four"):
            server.deliver(MESSAGE % subject, "alice")
        with Wire(server.port("imap")).login("alice@demo.test", server.password) as imap:
            imap.ok("SELECT INBOX")
            imap.ok("COPY 1:2 Archive")
            imap.ok(r"STORE 2 +FLAGS.SILENT (\Deleted)")
            imap.ok("EXPUNGE")
        server.stop()
        return server.data


def verify(data: Path) -> "subprocess.CompletedProcess[str]":
    return run_cli("verify", environment={"BOCAU_DIR": str(data)})


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("DELETE FROM message WHERE uid = 3", "uids 3 missing though the log has them"),
        ("DELETE FROM email WHERE subject = 'three'", "without its email"),
        ("UPDATE mailbox SET message_count = 77 WHERE message_count = 3", "message_count is 77"),
        ("UPDATE mailbox SET uid_next = 2 WHERE uid_next > 4", "uid_next 2"),
        ("UPDATE account_state SET used_bytes = used_bytes + 1 WHERE used_bytes > 0", "used_bytes"),
        ("UPDATE message SET modseq = modseq + 1 WHERE uid = 1", "modseq"),
        ("DELETE FROM change WHERE modseq = (SELECT max(modseq) FROM change WHERE kind = 1)", "log has"),
    ],
)
def test_verify_names_a_planted_damage(stopped: Path, tmp_path: Path, damage: str, named: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(stopped, data)
    assert verify(data).returncode == 0
    with sqlite3.connect(data / "bocau.sqlite") as database:
        assert database.execute(damage).rowcount > 0
    database.close()
    found = verify(data)
    assert found.returncode == 1 and named in found.stdout, found.stdout + found.stderr


def test_verify_names_a_flipped_byte_of_a_body(stopped: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(stopped, data)
    flipped = False
    for pack in (data / "packs").iterdir():
        octets = bytearray(pack.read_bytes())
        at = octets.find(b"Subject: three")
        if at >= 0:
            octets[at] ^= 1
            pack.write_bytes(octets)
            flipped = True
    assert flipped
    found = verify(data)
    assert found.returncode == 1 and "another hash" in found.stdout


def usage(server: Server, user: str) -> tuple[int, int]:
    shown = server.json("account", "show", server.address(user))
    return shown["used_bytes"], shown["message_count"]


def measured(imap: Wire) -> tuple[int, int]:
    """The sum of all sizes as a client sees them."""
    sizes = []
    for line in imap.ok('LIST "" *').of(b"LIST"):
        imap.ok(b"EXAMINE " + line.split(b'"/" ')[1])
        sizes += [int(item["RFC822.SIZE"]) for item in imap.fetch("1:*", "(RFC822.SIZE)").values()]
    imap.ok("UNSELECT")
    return sum(sizes), len(sizes)


def test_usage_is_the_sum_of_sizes_after_everything(server: Server) -> None:
    for subject in (b"one", b"two", b"three"):
        server.deliver(MESSAGE % subject, "bob")
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as imap:
        imap.append("Drafts", MESSAGE % b"appended")
        assert usage(server, "bob") == measured(imap)
        imap.ok("CREATE Kept")
        for command in (
            "COPY 1:2 Kept",
            "COPY 1:3 Archive",
            "MOVE 3 Kept",
            r"STORE 1 +FLAGS (\Deleted)",
            "EXPUNGE",
        ):
            imap.ok("SELECT INBOX")
            imap.ok(command)
            imap.ok("UNSELECT")
            assert usage(server, "bob") == measured(imap), command
        imap.ok("RENAME Kept Moved")
        imap.ok("DELETE Moved")
        assert usage(server, "bob") == measured(imap)
    server.cli("verify")


def test_a_full_account_refuses_and_room_comes_back(server: Server) -> None:
    server.cli("account", "set", "user1@demo.test", "--quota", "10k")
    with Wire(server.port("imap")).login("user1@demo.test", server.password) as imap:
        message = MESSAGE % b"large" + b"x" * 6000 + b"\r\n"
        imap.append("INBOX", message)
        refused = imap.command(b"APPEND INBOX {%d+}\r\n%b" % (len(message), message))
        assert refused.status == b"NO" and b"[OVERQUOTA]" in refused.text
        imap.ok("SELECT INBOX")
        assert b"[OVERQUOTA]" in imap.no("COPY 1 Archive").text
        imap.ok("MOVE 1 Archive")
        imap.ok("SELECT Archive")
        imap.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
        imap.ok("EXPUNGE")
        imap.append("INBOX", message)


def test_a_removed_account_leaves_nothing(server: Server) -> None:
    server.deliver(MESSAGE % b"secret of user2", "user2")
    with Wire(server.port("imap")).login("user2@demo.test", server.password) as imap:
        imap.ok("SELECT INBOX")
        server.cli("account", "remove", "user2@demo.test", "--yes")
        eventually(lambda: b"BYE" in (imap.heard(60) or b"BYE"))
    with sqlite3.connect(f"file:{server.data}/bocau.sqlite?mode=ro", uri=True) as database:
        living = {row[0] for row in database.execute("SELECT account_id FROM accounts")}
        for table in TABLES:
            kept = {row[0] for row in database.execute(f"SELECT DISTINCT account_id FROM {table}")}
            assert kept <= living, table
        emails = {row[0] for row in database.execute("SELECT DISTINCT email_id >> 32 FROM email")}
        assert emails <= living
    database.close()
    server.cli("verify")
    # The address is free, and who comes next finds nothing.
    server.cli("account", "add", "user2@demo.test", input="another long password\n")
    with Wire(server.port("imap")).login("user2@demo.test", "another long password") as imap:
        assert b"0 EXISTS" in b"".join(imap.ok("SELECT INBOX").lines)
