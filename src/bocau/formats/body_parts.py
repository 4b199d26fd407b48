"""The body as JMAP shows it: numbered parts, and the flat lists of what to read and what to save
(RFC 8621 §4.1.4).

mime.scan → Part tree → numbered() → BodyPart tree → flat() → text, html, attachments

Enclosed messages are leaves: they are messages of their own (Email/parse).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from bocau.formats.charset import storable
from bocau.formats.comments import strip_comments
from bocau.formats.mime import Part
from bocau.formats.parameters import decoded_parameter, parameter
from bocau.formats.text import decoded_pieces

NAME_CHARACTERS_MAX: Final = 1000
_FOR_PROGRAMS: Final = frozenset(
    (
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "message/delivery-status",
        "message/disposition-notification",
    )
)
_CONTROLS: Final = {code: None for code in (*range(32), 127)}


class BodyPart(NamedTuple):
    """A part and its number (RFC 9051 §6.4.5.1)."""

    part: Part
    number: str
    """As "1.2"; "" for a message that is a multipart."""
    children: "tuple[BodyPart, ...]"

    @property
    def is_multipart(self) -> bool:
        return self.part.type == b"multipart"

    @property
    def type(self) -> str:
        return f"{self.part.type.decode('ascii')}/{self.part.subtype.decode('ascii')}"

    @property
    def name(self) -> str | None:
        """The file name of Content-Disposition, else the name of Content-Type."""
        name = None
        if self.part.disposition is not None:
            name = decoded_parameter(self.part.disposition[1], b"filename")
        if name is None and self.part.parameters:
            name = decoded_parameter(self.part.parameters, b"name")
        return None if name is None else name.translate(_CONTROLS)[:NAME_CHARACTERS_MAX]

    @property
    def charset(self) -> str | None:
        said = parameter(self.part.parameters, b"charset")
        if said is not None:
            return storable(said)
        return "us-ascii" if self.part.type == b"text" else None

    @property
    def disposition(self) -> str | None:
        return None if self.part.disposition is None else self.part.disposition[0].decode("ascii")

    @property
    def content_id(self) -> str | None:
        """Without its brackets."""
        if self.part.content_id is None:
            return None
        value = self.part.content_id
        bare = (strip_comments(value) if b"(" in value else value).strip(b" \t\r\n")
        return storable(bare.removeprefix(b"<").removesuffix(b">").strip(b" \t")) or None

    @property
    def location(self) -> str | None:
        return None if self.part.location is None else storable(self.part.location)

    @property
    def language(self) -> list[str] | None:
        return [tag.decode("ascii") for tag in self.part.language] or None


def numbered(root: Part) -> BodyPart:
    """Number the parts of a message. Never deeper than `mime.DEPTH_MAX`."""
    return _numbered(root, "" if root.type == b"multipart" else "1")


def _numbered(part: Part, number: str) -> BodyPart:
    if part.type != b"multipart":
        return BodyPart(part, number, ())
    prefix = f"{number}." if number else ""
    children = [_numbered(child, f"{prefix}{place}") for place, child in enumerate(part.children, 1)]
    return BodyPart(part, number, tuple(children))


def leaves(root: BodyPart) -> Iterator[BodyPart]:
    """Every part that is no multipart, in order."""
    pending = [root]
    while pending:
        part = pending.pop()
        if part.is_multipart:
            pending.extend(reversed(part.children))
        else:
            yield part


def decoded_size(data: bytes, part: Part) -> int:
    """Octets of the body with its transfer encoding undone."""
    if part.encoding in (b"base64", b"quoted-printable"):
        return sum(map(len, decoded_pieces(data, part)))
    return part.end - part.body_start


class FlatBody(NamedTuple):
    """What to show one after the other, and what to offer for saving."""

    text: list[BodyPart]
    html: list[BodyPart]
    attachments: list[BodyPart]


def flat(root: BodyPart) -> FlatBody:
    """The algorithm of RFC 8621 §4.1.4."""
    body = FlatBody([], [], [])
    _flatten((root,), "mixed", False, body.text, body.html, body.attachments)
    return body


def _flatten(
    parts: tuple[BodyPart, ...],
    kind: str,
    in_alternative: bool,
    text: list[BodyPart] | None,
    html: list[BodyPart] | None,
    attachments: list[BodyPart],
) -> None:
    """`text` or `html` is None where another alternative stands for this branch in that list."""
    is_alternative = kind == "alternative"
    text_start, html_start = len(text or ()), len(html or ())
    for place, part in enumerate(parts):
        if part.is_multipart:
            subtype = part.part.subtype.decode("ascii")
            inside = in_alternative or subtype == "alternative"
            _flatten(part.children, subtype, inside, text, html, attachments)
        elif not _is_inline(part, kind, place):
            attachments.append(part)
        elif is_alternative:
            chosen = {"text/plain": text, "text/html": html}.get(part.type, attachments)
            if chosen is not None:
                chosen.append(part)
        else:
            if in_alternative:
                html = None if part.type == "text/plain" else html
                text = None if part.type == "text/html" else text
            if text is not None:
                text.append(part)
            if html is not None:
                html.append(part)
            if (text is None or html is None) and _is_media(part):
                attachments.append(part)
    if is_alternative and text is not None and html is not None:
        if len(text) == text_start:
            text += html[html_start:]
        elif len(html) == html_start:
            html += text[text_start:]


def _is_media(part: BodyPart) -> bool:
    return part.part.type in (b"image", b"audio", b"video")


def _is_inline(part: BodyPart, kind: str, place: int) -> bool:
    """Of a multipart/related only the first part is read with the text; a later text that has a name is a
    file."""
    if part.disposition == "attachment":
        return False
    is_text = part.part.type == b"text" and part.part.subtype in (b"plain", b"html")
    if not is_text and not _is_media(part):
        return False
    return place == 0 or (kind != "related" and (_is_media(part) or not part.name))


def has_attachment(root: Part) -> bool:
    """Whether there is something to save that is neither a picture of the text nor for programs alone
    (RFC 8621 §4.1.4)."""
    if root.type == b"text" and root.disposition is None:
        return False
    return any(map(_is_file, flat(numbered(root)).attachments))


def _is_file(part: BodyPart) -> bool:
    if part.disposition == "attachment":
        return True
    if part.type in _FOR_PROGRAMS or (_is_media(part) and part.part.content_id is not None):
        return False
    # Some clients send every file as "inline": one with a name that is no picture is a file all the same.
    return part.disposition != "inline" or (not _is_media(part) and bool(part.name))
