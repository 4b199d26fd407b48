"""Which properties of an Email a call asks for (RFC 8621 §4.1, §4.2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bocau.formats.header_forms import HeaderProperty, header_property
from bocau.formats.listing import LISTED_FIELDS
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.errors import invalid_arguments
from bocau.services.jmap.standard import PROPERTIES_MAX, optional, unsigned

HEADER_PROPERTIES_MAX: Final = 200
"""Properties "header:…" of one call."""

STORED: Final = ("id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt")
SUMMARY: Final = ("hasAttachment", "preview")
BODY: Final = ("bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments")
_CONVENIENT: Final = {
    "messageId": "header:Message-ID:asMessageIds",
    "inReplyTo": "header:In-Reply-To:asMessageIds",
    "references": "header:References:asMessageIds",
    "sender": "header:Sender:asAddresses",
    "from": "header:From:asAddresses",
    "to": "header:To:asAddresses",
    "cc": "header:Cc:asAddresses",
    "bcc": "header:Bcc:asAddresses",
    "replyTo": "header:Reply-To:asAddresses",
    "subject": "header:Subject:asText",
    "sentAt": "header:Date:asDate",
}
ALL: Final = frozenset((*STORED, *SUMMARY, *BODY, *_CONVENIENT, "headers"))
PARSED_BY_DEFAULT: Final = (*_CONVENIENT, *SUMMARY, "bodyValues", "textBody", "htmlBody", "attachments")
"""RFC 8621 §4.9."""
DEFAULT: Final = (*STORED, *PARSED_BY_DEFAULT)
"""RFC 8621 §4.2."""

PART: Final = frozenset(
    (
        "partId", "blobId", "size", "headers", "name", "type", "charset", "disposition", "cid", "language",
        "location", "subParts",
    )
)  # fmt: skip
PART_BY_DEFAULT: Final = (
    "partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location",
)  # fmt: skip
BODY_ARGUMENTS: Final = (
    "bodyProperties", "fetchTextBodyValues", "fetchHTMLBodyValues", "fetchAllBodyValues", "maxBodyValueBytes",
)  # fmt: skip

NamedHeaders = tuple[tuple[str, HeaderProperty], ...]


@dataclass(frozen=True, slots=True)
class BodyWanted:
    """What of the body."""

    lists: tuple[str, ...]
    """Of BODY, but for the values."""
    properties: tuple[str, ...]
    """Of each part, but for "headers" and "header:…"."""
    headers: NamedHeaders
    all_headers: bool
    has_values: bool
    of_text: bool
    of_html: bool
    of_all: bool
    value_bytes_max: int
    """0: no limit was asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of each email."""

    stored: tuple[str, ...]
    summary: tuple[str, ...]
    headers: NamedHeaders
    all_headers: bool
    body: BodyWanted | None
    is_listed: bool
    """Whether the header fields that the store keeps apart are all that is asked of the header."""


def header_of(name: str) -> HeaderProperty | None:
    """The header field that a property stands for, if any."""
    return header_property(_CONVENIENT.get(name, name))


def is_header_property(name: str) -> bool:
    """Whether it is a valid "header:…"."""
    return header_property(name) is not None


def take_properties(
    arguments: Arguments, name: str, known: frozenset[str], default: Sequence[str]
) -> list[str]:
    """The argument `properties` or `bodyProperties`. MethodError invalidArguments."""
    said = optional(arguments, name, list)
    if said is None:
        return list(default)
    if len(said) > PROPERTIES_MAX or not all(isinstance(one, str) for one in said):
        raise invalid_arguments(f"{name} holds something that is no text, or too much")
    for one in said:
        if one not in known and not is_header_property(one):
            raise invalid_arguments(f"no such property: {one!r}"[:200])
    return list(dict.fromkeys(said))


def take_wanted(arguments: Arguments, properties: Iterable[str]) -> Wanted:
    """`properties` are known ones; the body's arguments are read here. MethodError invalidArguments."""
    asked = list(properties)
    headers = _headers(asked)
    body = _take_body(arguments, asked)
    return Wanted(
        tuple(one for one in STORED if one in asked),
        tuple(one for one in SUMMARY if one in asked),
        headers,
        "headers" in asked,
        body if body.lists or body.has_values else None,
        "headers" not in asked and all(one.name in LISTED_FIELDS for _, one in headers),
    )


def _take_body(arguments: Arguments, asked: list[str]) -> BodyWanted:
    properties = take_properties(arguments, "bodyProperties", PART, PART_BY_DEFAULT)
    of_text, of_html, of_all = (optional(arguments, name, bool, False) for name in BODY_ARGUMENTS[1:4])
    return BodyWanted(
        tuple(one for one in BODY if one in asked and one != "bodyValues"),
        tuple(one for one in properties if one in PART and one != "headers"),
        _headers(properties),
        "headers" in properties,
        "bodyValues" in asked,
        of_text,
        of_html,
        of_all,
        unsigned(arguments, "maxBodyValueBytes", 0) or 0,
    )


def _headers(names: list[str]) -> NamedHeaders:
    found = [(name, header) for name in names if (header := header_of(name)) is not None]
    if len(found) > HEADER_PROPERTIES_MAX:
        raise invalid_arguments(f"more than {HEADER_PROPERTIES_MAX} header fields")
    return tuple(found)
