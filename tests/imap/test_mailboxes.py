"""What RFC 9051 §6.3 says of mailboxes beyond the transcripts, on the running server."""

import re
from collections.abc import Iterator

import pytest

from harness import Server
from imap.wire import Wire

MESSAGE = b"From: a@x.test\r\nSubject: %b\r\n\r\nbody\r\n"


@pytest.fixture
def imap(server: Server) -> Iterator[Wire]:
    with Wire(server.port("imap")).login("user1@demo.test", server.password) as wire:
        for name in ("Old/child", "Old", "Kept", "New/child", "New"):
            wire.command(f"DELETE {name}")
        wire.ok("CREATE Old/child")
        yield wire


def test_a_renamed_inbox_leaves_an_empty_one(imap: Wire) -> None:
    """RFC 9051 §6.3.6: its messages go to the new mailbox."""
    imap.append("INBOX", MESSAGE % b"x", r"(\Flagged kw)")
    count = int(re.findall(rb"MESSAGES ([0-9]+)", imap.ok("STATUS INBOX (MESSAGES)").lines[0])[0])
    imap.ok("RENAME INBOX Kept")
    assert b"MESSAGES 0" in imap.ok("STATUS INBOX (MESSAGES)").lines[0]
    assert b"MESSAGES %d" % count in imap.ok("STATUS Kept (MESSAGES)").lines[0]
    imap.ok("SELECT Kept")
    assert {rb"\Flagged", b"kw"} <= set(imap.fetch("*", "FLAGS")[count]["FLAGS"])


def test_children_go_with_a_renamed_mailbox_and_forbid_its_deletion(imap: Wire) -> None:
    assert imap.no("DELETE Old").status == b"NO"
    imap.append("Old/child", MESSAGE % b"x")
    imap.ok("RENAME Old New")
    names = b"".join(imap.ok('LIST "" *').lines)
    assert b'"/" New/child' in names and b'"/" Old' not in names
    assert b"MESSAGES 1" in imap.ok("STATUS New/child (MESSAGES)").lines[0]


def test_a_copy_keeps_flags_and_date(imap: Wire) -> None:
    imap.append("Old", MESSAGE % b"x", r'(\Answered \Seen kw) "01-Feb-2020 00:00:00 +0000"')
    imap.ok("EXAMINE Old")
    imap.ok("COPY 1 Old/child")
    before = imap.fetch("1", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
    imap.ok("EXAMINE Old/child")
    after = imap.fetch("1", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
    for item in (before[1], after[1]):
        item["FLAGS"] = set(item["FLAGS"]) - {rb"\Recent"}
    assert before == after
