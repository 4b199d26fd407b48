"""Offline use (RFC 1733 §3): fetch everything, delete it on the server, hang up, answer later."""

import base64
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from clients import configurations
from clients.messages import mail, maildir_messages, subjects, without_marks
from clients.programs import run
from harness import Server

USER = "user1"
ATTACHMENT_BYTES = 200_000


def awkward() -> list[bytes]:
    """Messages that careless programs change: dots, "From ", 8 bits, long lines, large ones."""
    head = b"From: bob@demo.test\r\nTo: user1@demo.test\r\nMessage-ID: <%b@demo.test>\r\nSubject: %b\r\n"
    attachment = base64.encodebytes(random.Random(3).randbytes(ATTACHMENT_BYTES)).replace(b"\n", b"\r\n")
    parts = b"--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return [
        mail("plain"),
        head % (b"dots", b"dots") + b"\r\n.\r\n..\r\n...three\r\nFrom here\r\n>From there\r\n",
        head % (b"folded", b"a\r\n subject\r\n\tthat is folded") + b"X-Odd: x \r\n\r\n\r\n\r\n",
        head % (b"long", b"long") + b"\r\n" + "ơ".encode() * 400 + b"\r\n",
        head % (b"bare", b"no body") + b"\r\n",
        head % (b"parts", b"parts")
        + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        + parts
        + attachment
        + b"--x--\r\n",
    ]


@pytest.fixture
def held(server: Server) -> list[bytes]:
    """What the server holds for the user, with the line ends of local files; nothing else is there."""
    with server.imap(USER) as imap:
        imap.select()
        imap.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
        imap.expunge()
    for message in awkward():
        server.deliver(message, USER)
    with server.imap(USER) as imap:
        imap.select(readonly=True)
        _, answer = imap.fetch("1:*", "(BODY.PEEK[])")
    found = [item[1] for item in answer if isinstance(item, tuple)]
    assert len(found) == len(awkward())
    assert all(message.endswith(sent) for message, sent in zip(found, awkward(), strict=True))
    return sorted(message.replace(b"\r\n", b"\n") for message in found)


def by_fetchmail(server: Server, home: Path) -> list[bytes]:
    configurations.fetchmail(server, home, USER)
    run(home, "fetchmail", "-f", "fetchmailrc", "--pidfile", f"{home}/pid", "--nosyslog")
    return [file.read_bytes() for file in (home / "got").iterdir()]


def by_getmail(server: Server, home: Path) -> list[bytes]:
    configurations.getmail(server, home, USER)
    run(home, "getmail", f"--getmaildir={home}", "--rcfile=rc", "--quiet")
    return [without_marks(file.read_bytes()) for file in (home / "got").iterdir()]


def by_mbsync(server: Server, home: Path) -> list[bytes]:
    """Pull all; what is then filed elsewhere is expunged from the server by the next run."""
    configurations.mbsync(server, home, USER)
    run(home, "mbsync", "-a")
    inbox = home / "mail" / "INBOX"
    got = [without_marks(message) for message in maildir_messages(inbox)]
    for file in [*(inbox / "new").iterdir(), *(inbox / "cur").iterdir()]:
        file.rename(home / file.name)
    run(home, "mbsync", "-a")
    return got


@pytest.mark.parametrize("fetch", [by_fetchmail, by_getmail, by_mbsync])
def test_everything_is_fetched_whole_and_the_server_left_empty(
    server: Server, held: list[bytes], tmp_path: Path, fetch: Callable[[Server, Path], list[bytes]]
) -> None:
    assert sorted(fetch(server, tmp_path)) == held
    with server.imap(USER) as imap:
        assert imap.select(readonly=True)[1] == [b"0"]


@pytest.mark.parametrize("program", ["msmtp", "swaks"])
def test_an_answer_written_offline_is_submitted_later(
    server: Server, held: list[bytes], tmp_path: Path, program: str
) -> None:
    by_getmail(server, tmp_path)
    answer = mail(f"Re: dots by {program}").replace(b"sender@example.org", b"user1@demo.test", 1)
    answer = answer.replace(b"alice@", b"bob@", 1).replace(
        b"Subject:", b"In-Reply-To: <dots@demo.test>\r\nSubject:", 1
    )
    local = answer.replace(b"\r\n", b"\n")
    if program == "msmtp":
        configurations.msmtp(server, tmp_path, USER)
        run(tmp_path, "msmtp", "--read-envelope-from", "--read-recipients", given=local)
    else:
        (tmp_path / "answer").write_bytes(local)
        words = ["--server", f"127.0.0.1:{server.port('submission')}", "--tls", "--auth", "PLAIN"]
        words += ["--auth-user", server.address(USER), "--auth-password", server.password]
        words += ["--from", server.address(USER), "--to", "bob@demo.test", "--data", "@answer"]
        run(tmp_path, "swaks", *words)
    with server.imap("bob") as imap:
        imap.select(readonly=True)
        _, found = imap.search(None, "HEADER", "In-Reply-To", "<dots@demo.test>", "SUBJECT", program)
        _, fetched = imap.fetch(found[0].decode(), "(BODY.PEEK[])")
    assert subjects([fetched[0][1]]) == [f"Re: dots by {program}"]
    # swaks ends what it sends with an empty line of its own.
    assert answer.partition(b"\r\n\r\n")[2] in fetched[0][1]
