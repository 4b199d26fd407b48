"""Import and export: every octet, flag and arrival time comes back, and the proof says so."""

import json
from pathlib import Path

import pytest

from harness import run_cli

MESSAGES = [
    b"From: a@example.org\r\nSubject: plain\r\n\r\nhello\r\n",
    b"Subject: quoted\r\n\r\nFrom the start\r\n>From within\r\n\r\n",
    "Subject: 8-bit\r\n\r\nGrüße, chào\r\n".encode(),
    b"Subject: no last line end\r\n\r\nend",
    b"Subject: bare\r\n\r\none\ntwo\rthree\r\n",
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory with ann@ and bob@example.org."""
    path = tmp_path / "data"
    path.mkdir()
    run(path, "domain", "add", "example.org")
    for name in ("ann", "bob"):
        run(path, "account", "add", f"{name}@example.org", input="a good password\n")
    return path


def run(home: Path, *arguments: str, input: str = "", status: int = 0) -> str:
    result = run_cli(*arguments, input=input, environment={"BOCAU_DIR": str(home)})
    assert result.returncode == status, result.stderr
    return result.stdout if not status else result.stderr


def maildir(root: Path) -> Path:
    """A foreign Maildir with INBOX and Archive/2024, flags in the names."""
    for folder, first in (("", 0), (".Archive.2024", 3)):
        for part in ("cur", "new", "tmp"):
            (root / folder / part).mkdir(parents=True)
        for number, message in enumerate(MESSAGES[first : first + 3]):
            (root / folder / "cur" / f"{1700000000 + number}.M{number}.host:2,FS").write_bytes(message)
    return root


def contents(root: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in root.rglob("cur/*"))


def test_a_maildir_goes_in_and_out_unchanged(home: Path, tmp_path: Path) -> None:
    source = maildir(tmp_path / "source")
    came = json.loads(run(home, "import", "ann@example.org", str(source), "--json"))
    went = json.loads(run(home, "export", "ann@example.org", str(tmp_path / "out"), "--json"))
    assert came["message_count"] == went["message_count"] == 5
    assert came["sha256"] == went["sha256"] and not went["faults"]
    # Mail has CRLF lines: a foreign file's bare LFs become such. All else comes back as it was.
    with_crlf = [m.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for m in contents(source)]
    assert contents(tmp_path / "out") == sorted(with_crlf)
    archived = list((tmp_path / "out" / ".Archive.2024" / "cur").iterdir())
    assert len(archived) == 2 and all(path.name.endswith(":2,FS") for path in archived)
    run(home, "verify")


def test_mbox_carries_every_octet_from_one_account_to_another(home: Path, tmp_path: Path) -> None:
    run(home, "import", "ann@example.org", str(maildir(tmp_path / "source")))
    went = json.loads(
        run(home, "export", "ann@example.org", str(tmp_path / "out"), "--format", "mbox", "--json")
    )
    assert (tmp_path / "out" / "Archive" / "2024.mbox").is_file()
    came = json.loads(run(home, "import", "bob@example.org", str(tmp_path / "out"), "--json"))
    assert came["sha256"] == went["sha256"] and came["message_count"] == 5


def test_one_mbox_file_goes_into_the_mailbox_that_is_named(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.mbox"
    file.write_bytes(b"From x Sat Jan  3 01:05:34 1996\nStatus: RO\nSubject: old\n\nbody\n\n")
    run(
        home,
        "import",
        "ann@example.org",
        str(file),
        "--into",
        "Archive/1996",
        "--proof",
        str(tmp_path / "list"),
    )
    (line,) = (tmp_path / "list").read_text().splitlines()
    assert line.endswith("  Archive/1996/1")
    shown = json.loads(run(home, "account", "show", "ann@example.org", "--json"))
    assert {"name": "Archive/1996", "message_count": 1} in shown["mailboxes"]


def test_what_is_no_mail_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG")
    assert "is not an mbox file" in run(
        home, "import", "ann@example.org", str(tmp_path / "picture"), status=1
    )
    assert "no such file" in run(home, "import", "ann@example.org", str(tmp_path / "nothing"), status=1)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "there already" in run(home, "export", "ann@example.org", str(tmp_path / "full"), status=1)


def test_verify_and_export_name_a_damaged_body_and_go_on(home: Path, tmp_path: Path) -> None:
    run(home, "import", "ann@example.org", str(maildir(tmp_path / "source")))
    damaged = False
    for pack in (home / "packs").iterdir():
        data = bytearray(pack.read_bytes())
        at = data.find(b"Subject: plain")
        if at >= 0:
            data[at] ^= 1
            pack.write_bytes(data)
            damaged = True
    assert damaged
    verified = run_cli("verify", environment={"BOCAU_DIR": str(home)})
    assert verified.returncode == 1 and "another hash" in verified.stdout
    exported = run_cli(
        "export", "ann@example.org", str(tmp_path / "out"), environment={"BOCAU_DIR": str(home)}
    )
    assert exported.returncode == 1 and "INBOX/1: not exported" in exported.stderr
    assert len(contents(tmp_path / "out")) == 4
