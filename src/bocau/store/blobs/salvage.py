"""Walking a pack without any index: every record that is there, garbage skipped."""

import os
from collections.abc import Iterator
from typing import Final

from bocau.store.blobs.packs import PackFolder, ReadingFile
from bocau.store.blobs.record import HEADER_BYTES, MAGIC, Header, parse_header

SEARCH_BYTES: Final = 1024 * 1024


def records(packs: PackFolder, number: int) -> Iterator[tuple[int, Header]]:
    """(offset of the body, header) of each record, in order. Bodies are not read; see `Header.sha256`.

    Torn and damaged records are skipped: the next record is found by its magic and the CRC of its header.
    """
    file = packs.file(number)
    size = os.fstat(file.fd).st_size
    at = 0
    while at + HEADER_BYTES <= size:
        header = parse_header(os.pread(file.fd, HEADER_BYTES, at))
        if header is None or at + HEADER_BYTES + header.length > size:
            at = _next_magic(file, at + 1, size)
            continue
        yield at + HEADER_BYTES, header
        at += HEADER_BYTES + header.length


def _next_magic(file: ReadingFile, at: int, size: int) -> int:
    while at < size:
        found = os.pread(file.fd, SEARCH_BYTES, at).find(MAGIC)
        if found >= 0:
            return at + found
        # The magic may lie across two windows.
        at += SEARCH_BYTES - len(MAGIC) + 1
    return size
