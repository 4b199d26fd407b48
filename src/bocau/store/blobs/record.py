"""The record of a pack: a header that describes itself, then the body.

    magic 4 | version 1 | flags 1 | header length 2 | length 8 | account 8 | time 8 | SHA-256 32 | CRC-32 4

Little-endian. With no index left at all, the mail can be found again: search the magic, check the CRC of
the header, then the SHA-256 of the body (`bocau.store.blobs.salvage`).
"""

import struct
import zlib
from typing import Final, NamedTuple

MAGIC: Final = b"BoCa"
VERSION: Final = 1
_FIELDS: Final = struct.Struct("<4sBBHQQQ32s")
_CHECKSUM: Final = struct.Struct("<I")
HEADER_BYTES: Final = _FIELDS.size + _CHECKSUM.size
_START: Final = struct.Struct("<4sBBHQ")


class Header(NamedTuple):
    length: int
    account_id: int
    """The first account it was meant for; 0 when unknown. A hint for salvage only."""
    written_at: int
    sha256: bytes


def pack_header(header: Header) -> bytes:
    fields = _FIELDS.pack(MAGIC, VERSION, 0, HEADER_BYTES, *header)
    return fields + _CHECKSUM.pack(zlib.crc32(fields))


def parse_header(data: bytes | memoryview) -> Header | None:
    """The header at the start of `data`, or None when it is none of ours or damaged."""
    if len(data) < HEADER_BYTES or bytes(data[:4]) != MAGIC:
        return None
    fields = data[: _FIELDS.size]
    (checksum,) = _CHECKSUM.unpack_from(data, _FIELDS.size)
    if zlib.crc32(fields) != checksum:
        return None
    _, version, _, header_bytes, length, account_id, written_at, sha256 = _FIELDS.unpack(fields)
    if version != VERSION or header_bytes != HEADER_BYTES:
        return None
    return Header(length, account_id, written_at, sha256)


def starts_record(data: bytes | memoryview, at: int, length: int) -> bool:
    """The cheap check of each read: a record for a body of `length` bytes starts at `at`."""
    magic, version, _, _, found = _START.unpack_from(data, at)
    return bool(magic == MAGIC and version == VERSION and found == length)
