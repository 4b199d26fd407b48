"""FETCH responses that the store can write by itself: items → pieces of a line (see `bocau.store.rendering`).

Only what stands in the rows: what needs a body, or another reader's \\Seen, is made by `formatter`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bocau.formats.listing import LISTED_FIELDS
from bocau.protocols.imap.fetch import Attribute, Form, Item, Portion, Section
from bocau.services.imap.flags import flags_text
from bocau.store.rendering import Column, FlagWords, HeaderFields, Piece, Rendering

_WORDS: Final = FlagWords(tuple([flags_text(bits, "") for bits in range(32)]))
_RECENT_WORDS: Final = FlagWords(tuple([flags_text(bits, "", is_recent=True) for bits in range(32)]))

_PIECES: Final[dict[Attribute, tuple[Piece, ...]]] = {
    Attribute.UID: (b"UID ", Column.UID),
    Attribute.FLAGS: (b"FLAGS (", _WORDS, b")"),
    Attribute.MODSEQ: (b"MODSEQ (", Column.MODSEQ, b")"),
    Attribute.INTERNALDATE: (b"INTERNALDATE ", Column.RECEIVED),
    Attribute.SIZE: (b"RFC822.SIZE ", Column.SIZE),
    Attribute.ENVELOPE: (b"ENVELOPE ", Column.ENVELOPE),
    Attribute.BODYSTRUCTURE: (b"BODYSTRUCTURE ", Column.BODY_STRUCTURE),
    Attribute.EMAIL_ID: (b"EMAILID (M", Column.EMAIL_ID, b")"),
    Attribute.SAVE_DATE: (b"SAVEDATE ", Column.SAVED),
}


class Renderings(NamedTuple):
    """A plan's line for messages that are not \\Recent, and for those that are."""

    settled: Rendering
    recent: Rendering


def renderings(items: Sequence[Item], *, is_uid_only: bool) -> Renderings | None:
    """How the store writes these items; None: it cannot."""
    if not all(map(_is_rendered, items)):
        return None
    pieces = _line(items, is_uid_only)
    recent = [_RECENT_WORDS if piece is _WORDS else piece for piece in pieces]
    return Renderings(Rendering(pieces), Rendering(recent))


def is_listed(item: Item) -> bool:
    """Whether the store keeps these header fields beside the body."""
    return (
        isinstance(item, Section)
        and not item.part
        and item.portion is Portion.FIELDS
        and item.form is Form.RAW
        and LISTED_FIELDS.keys() >= item.fields
    )


def _is_rendered(item: Item) -> bool:
    if isinstance(item, Section):
        return is_listed(item) and item.partial is None
    return item in _PIECES


def _line(items: Sequence[Item], is_uid_only: bool) -> list[Piece]:
    """RFC 9051 §7.5.2; RFC 9586 §3.3: UIDFETCH has the uid in the place of the number."""
    line: list[Piece] = (
        [b"* ", Column.UID, b" UIDFETCH ("] if is_uid_only else [b"* ", Column.NUMBER, b" FETCH ("]
    )
    for index, item in enumerate(items):
        if index:
            line.append(b" ")
        if isinstance(item, Section):
            line.append(HeaderFields(item.label.replace(b"%", b"%%") + b" {%d}\r\n", item.fields))
        else:
            line += _PIECES[item]
    line.append(b")\r\n")
    return line
