"""`bocau sendmail` in the place of /usr/sbin/sendmail, beside a running server."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.programs import private_file, run
from harness import Server, eventually
from smtp.admin import cli, told
from smtp.far import Far
from smtp.wire import letter, newest

NO_USER, USAGE, UNREADABLE, UNAVAILABLE, TRY_LATER = 67, 64, 65, 69, 75


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    with Far() as far:
        yield far


@pytest.fixture(scope="module")
def server(far: Far, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = (f"delivery.routes.far.test={far.hop}",)
    with Server(tmp_path_factory.mktemp("server"), settings=settings) as running:
        yield running
        running.assert_no_traceback()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sendmail, mailq and newaliases as links to bocau."""
    folder = tmp_path_factory.mktemp("sbin")
    bocau = shutil.which("bocau", path=str(Path(sys.executable).parent)) or shutil.which("bocau")
    assert bocau, "the package is installed with its command"
    for name in ("sendmail", "mailq", "newaliases"):
        (folder / name).symlink_to(bocau)
    return folder


def call(
    server: Server, place: Path, name: str, *words: str, given: bytes = b""
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [str(place / name), *words],
        input=given,
        capture_output=True,
        timeout=60,
        env={**os.environ, "BOCAU_DIR": str(server.data)},
        check=False,
    )


def test_recipients_from_the_header_blind_ones_too(server: Server, place: Path, far: Far) -> None:
    message = (
        "From: Cron <alice@demo.test>\nTo: Bob <bob@demo.test>,\n user1@demo.test\nCc: carol@far.test\n"
        "Bcc: user2@demo.test, dave@far.test\nSubject: nightly\n\nline\n.\nafter the dot\n"
    )
    done = call(server, place, "sendmail", "-t", "-i", "-f", "alice@demo.test", given=message.encode())
    assert done.returncode == 0 and done.stdout == b"", done.stderr
    for user in ("bob", "user1", "user2"):
        arrived = eventually(lambda user=user: newest(server, user, b"Subject: nightly"))  # type: ignore[misc]
        assert b"Bcc" not in arrived and b"user2" not in arrived and b"dave" not in arrived
        assert arrived.endswith(b"line\r\n.\r\nafter the dot\r\n")
        assert arrived.startswith(b"Return-Path: <alice@demo.test>\r\n")
        assert b"Message-ID: <" in arrived and b"\r\nDate: " in arrived
    taken = far.wait_for("nightly")
    names = sorted(
        r.partition("<")[2].partition(">")[0] for each in far.remote.taken for r in each.recipients
    )
    assert names == ["carol@far.test", "dave@far.test"] and b"Bcc" not in taken.body


def test_recipients_named_and_the_name_of_the_sender(server: Server, place: Path) -> None:
    words = ("-oi", "-F", "Người Gửi", "-r", "alice@demo.test", "--", "user3@demo.test")
    assert call(server, place, "sendmail", *words, given=b"Subject: named\n\nhi\n").returncode == 0
    arrived = newest(server, "user3", b"Subject: named")
    assert b"From: =?utf-8?" in arrived.replace(b"=?UTF-8?", b"=?utf-8?") and b"<alice@demo.test>" in arrived


def test_without_a_sender_it_is_who_called(server: Server, place: Path) -> None:
    import getpass

    assert call(server, place, "sendmail", "user3@demo.test", given=b"Subject: who\n\nhi\n").returncode == 0
    assert f"Return-Path: <{getpass.getuser()}@demo.test>".encode() in newest(
        server, "user3", b"Subject: who"
    )


def test_reports_are_asked_for(server: Server, place: Path, far: Far) -> None:
    words = ("-N", "success,failure", "-R", "hdrs", "-V", "E9", "-f", "alice@demo.test", "carol@far.test")
    assert call(server, place, "sendmail", *words, given=b"Subject: dsn\n\nhi\n").returncode == 0
    taken = far.wait_for("dsn")
    assert "RET=HDRS" in taken.mail and "ENVID=E9" in taken.mail
    assert "NOTIFY=SUCCESS,FAILURE" in taken.recipients[0]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("nobody@demo.test",), NO_USER, "no such address: nobody@demo.test"),
        (("gone@demo.test",), NO_USER, "disabled"),
        (("full@demo.test",), UNAVAILABLE, "bytes"),
        ((), USAGE, "No recipients"),
        (("-z", "bob@demo.test"), USAGE, "-z"),
        (("-f",), USAGE, "-f"),
        (("-bd",), USAGE, "daemon"),
        (("not an address@@",), UNREADABLE, "is not an address"),
        (("-f", "@@", "bob@demo.test"), UNREADABLE, "is not an address"),
    ],
)
def test_how_it_ends(server: Server, place: Path, words: tuple[str, ...], status: int, said: str) -> None:
    if words == ("gone@demo.test",):
        cli(server, "account", "add", "gone@demo.test", input=server.password + "\n")
        cli(server, "account", "set", "gone@demo.test", "--disable")
    if words == ("full@demo.test",):
        cli(server, "account", "add", "full@demo.test", "--quota", "1K", input=server.password + "\n")
    done = call(server, place, "sendmail", *words, given=b"Subject: x\n\n" + b"x" * 2000 + b"\n")
    assert done.returncode == status and done.stdout == b"", done
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and said in lines[0]


def test_a_full_mailbox_may_have_room_later(server: Server, place: Path) -> None:
    cli(server, "account", "add", "later@demo.test", "--quota", "2K", input=server.password + "\n")
    big = b"Subject: x\n\n" + b"x" * 1200 + b"\n"
    assert call(server, place, "sendmail", "later@demo.test", given=big).returncode == 0
    assert call(server, place, "sendmail", "later@demo.test", given=big).returncode == TRY_LATER


def test_some_recipients_that_do_not_exist_are_reported_by_mail(server: Server, place: Path) -> None:
    words = ("-f", "alice@demo.test", "user4@demo.test", "missing@demo.test")
    assert call(server, place, "sendmail", *words, given=b"Subject: partly\n\nhi\n").returncode == 0
    assert newest(server, "user4", b"Subject: partly")
    report = newest(server, "alice", b"missing@demo.test")
    assert b"Status: 5.1.1" in report and b"user4" not in report.split(b"Final-Recipient")[1]


def test_mailq_and_newaliases(server: Server, place: Path, far: Far) -> None:
    far.stop()
    try:
        call(server, place, "sendmail", "-f", "alice@demo.test", "w@far.test", given=b"Subject: q\n\n\n")
        assert b"w@far.test" in call(server, place, "mailq").stdout
        assert b"w@far.test" in call(server, place, "sendmail", "-bp").stdout
    finally:
        far.start()
    cli(server, "queue", "retry", "--all")
    assert eventually(lambda: told(server, "queue", "list") == [])
    done = call(server, place, "newaliases")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert call(server, place, "sendmail", "-bi").returncode == 0


def test_neomutt_sends_by_it(server: Server, place: Path, tmp_path: Path) -> None:
    private_file(
        tmp_path / "muttrc",
        f'set from=alice@demo.test\nset use_from=yes\nset copy=no\nset sendmail="{place}/sendmail -oem -oi"\n'
        "set use_envelope_from=yes\n",
    )
    os.environ["BOCAU_DIR"] = str(server.data)
    try:
        run(
            tmp_path,
            "neomutt",
            "-F",
            "muttrc",
            "-s",
            "by mutt",
            "user5@demo.test",
            given=b"Xin chao\n.\n..\n",
        )
    finally:
        del os.environ["BOCAU_DIR"]
    arrived = eventually(lambda: newest(server, "user5", b"Subject: by mutt"))
    assert arrived.endswith(b"Xin chao\r\n.\r\n..\r\n")


def test_bodies_of_any_kind(server: Server, place: Path) -> None:
    for given in (
        letter("crlf"),
        letter("mixed").replace(b"\r\n", b"\n", 2),
        b"From me\nSubject: mbox\n\nhi\n",
    ):
        done = call(server, place, "sendmail", "-i", "-f", "alice@demo.test", "user5@demo.test", given=given)
        assert done.returncode == 0, done.stderr
    for subject in (b"crlf", b"mixed", b"mbox"):
        arrived = newest(server, "user5", b"Subject: " + subject + b"\r\n")
        assert arrived.count(b"\n") == arrived.count(b"\r\n") > 5
