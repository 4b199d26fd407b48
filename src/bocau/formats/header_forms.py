"""Header fields in the forms that JMAP reads them in (RFC 8621 §4.1.2, §4.1.3).

"header:From:asAddresses" → HeaderProperty → the values of that name → [{"name": …, "email": …}]

Values come out as JSON has them. Nothing here raises on what a message holds.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from bocau.formats.address import quote_local_part
from bocau.formats.address_list import GroupMarker, Mailbox, parse_address_list
from bocau.formats.charset import storable
from bocau.formats.comments import strip_comments
from bocau.formats.date import parse_zoned_date
from bocau.formats.json_date import json_date
from bocau.formats.words import decode_words, unfold

VALUES_CACHED: Final = 2048
CACHED_BYTES_MAX: Final = 256
"""A longer value is read anew each time."""
MESSAGE_IDS_MAX: Final = 1000
"""Of one field; and as many URLs."""

JsonAddress = dict[str, str | None]


class Form(StrEnum):
    """RFC 8621 §4.1.2; the value is the suffix after "as"."""

    RAW = "Raw"
    TEXT = "Text"
    ADDRESSES = "Addresses"
    GROUPED_ADDRESSES = "GroupedAddresses"
    MESSAGE_IDS = "MessageIds"
    DATE = "Date"
    URLS = "URLs"


class HeaderProperty(NamedTuple):
    """A property that stands for a header field (RFC 8621 §4.1.3)."""

    name: bytes
    """Lower case."""
    form: Form
    is_all: bool
    """All fields of the name, rather than the last one."""
    read: Callable[[bytes], Any]
    """One value as the form shows it."""

    def read_among(self, values: Sequence[bytes]) -> Any:
        """What the property says of a header that holds these fields of the name, in order."""
        if self.is_all:
            return [self.read(value) for value in values]
        return self.read(values[-1]) if values else None


_PROPERTY: Final = re.compile(rf"header:([!-9;-~]{{1,255}})(?::as({'|'.join(Form)}))?(:all)?\Z", re.ASCII)
_ADDRESS_FIELDS: Final = frozenset(
    b"from sender reply-to to cc bcc "
    b"resent-from resent-sender resent-reply-to resent-to resent-cc resent-bcc".split()
)
_ONLY_IN: Final = {
    Form.TEXT: frozenset(b"subject comments keywords list-id".split()),
    Form.ADDRESSES: _ADDRESS_FIELDS,
    Form.GROUPED_ADDRESSES: _ADDRESS_FIELDS,
    Form.MESSAGE_IDS: frozenset(b"message-id in-reply-to references resent-message-id".split()),
    Form.DATE: frozenset(b"date resent-date".split()),
    Form.URLS: frozenset(
        b"list-help list-unsubscribe list-subscribe list-post list-owner list-archive".split()
    ),
}
_DEFINED: Final = frozenset(b"received return-path".split()).union(*_ONLY_IN.values())
"""The fields of RFC 5322 and RFC 2369: each has its form; any form may be asked of other fields."""

_ID: Final = re.compile(rb"<([^<>]++)>")


@lru_cache(maxsize=4096)
def header_property(text: str) -> HeaderProperty | None:
    """Read "header:Name:asForm:all"; None when it is none, or the form is not one for that field."""
    match = _PROPERTY.match(text)
    if match is None:
        return None
    name, form = match[1].encode("ascii").lower(), Form(match[2] or "Raw")
    allowed = form is Form.RAW or name not in _DEFINED or name in _ONLY_IN[form]
    return HeaderProperty(name, form, match[3] is not None, _READERS[form]) if allowed else None


def as_raw(value: bytes) -> str:
    """RFC 8621 §4.1.2.1: what stands after the colon, without the last line end and NULs."""
    return value.removesuffix(b"\n").removesuffix(b"\r").replace(b"\0", b"").decode("utf-8", "replace")


def as_text(value: bytes) -> str:
    """RFC 8621 §4.1.2.2: unfolded, encoded words decoded, NFC."""
    return _composed(decode_words(value))


def as_addresses(value: bytes) -> list[JsonAddress]:
    """RFC 8621 §4.1.2.3: every mailbox, also those within groups."""
    return (_known_addresses if len(value) <= CACHED_BYTES_MAX else _addresses)(value)


def _addresses(value: bytes) -> list[JsonAddress]:
    return [_json_address(one) for one in parse_address_list(value) if isinstance(one, Mailbox)]


# The same people write to each other. Nobody changes a list that comes from here.
_known_addresses: Final = lru_cache(VALUES_CACHED)(_addresses)


def _json_address(mailbox: Mailbox) -> JsonAddress:
    name = None if mailbox.name is None else as_text(mailbox.name).strip() or None
    local, host = storable(mailbox.local), storable(mailbox.host)
    return {"name": name, "email": f"{quote_local_part(local)}@{host}" if host else local}


def as_grouped_addresses(value: bytes) -> list[dict[str, Any]]:
    """RFC 8621 §4.1.2.4: mailboxes outside of any group are groups without a name."""
    groups: list[dict[str, Any]] = []
    is_open = False
    for one in parse_address_list(value):
        if isinstance(one, GroupMarker):
            if one.name is not None:
                groups.append({"name": as_text(one.name).strip(), "addresses": []})
            is_open = one.name is not None
            continue
        if not is_open and (not groups or groups[-1]["name"] is not None):
            groups.append({"name": None, "addresses": []})
        groups[-1]["addresses"].append(_json_address(one))
    return groups


def as_message_ids(value: bytes) -> list[str] | None:
    """RFC 8621 §4.1.2.5: without brackets, comments and white space; None when there is none."""
    found = _ID.findall(strip_comments(value) if b"(" in value else value)[:MESSAGE_IDS_MAX]
    return [one for one in map(_token, found) if one] or None


def as_date(value: bytes) -> str | None:
    """RFC 8621 §4.1.2.6: in the zone that it was written in."""
    found = parse_zoned_date(value)
    return None if found is None else json_date(*found)


def as_urls(value: bytes) -> list[str] | None:
    """RFC 8621 §4.1.2.7: what stands between angle brackets; None when nothing does."""
    found = _ID.findall(unfold(value))[:MESSAGE_IDS_MAX]
    return [one for one in map(_token, found) if one] or None


def _token(octets: bytes) -> str:
    """Without white space."""
    return storable(b"".join(octets.split()))


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


_READERS: Final[dict[Form, Callable[[bytes], Any]]] = {
    Form.RAW: as_raw,
    Form.TEXT: as_text,
    Form.ADDRESSES: as_addresses,
    Form.GROUPED_ADDRESSES: as_grouped_addresses,
    Form.MESSAGE_IDS: as_message_ids,
    Form.DATE: as_date,
    Form.URLS: as_urls,
}
