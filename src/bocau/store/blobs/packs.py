"""The pack files of one data directory: names, numbers, and files kept open for reading."""

import os
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Final

from bocau.base.errors import TryLater
from bocau.database.errors import translate_os

OPEN_FILES_MAX: Final = 64
"""Packs kept open for reading, by least recent use."""
SUFFIX: Final = ".pack"


class BlobLost(TryLater):
    """A body that a row refers to is missing or damaged; `bocau verify` names them all."""


class ReadingFile:
    """An open pack; closed when the last reader lets go of it."""

    __slots__ = ("fd",)

    def __init__(self, path: Path) -> None:
        self.fd = -1
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)


class PackFolder:
    """`NNNNNNNN.pack` files. Numbers only grow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: OrderedDict[int, ReadingFile] = OrderedDict()
        self._lock = Lock()

    def path(self, number: int) -> Path:
        return self.folder / f"{number:08d}{SUFFIX}"

    def numbers(self) -> list[int]:
        """All packs, ascending."""
        names = (entry.name for entry in os.scandir(self.folder))
        return sorted(int(n[:8]) for n in names if n.endswith(SUFFIX) and len(n) == 13 and n[:8].isdigit())

    def sizes(self) -> dict[int, tuple[int, float]]:
        """Each pack's (bytes, last written at)."""
        found = {}
        for number in self.numbers():
            try:
                status = self.path(number).stat()
            except FileNotFoundError:
                continue
            found[number] = (status.st_size, status.st_mtime)
        return found

    def remove(self, number: int) -> None:
        """Delete a pack; readers that have it open keep it until they let go."""
        with self._lock:
            self._open.pop(number, None)
        self.path(number).unlink(missing_ok=True)
        self.sync()

    def file(self, number: int) -> ReadingFile:
        """The open file; hold on to it while reading. BlobLost when there is none."""
        with self._lock:
            found = self._open.get(number)
            if found is not None:
                self._open.move_to_end(number)
                return found
            return self._open_file(number)

    def _open_file(self, number: int) -> ReadingFile:
        try:
            opened = ReadingFile(self.path(number))
        except FileNotFoundError:
            raise BlobLost(f"pack {number} is missing") from None
        except OSError as error:
            raise translate_os(error) from error
        self._open[number] = opened
        if len(self._open) > OPEN_FILES_MAX:
            self._open.popitem(last=False)
        return opened

    def close(self) -> None:
        with self._lock:
            self._open.clear()

    def sync(self) -> None:
        sync_folder(self.folder)


def sync_folder(folder: Path) -> None:
    """Make new and removed names durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
