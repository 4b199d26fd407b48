"""FETCH responses in bulk: the item list is compiled once, each batch of messages is one formatting of bytes.

items → fragments (template, columns) → b"* %d FETCH (UID %d FLAGS (%b))\\r\\n" * n % interleaved columns
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from bocau.formats.date import format_internal_date
from bocau.formats.structure import body_structure, envelope
from bocau.protocols.imap.fetch import Attribute, Form, Item, Portion, Section
from bocau.services.imap.flags import flags_text
from bocau.services.imap.parts import PartCache, cut, needs_tree
from bocau.store import BlobRef, Message

Row = tuple[int, int, int, str]
"""uid, modseq, flags, keywords."""
Column = Callable[["Batch"], Iterable[Any]]


@dataclass(slots=True)
class Batch:
    """Some messages with what was read of them; all lists run in step."""

    numbers: Sequence[int]
    uids: Sequence[int]
    rows: Sequence[Row] = ()
    flags: list[bytes] = field(default_factory=list)
    modseqs: list[int] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    refs: list[BlobRef] = field(default_factory=list)
    bodies: "list[bytes | memoryview]" = field(default_factory=list)
    """Whole messages, or their headers when the plan asks for no more."""


class Plan:
    """What a FETCH asks for, and how to write it."""

    def __init__(self, items: Sequence[Item], parts: Callable[[], PartCache]) -> None:
        self.items = items
        self._parts = parts
        attributes = {item for item in items if isinstance(item, Attribute)}
        sections = [item for item in items if isinstance(item, Section)]
        self.needs_flags = bool(attributes & {Attribute.FLAGS, Attribute.MODSEQ})
        self.needs_messages = bool(attributes - {Attribute.UID, Attribute.FLAGS, Attribute.MODSEQ})
        self.needs_structure = Attribute.BODY in attributes
        self.needs_bodies = bool(sections) or self.needs_structure
        self.needs_only_headers = not self.needs_structure and all(map(_is_header, sections))
        self.marks_seen = any(section.marks_seen for section in sections)
        fragments = [self._fragment(item) for item in items]
        self._line = b"* %d FETCH (" + b" ".join([template for template, _ in fragments]) + b")\r\n"
        self._columns = [column for _, columns in fragments for column in columns]

    def format(self, batch: Batch) -> bytes:
        """The responses of a batch."""
        columns = [column(batch) for column in self._columns]
        return (
            self._line
            * len(batch.uids)
            % tuple(chain.from_iterable(zip(batch.numbers, *columns, strict=True)))
        )

    def _fragment(self, item: Item) -> tuple[bytes, tuple[Column, ...]]:
        if isinstance(item, Attribute):
            if item is Attribute.BODY:
                return b"BODY %b", (self._plain_structures,)
            if item is Attribute.BODYSTRUCTURE:
                return b"BODYSTRUCTURE %b", (self._structures,)
            return _ATTRIBUTES[item]
        label = item.label.replace(b"%", b"%%")
        if item.form is Form.DECODED_SIZE:
            return label + b" %d", (lambda batch: [len(octets or b"") for octets in self._cut(batch, item)],)
        if item.form is Form.RAW and not item.part and not item.partial and item.portion is Portion.WHOLE:
            return label + b" {%d}\r\n%b", (_lengths, _bodies)
        write = literal8 if item.form is Form.DECODED else literal
        return label + b" %b", (lambda batch: [write(octets) for octets in self._cut(batch, item)],)

    def _cut(self, batch: Batch, section: Section) -> list[bytes | None]:
        if not needs_tree(section):
            return [cut(bytes(body), None, section) for body in batch.bodies]
        parts = self._parts()
        bodies = map(bytes, batch.bodies)
        return [
            cut(body, parts.tree(ref, body), section) for ref, body in zip(batch.refs, bodies, strict=True)
        ]

    def _plain_structures(self, batch: Batch) -> list[bytes]:
        """BODY without extension data, which the store does not keep."""
        parts = self._parts()
        bodies = map(bytes, batch.bodies)
        return [
            body_structure(body, parts.tree(ref, body), extended=False)
            for ref, body in zip(batch.refs, bodies, strict=True)
        ]

    def _structures(self, batch: Batch) -> list[bytes]:
        return [message.body_structure or self._structure_of(message.blob) for message in batch.messages]

    def _structure_of(self, ref: BlobRef) -> bytes:
        """A row that was written without its digest."""
        parts = self._parts()
        data = parts.blobs.read(ref)
        return body_structure(data, parts.tree(ref, data))


def _is_header(section: Section) -> bool:
    """Whether the header block alone answers it."""
    return not section.part and section.portion in (Portion.HEADER, Portion.FIELDS, Portion.FIELDS_NOT)


def _lengths(batch: Batch) -> list[int]:
    return [len(body) for body in batch.bodies]


def _bodies(batch: Batch) -> "list[bytes | memoryview]":
    return batch.bodies


def _dates(batch: Batch) -> list[bytes]:
    return [format_internal_date(message.received_at) for message in batch.messages]


_ATTRIBUTES: Final[dict[Attribute, tuple[bytes, tuple[Column, ...]]]] = {
    Attribute.UID: (b"UID %d", (lambda batch: batch.uids,)),
    Attribute.FLAGS: (b"FLAGS (%b)", (lambda batch: batch.flags,)),
    Attribute.MODSEQ: (b"MODSEQ (%d)", (lambda batch: batch.modseqs,)),
    Attribute.INTERNALDATE: (b"INTERNALDATE %b", (_dates,)),
    Attribute.SIZE: (b"RFC822.SIZE %d", (lambda batch: [m.size_bytes for m in batch.messages],)),
    Attribute.ENVELOPE: (
        b"ENVELOPE %b",
        (lambda batch: [m.envelope or envelope(b"") for m in batch.messages],),
    ),
    Attribute.EMAIL_ID: (b"EMAILID (M%d)", (lambda batch: [m.email_id for m in batch.messages],)),
    Attribute.THREAD_ID: (b"THREADID NIL", ()),
    Attribute.SAVE_DATE: (
        b"SAVEDATE %b",
        (lambda batch: [format_internal_date(m.saved_at) for m in batch.messages],),
    ),
}


def literal(octets: bytes | None) -> bytes:
    """nstring, always as a literal: bodies may hold anything."""
    return b"NIL" if octets is None else b"{%d}\r\n%b" % (len(octets), octets)


def literal8(octets: bytes | None) -> bytes:
    """RFC 3516 §4.2: "~{" where NUL may occur."""
    if octets is None or b"\0" not in octets:
        return literal(octets)
    return b"~" + literal(octets)


def flag_texts(rows: Sequence[Row], recent_uid: int) -> list[bytes]:
    """The FLAGS of rows; few differ, so each text is made once."""
    if not rows or rows[-1][0] <= recent_uid:
        return [flags_text(row[2], row[3]) for row in rows]
    return [flags_text(row[2], row[3], row[0] > recent_uid) for row in rows]
