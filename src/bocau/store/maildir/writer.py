"""Writing a Maildir++ tree; bodies go out byte for byte, with their CRLF."""

import os
from pathlib import Path

from bocau.store.maildir.flags import info_of, write_numbered
from bocau.store.maildir.names import folder_of
from bocau.store.values import Flags


class MaildirWriter:
    """One tree. `close()` writes what is kept a folder, not a message."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._keywords: dict[Path, list[str]] = {}
        self._count = 0
        self.folder("INBOX")

    def folder(self, mailbox: str) -> Path:
        """Make the folder of a mailbox, also an empty one."""
        path = self.root / folder_of(mailbox)
        if path not in self._keywords:
            for part in ("cur", "new", "tmp"):
                (path / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            if path != self.root:
                (path / "maildirfolder").touch(mode=0o600)
            self._keywords[path] = []
        return path

    def add(self, mailbox: str, body: bytes, flags: Flags, keywords: str, received_at: int) -> Path:
        """Write one message: into tmp, then under its name into cur."""
        folder = self.folder(mailbox)
        self._count += 1
        info = info_of(flags, keywords.split(), self._keywords[folder])
        name = f"{received_at}.M{self._count:06d}P{os.getpid()}.bocau,S={len(body)}"
        draft = folder / "tmp" / name
        with open(draft, "xb") as file:
            file.write(body)
        os.utime(draft, (received_at, received_at))
        place = folder / "cur" / (name + info)
        draft.rename(place)
        return place

    def close(self) -> None:
        for folder, numbered in self._keywords.items():
            write_numbered(folder, numbered)
