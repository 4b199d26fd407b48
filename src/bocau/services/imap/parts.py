"""Sections of stored bodies: the MIME tree of a body is scanned once and remembered (RFC 9051 §6.4.5.1)."""

import asyncio
from collections import OrderedDict
from typing import Final

from bocau.formats.header import body_start, fields
from bocau.formats.mime import Part, part_at, scan
from bocau.formats.picking import fields_named
from bocau.formats.text import decoded_octets
from bocau.protocols.imap.fetch import Form, Portion, Section
from bocau.store import BlobRef
from bocau.store.blobs import READ_NOW_BYTES_MAX, Blobs

TREES_MAX: Final = 256
TREE_PARTS_MAX: Final = 1000
"""A tree of more parts is scanned anew each time rather than remembered."""
HEADER_FIRST_BYTES: Final = 16 * 1024
"""What is read of a long body when only its header is asked for."""

Span = tuple[int, int]


class UnknownEncoding(Exception):
    """BINARY of a part whose transfer encoding we cannot undo (RFC 3516 §4.3: UNKNOWN-CTE)."""


class PartCache:
    """Where the parts of recently read bodies lie."""

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs
        self._trees: OrderedDict[tuple[int, int], Part] = OrderedDict()

    def known(self, ref: BlobRef) -> Part | None:
        key = (ref.pack, ref.offset)
        tree = self._trees.get(key)
        if tree is not None:
            self._trees.move_to_end(key)
        return tree

    def tree(self, ref: BlobRef, data: bytes) -> Part:
        """The tree of a body that has been read."""
        tree = self.known(ref)
        if tree is None:
            tree = scan(data)
            if _count(tree, TREE_PARTS_MAX) < TREE_PARTS_MAX:
                self._trees[(ref.pack, ref.offset)] = tree
                if len(self._trees) > TREES_MAX:
                    self._trees.popitem(last=False)
        return tree

    async def tree_of_large(self, ref: BlobRef) -> Part:
        """The tree of a body above READ_NOW_BYTES_MAX: read and scanned in a thread."""
        tree = self.known(ref)
        if tree is None:
            data = await asyncio.to_thread(self.blobs.read, ref)
            tree = await asyncio.to_thread(scan, data)
            self.tree_scanned(ref, tree)
        return tree

    def tree_scanned(self, ref: BlobRef, tree: Part) -> None:
        if _count(tree, TREE_PARTS_MAX) < TREE_PARTS_MAX:
            self._trees[(ref.pack, ref.offset)] = tree

    def header(self, ref: BlobRef) -> bytes:
        """The header block of a message, with its empty line; most bodies need one short read."""
        if ref.length <= HEADER_FIRST_BYTES:
            data = self.blobs.read(ref)
            return data[: body_start(data)]
        data = self.blobs.read(ref, 0, HEADER_FIRST_BYTES)
        end = body_start(data)
        if end < len(data):
            return data[:end]
        data = self.blobs.read(ref, 0, min(ref.length, READ_NOW_BYTES_MAX))
        return data[: body_start(data)]


def _count(tree: Part, limit: int) -> int:
    """How many parts, counted up to `limit`."""
    count, pending = 0, [tree]
    while pending and count < limit:
        pending += pending.pop().children
        count += 1
    return count


def needs_tree(section: Section) -> bool:
    """Whether a section cannot be cut out by the header's end alone."""
    return bool(section.part) or section.form is not Form.RAW


def span(tree: Part, section: Section) -> Span | None:
    """Where a section lies in the message, before header fields are picked; None: no such part."""
    if not section.part:
        if section.portion is Portion.WHOLE:
            return tree.header_start, tree.end
        if section.portion is Portion.TEXT:
            return tree.body_start, tree.end
        return tree.header_start, tree.body_start
    part = part_at(tree, section.part)
    if part is None:
        return None
    if section.portion is Portion.WHOLE:
        return part.body_start, part.end
    if section.portion is Portion.MIME:
        # A message that is no multipart has its one part in itself: the part's header is the message's.
        return part.header_start, part.body_start
    if part.type != b"message" or not part.children:
        return None
    enclosed = part.children[0]
    if section.portion is Portion.TEXT:
        return enclosed.body_start, enclosed.end
    return enclosed.header_start, enclosed.body_start


def picked_fields(header: bytes, section: Section) -> bytes:
    """HEADER.FIELDS and HEADER.FIELDS.NOT: the chosen fields as they stand, then an empty line."""
    wanted = section.fields
    if section.portion is Portion.FIELDS:
        pieces = fields_named(wanted).findall(header, 0, body_start(header))
    else:
        pieces = [header[field.start : field.end] for field in fields(header) if field.name not in wanted]
    pieces.append(b"\r\n")
    return b"".join(pieces)


def cut(data: bytes, tree: Part | None, section: Section) -> bytes | None:
    """The octets of a section of a whole message in memory; None: no such part. UnknownEncoding."""
    if tree is None:
        octets: bytes | None = _top_level(data, section.portion)
    elif section.form is not Form.RAW:
        octets = _decoded(data, tree, section)
    else:
        found = span(tree, section)
        octets = None if found is None else data[found[0] : found[1]]
    if octets is None:
        return None
    if section.portion in (Portion.FIELDS, Portion.FIELDS_NOT):
        octets = picked_fields(octets, section)
    return partial(octets, section)


def _top_level(data: bytes, portion: Portion) -> bytes:
    if portion is Portion.WHOLE:
        return data
    start = body_start(data)
    return data[start:] if portion is Portion.TEXT else data[:start]


def _decoded(data: bytes, tree: Part, section: Section) -> bytes | None:
    if not section.part:
        return data
    part = part_at(tree, section.part)
    if part is None:
        return None
    if part.encoding not in (b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable"):
        raise UnknownEncoding(part.encoding.decode("ascii", "replace"))
    return decoded_octets(data, part)


def partial(octets: bytes, section: Section) -> bytes:
    """Only <first.count> of it."""
    if section.partial is None:
        return octets
    first, count = section.partial
    return octets[first : first + count]
