"""From a message's parts to what its page consists of."""

import re
from typing import Final, NamedTuple

from bocau.base.errors import LimitReached
from bocau.formats.body_parts import BodyPart
from bocau.formats.charset import decode_charset
from bocau.formats.html.cleaning import Asked, Cleaned, together
from bocau.formats.html.references import Kind, Reference
from bocau.formats.mime import Part
from bocau.formats.parameters import parameter
from bocau.formats.text import decoded_octets, decoded_text, plain_of_html
from bocau.services.jmap.viewing.cleaner import Cleaner
from bocau.services.jmap.viewing.opened import Opened, computed

PARTS_MAX: Final = 50
"""Of a body, shown one after the other."""
TEXT_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of one part, encoded."""
PLAIN_CHARACTERS_MAX: Final = 500_000
"""Of HTML that can only be shown without its tags."""
META_BYTES: Final = 2048
_META: Final = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


class Options(NamedTuple):
    shows_images: bool = False
    scheme: str = "light"
    language: str = "en"
    is_quote: bool = False


class Shown(NamedTuple):
    """A body, cleaned; addresses are put in when it is sent."""

    cleaned: Cleaned
    is_html: bool
    numbers: dict[str, str]
    """Content-ID → number of the part in the whole message."""
    used: frozenset[str]
    """Numbers of the parts that the page shows as images."""


async def show(message: Opened, options: Options, cleaner: Cleaner) -> Shown:
    """Never fails for what a message says: what cannot be shown is shown as plain text, or left out."""
    body = message.body
    parts = [part for part in body.html if not part.is_multipart][:PARTS_MAX]
    is_html = any(part.type == "text/html" for part in parts)
    try:
        pieces = [await _piece(message, part, options, cleaner) for part in parts]
    except LimitReached:
        pieces, is_html = [await _as_text(message, body.text or body.html, options, cleaner)], False
    numbers = {part.content_id: message.number(part) for part in message.leaves() if part.content_id}
    cleaned = together(pieces)
    return Shown(cleaned, is_html, numbers, _used(cleaned, numbers))


async def _piece(message: Opened, part: BodyPart, options: Options, cleaner: Cleaner) -> Cleaned:
    if part.part.type == b"image":
        return _picture(message.number(part)) if not options.is_quote else Cleaned([], [], [])
    if part.part.type != b"text":
        return Cleaned([], [], [])
    text = await computed(message.data, lambda: _text(message.data, part.part))
    return await cleaner.clean(_asked(text, part, options))


def _text(data: bytes, part: Part) -> str:
    """As `decoded_text`; HTML that names its charset only in itself is believed (HTML §13.2.3.2)."""
    if part.subtype != b"html" or parameter(part.parameters, b"charset"):
        return decoded_text(data, part, TEXT_BYTES_MAX)
    octets = decoded_octets(data, part, TEXT_BYTES_MAX)
    named = _META.search(octets[:META_BYTES])
    return decode_charset(octets, named[1] if named is not None else b"")


def _asked(text: str, part: BodyPart, options: Options) -> Asked:
    flowed = (parameter(part.part.parameters, b"format") or b"").lower() == b"flowed"
    delsp = (parameter(part.part.parameters, b"delsp") or b"").lower() == b"yes"
    return Asked(
        text,
        part.type == "text/html",
        "",
        is_flowed=flowed,
        is_delsp=delsp,
        shows_remote=options.shows_images,
        scheme=options.scheme,
        language=options.language,
        is_quote=options.is_quote,
    )


def _picture(number: str) -> Cleaned:
    return Cleaned(['<p><img src="', 0, '" alt=""></p>'], [], [Reference(Kind.NUMBER, number)])


async def _as_text(message: Opened, parts: list[BodyPart], options: Options, cleaner: Cleaner) -> Cleaned:
    """The plain parts, or what HTML says without its tags."""
    text = await computed(message.data, lambda: _plain(message.data, parts[:PARTS_MAX]))
    asked = Asked(text, False, "", language=options.language)
    try:
        return await cleaner.clean(asked._replace(is_quote=options.is_quote))
    except LimitReached:
        return Cleaned([], [], [])


def _plain(data: bytes, parts: list[BodyPart]) -> str:
    texts = []
    for part in parts:
        if part.part.type == b"text":
            text = _text(data, part.part)[:PLAIN_CHARACTERS_MAX]
            texts.append(plain_of_html(text) if part.type == "text/html" else text)
    return "\n".join(texts)[:PLAIN_CHARACTERS_MAX]


def _used(cleaned: Cleaned, numbers: dict[str, str]) -> frozenset[str]:
    used = [numbers.get(one.value, "") for one in cleaned.references if one.kind is Kind.PART]
    used += [one.value for one in cleaned.references if one.kind is Kind.NUMBER]
    return frozenset(filter(None, used))
