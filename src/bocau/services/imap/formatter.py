"""FETCH responses in bulk: the item list is compiled once, each batch of messages is one formatting of bytes.

items → fragments (template, columns) → b"* %d FETCH (UID %d FLAGS (%b))\\r\\n" * n % interleaved columns

What stands in the store's rows as it goes out is not formatted here at all (see `rendering`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from bocau.formats.date import format_internal_date
from bocau.formats.structure import body_structure, envelope
from bocau.protocols.imap.fetch import Attribute, Form, Item, Portion, Section
from bocau.services.imap.flags import flags_text
from bocau.services.imap.parts import PartCache, UnknownEncoding, cut, needs_tree
from bocau.services.imap.rendering import is_listed, renderings
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
    listed: list[bytes | None] = field(default_factory=list)
    previews: list[str | None] = field(default_factory=list)
    thread_ids: list[int | None] = field(default_factory=list)
    bodies: "list[bytes | memoryview]" = field(default_factory=list)
    """Whole messages, their headers, or of those the listed fields: whatever the plan asks for at least."""
    is_undecodable: bool = False
    """A part was asked for decoded whose transfer encoding is not known (RFC 3516 §4.3)."""


class Plan:
    """What a FETCH asks for, and how to write it. `is_uid_only`: the uid stands in the place of the number
    (RFC 9586 §3.3)."""

    def __init__(
        self, items: Sequence[Item], parts: Callable[[], PartCache], *, is_uid_only: bool = False
    ) -> None:
        self.items = items
        self.is_uid_only = is_uid_only
        self._parts = parts
        attributes = {item for item in items if isinstance(item, Attribute)}
        sections = [item for item in items if isinstance(item, Section)]
        self.needs_flags = bool(attributes & {Attribute.FLAGS, Attribute.MODSEQ})
        self.needs_messages = bool(attributes & _OF_MESSAGES)
        self.needs_previews = bool(attributes & {Attribute.PREVIEW, Attribute.LAZY_PREVIEW})
        self.is_lazy = Attribute.PREVIEW not in attributes
        self.needs_thread_ids = Attribute.THREAD_ID in attributes
        self.needs_structure = Attribute.BODY in attributes
        self.needs_listed = bool(sections) and not self.needs_structure and all(map(is_listed, sections))
        self.needs_bodies = self.needs_structure or (bool(sections) and not self.needs_listed)
        self.needs_emails = (
            self.needs_messages
            or self.needs_previews
            or self.needs_thread_ids
            or self.needs_listed
            or self.needs_bodies
        )
        self.needs_trees = self.needs_structure or any(map(needs_tree, sections))
        self.needs_only_headers = not self.needs_structure and all(map(_is_header, sections))
        self.marks_seen = any(section.marks_seen for section in sections)
        self.renderings = renderings(items, is_uid_only=is_uid_only)
        """How the store writes it by itself; None: it cannot."""
        fragments = [self._fragment(item) for item in items]
        opening = b"* %d UIDFETCH (" if is_uid_only else b"* %d FETCH ("
        self._line = opening + b" ".join([template for template, _ in fragments]) + b")\r\n"
        self._columns = [column for _, columns in fragments for column in columns]

    def format(self, batch: Batch) -> bytes:
        """The responses of a batch."""
        columns = [column(batch) for column in self._columns]
        return (
            self._line
            * len(batch.uids)
            % tuple(chain.from_iterable(zip(self.leaders(batch), *columns, strict=True)))
        )

    def leaders(self, batch: Batch) -> Sequence[int]:
        """What stands behind the star of each response."""
        return batch.uids if self.is_uid_only else batch.numbers

    def opening(self, batch: Batch) -> bytes:
        """How the response for a batch of one begins."""
        return self._line[: self._line.index(b"(") + 1] % self.leaders(batch)[0]

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
        result: list[bytes | None] = []
        for ref, body in zip(batch.refs, map(bytes, batch.bodies), strict=True):
            try:
                result.append(cut(body, parts.tree(ref, body), section))
            except UnknownEncoding:
                batch.is_undecodable = True
                result.append(None)
        return result

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


def _thread_ids(batch: Batch) -> list[bytes]:
    """RFC 8474 §5.2: NIL for an email whose thread is not known yet."""
    return [b"NIL" if thread_id is None else b"(T%d)" % thread_id for thread_id in batch.thread_ids]


def _previews(batch: Batch) -> list[bytes]:
    """RFC 8970 §3.3: a string, or NIL for what is not known yet."""
    return [
        b"NIL" if preview is None else literal(preview.encode("utf-8")) if preview else b'""'
        for preview in batch.previews
    ]


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
    Attribute.THREAD_ID: (b"THREADID %b", (_thread_ids,)),
    Attribute.SAVE_DATE: (
        b"SAVEDATE %b",
        (lambda batch: [format_internal_date(m.saved_at) for m in batch.messages],),
    ),
    Attribute.PREVIEW: (b"PREVIEW %b", (_previews,)),
    Attribute.LAZY_PREVIEW: (b"PREVIEW %b", (_previews,)),
}
_OF_MESSAGES: Final = frozenset(
    (
        Attribute.INTERNALDATE,
        Attribute.SIZE,
        Attribute.ENVELOPE,
        Attribute.BODYSTRUCTURE,
        Attribute.EMAIL_ID,
        Attribute.SAVE_DATE,
    )
)
"""What whole rows are read for."""


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
