"""Reading a Maildir++ tree."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bocau.base.errors import BadName
from bocau.store.maildir.flags import parse_info, read_numbered
from bocau.store.maildir.names import mailbox_of
from bocau.store.values import Flags


class MaildirMessage(NamedTuple):
    path: Path
    flags: Flags
    keywords: str
    received_at: int
    """The file's time of modification, as Dovecot keeps it."""

    def read(self) -> bytes:
        """The message with CRLF line ends, whatever the file has."""
        return with_crlf(self.path.read_bytes())


def read_mailboxes(root: Path) -> list[tuple[str, Path]]:
    """(mailbox name, its folder), INBOX first. BadName when there is no Maildir."""
    if not is_folder(root):
        raise BadName(f"{root} is not a Maildir: cur, new and tmp are missing")
    names = sorted(entry.name for entry in os.scandir(root) if entry.name.startswith("."))
    return [(mailbox_of(name), root / name) for name in ["", *names] if is_folder(root / name)]


def is_folder(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir()


def read_messages(folder: Path) -> list[MaildirMessage]:
    """The messages in order of arrival. Symbolic links are not followed out of the tree."""
    numbered = read_numbered(folder)
    found = [
        MaildirMessage(path, *parse_info(path.name, numbered), received_at)
        for path, received_at in _files(folder)
    ]
    found.sort(key=lambda message: (message.received_at, message.path.name))
    return found


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    for part in ("new", "cur"):
        for entry in os.scandir(folder / part):
            if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                continue
            yield Path(entry.path), int(entry.stat(follow_symlinks=False).st_mtime)


def with_crlf(data: bytes) -> bytes:
    """Bare LFs become CRLF; a message that has none stays as it is."""
    if data.count(b"\n") == data.count(b"\r\n"):
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
