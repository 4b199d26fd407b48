"""Where a body lies."""

from typing import NamedTuple


class BlobRef(NamedTuple):
    """Pack number, offset of the first body byte, length, SHA-256."""

    pack: int
    offset: int
    length: int
    sha256: bytes
