"""An account's mail goes to another one by Maildir and mbox."""

from pathlib import Path
from typing import Any

import pytest

from harness import Server
from imap.wire import Wire

MESSAGES = [
    (b"plain", "()", '" 1-Feb-2020 03:04:05 +0700"'),
    (b"read", r"(\Seen)", '"29-Feb-2024 23:59:59 +0000"'),
    (b"busy", r"(\Seen \Answered \Flagged \Draft \Deleted work $Forwarded)", '"31-Dec-1999 12:00:00 -0500"'),
    (b"label", "(work Later)", '"11-Nov-2011 11:11:11 +0000"'),
]
MAILBOXES = ("INBOX", "Archive/2024", "&AOk-t&AOk-")


def body(subject: bytes) -> bytes:
    return b"From: a@x.test\r\nSubject: %b\r\n\r\nFrom here on\r\n>From there\r\n\x80\xff\r\n" % subject


@pytest.fixture(scope="module")
def source(server: Server) -> list[dict[str, Any]]:
    with Wire(server.port("imap")).login("alice@demo.test", server.password) as imap:
        for name in MAILBOXES:
            imap.command(f"CREATE {name}")
            for subject, flags, date in MESSAGES:
                imap.append(name, body(subject), f"{flags} {date}")
        return seen(imap)


def seen(imap: Wire) -> list[dict[str, Any]]:
    """Everything in the mailboxes as a client sees it."""
    found = []
    for name in MAILBOXES:
        imap.ok(f"EXAMINE {name}")
        for item in imap.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])").values():
            flags = {flag for flag in item["FLAGS"] if flag != rb"\Recent"}
            found.append({"name": name, "flags": flags, "date": item["INTERNALDATE"], "body": item["BODY[]"]})
    return found


def test_a_maildir_carries_bodies_flags_keywords_and_dates(
    server: Server, source: list[dict[str, Any]], tmp_path: Path
) -> None:
    went = server.json("export", "alice@demo.test", str(tmp_path / "out"))
    came = server.json("import", "user1@demo.test", str(tmp_path / "out"))
    assert came["sha256"] == went["sha256"] and came["message_count"] == len(source)
    with Wire(server.port("imap")).login("user1@demo.test", server.password) as imap:
        # A Maildir has no order but that of arrival.
        assert sorted(seen(imap), key=repr_of) == sorted(source, key=repr_of)


def repr_of(message: dict[str, Any]) -> tuple[Any, ...]:
    return message["name"], message["body"]


def test_mbox_files_carry_bodies_and_dates_in_order(
    server: Server, source: list[dict[str, Any]], tmp_path: Path
) -> None:
    went = server.json("export", "alice@demo.test", str(tmp_path / "out"), "--format", "mbox")
    came = server.json("import", "user2@demo.test", str(tmp_path / "out"))
    assert came["sha256"] == went["sha256"] and came["message_count"] == len(source)
    with Wire(server.port("imap")).login("user2@demo.test", server.password) as imap:
        # Flags would be header fields, and the octets no more the same.
        assert seen(imap) == [message | {"flags": set()} for message in source]
