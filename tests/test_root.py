"""A server started by root gives root up and still does everything."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bocau.runtime.tls import ensure_self_signed
from harness import Server, run_cli

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

USER = "nobody"


@pytest.fixture(scope="module")
def dropped() -> Iterator[Server]:
    """Runs as nobody; the key is readable by root only."""
    # pytest's own directories are closed to others.
    base = Path(tempfile.mkdtemp(prefix="bocau-root-"))
    base.chmod(0o711)
    certificate, key = base / "tls" / "certificate.pem", base / "tls" / "key.pem"
    ensure_self_signed(certificate, key, ["mail.demo.test"])
    settings = [f"user={USER}", f"tls.certificate={certificate}", f"tls.key={key}"]
    try:
        with Server(base / "server", users=1, settings=settings) as server:
            yield server
            server.assert_no_traceback()
    finally:
        shutil.rmtree(base)


def test_mail_is_taken_and_read_as_somebody_else(dropped: Server) -> None:
    dropped.deliver(b"Subject: x\r\n\r\nhi\r\n", "alice")
    with dropped.imap("alice") as imap:
        assert imap.select()[1] == [b"1"]
    uid = pwd.getpwnam(USER).pw_uid
    processes = [dropped.pid, *children(dropped.pid)]
    assert {os.stat(f"/proc/{pid}").st_uid for pid in processes} == {uid}
    assert {path.stat().st_uid for path in dropped.data.rglob("*")} == {uid}


def test_the_key_that_only_root_can_read_is_used_and_its_reload_is_warned_of(dropped: Server) -> None:
    assert "cannot be read again" in dropped.log()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_its_commands_still_work_for_root(dropped: Server) -> None:
    run_cli(
        "account",
        "add",
        "new@demo.test",
        input="a good password\n",
        environment={"BOCAU_DIR": str(dropped.data)},
    )
    assert "new@demo.test" in dropped.cli("account", "list").stdout
    with dropped.imap("new", "a good password") as imap:
        assert imap.select()[0] == "OK"
