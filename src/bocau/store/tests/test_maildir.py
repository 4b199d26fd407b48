"""Maildir++ trees: what is written is read back; foreign trees are read as they are."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import BadName
from bocau.store import Flags
from bocau.store.maildir import MaildirWriter, read_mailboxes, read_messages
from bocau.store.maildir.names import folder_of, mailbox_of


def test_a_tree_is_read_back_as_it_was_written(tmp_path):
    writer = MaildirWriter(tmp_path / "m")
    body = b"Subject: x\r\n\r\n\x00\xff body\r\n"
    writer.add("INBOX", body, Flags.SEEN | Flags.DELETED, "$Forwarded $Junk work", 1_600_000_000)
    writer.add("Thư/2024.1", b"b\r\n", Flags(0), "", 1_600_000_005)
    writer.folder("Empty")
    writer.close()
    mailboxes = dict(read_mailboxes(tmp_path / "m"))
    assert sorted(mailboxes) == ["Empty", "INBOX", "Thư/2024.1"]
    (message,) = read_messages(mailboxes["INBOX"])
    assert message.path.name.endswith(":2,PSTab")
    assert (message.flags, message.keywords) == (Flags.SEEN | Flags.DELETED, "$Forwarded $Junk work")
    assert (message.received_at, message.read()) == (1_600_000_000, body)
    assert read_messages(mailboxes["Empty"]) == []


def test_a_foreign_tree_is_read_in_order_with_crlf(tmp_path):
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
    for name, at in (("new/2.x", 20), ("cur/1.x:2,RF", 10), ("cur/.hidden", 1), ("tmp/3.x", 5)):
        (tmp_path / name).write_bytes(b"a\nb\r\n")
        os.utime(tmp_path / name, (at, at))
    (tmp_path / "new" / "link").symlink_to("/etc/passwd")
    found = read_messages(tmp_path)
    assert [(m.path.name, m.flags) for m in found] == [
        ("1.x:2,RF", Flags.ANSWERED | Flags.FLAGGED),
        ("2.x", Flags(0)),
    ]
    assert found[0].read() == b"a\r\nb\r\n"
    with pytest.raises(BadName):
        read_mailboxes(tmp_path / "cur")


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1), min_size=1
    )
)
def test_folder_names_are_reversible(levels):
    name = "/".join(levels)
    folder = folder_of(name)
    assert folder.isascii() and "/" not in folder
    assert mailbox_of(folder) == name


def test_folders_of_other_servers_are_understood_or_refused():
    assert mailbox_of(".Sent &- more.2024") == "Sent & more/2024"
    assert mailbox_of(".Thư") == "Thư"
    assert mailbox_of(".&x") == "&x"
    for bad in ("Sent", "..", ".", ".&A-"):
        with pytest.raises(BadName):
            mailbox_of(bad)
