"""Header fields of new messages, from the forms that JMAP writes them in (RFC 8621 §4.1.2, §4.6).

[{"name": "Lê Văn An", "email": "an@example.vn"}]  →  b" =?utf-8?b?TMOqIFbEg24gQW4=?= <an@example.vn>"

Each writer returns the value, folded, with the space after the colon and without the last line end. What
cannot be written raises Unwritable: no value can begin another field.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, Final

from bocau.base.errors import SyntaxFault
from bocau.formats.address import canonical_domain, quote_local_part
from bocau.formats.date import format_date
from bocau.formats.header_forms import Form
from bocau.formats.json_date import parse_json_date
from bocau.formats.words import encoded_words

LINE_OCTETS_MAX: Final = 998
"""RFC 5322 §2.1.1: the most that a line may have."""
LINE_OCTETS_WANTED: Final = 76
WORD_OCTETS_MAX: Final = 400
"""A longer word of a text is encoded: it could not be folded."""
ITEM_OCTETS_MAX: Final = 900
"""Of one address, Message-ID or URL, none of which may be folded."""
ITEMS_MAX: Final = 10_000
"""Addresses, Message-IDs or URLs in one field."""
FIELD_OCTETS_MAX: Final = 256 * 1024
NAME_CHARACTERS_MAX: Final = 1000
"""Of the name of a person or a group."""

_CONTROLS: Final = {code: " " for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?: [A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*")
_QUOTED_LOCAL: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_QUOTED_PAIR: Final = re.compile(r"\\(.)")
_BARE: Final = re.compile(r"[!-;=?-~]+")
"""Printable ASCII without white space and angle brackets."""
_DOMAIN: Final = re.compile(r"[A-Za-z0-9._-]+|\[[!-Z^-~]*\]")
_RAW: Final = re.compile(r"[ -~\t]*(?:\r\n[ \t]+[!-~][ -~\t]*)*")
_FOLD: Final = re.compile(r"\r\n")


class Unwritable(ValueError):
    """A value that no valid field can have; the text says why."""


def write_value(form: Form, value: Any, used: int) -> bytes:
    """The field's value; `used`: octets before it on its line. Unwritable."""
    if isinstance(value, str) and len(value) > FIELD_OCTETS_MAX:
        raise Unwritable(f"more than {FIELD_OCTETS_MAX} octets")
    octets = _WRITERS[form](value, used)
    if len(octets) > FIELD_OCTETS_MAX:
        raise Unwritable(f"more than {FIELD_OCTETS_MAX} octets")
    return octets


def write_raw(value: Any, used: int) -> bytes:
    """As it stands (RFC 8621 §4.1.2.1); it must be ASCII, folded as RFC 5322 §2.2.3 says."""
    if not isinstance(value, str) or not _RAW.fullmatch(value):
        raise Unwritable("a raw value is ASCII, each of its lines but the first begins with white space")
    if any(len(line) + used > LINE_OCTETS_MAX for line in _FOLD.split(value)):
        raise Unwritable(f"a line is longer than {LINE_OCTETS_MAX} octets")
    return value.encode("ascii")


def write_text(value: Any, used: int) -> bytes:
    """RFC 8621 §4.1.2.2; line ends and other controls become spaces."""
    if not isinstance(value, str):
        raise Unwritable("not a text")
    text = _clean(value)
    words = text.split(" ")
    is_plain = text.isascii() and "=?" not in text and all(words) and not _has_long(words)
    if text and not is_plain:
        words = [word.decode("ascii") for word in encoded_words(text)]
    return _folded(words, used) if text else b""


def write_addresses(value: Any, used: int) -> bytes:
    """RFC 8621 §4.1.2.3."""
    return _listed(map(_address, _items(value)), used)


def write_groups(value: Any, used: int) -> bytes:
    """RFC 8621 §4.1.2.4."""
    return _listed(map(_group, _items(value)), used)


def write_message_ids(value: Any, used: int) -> bytes:
    """RFC 8621 §4.1.2.5."""
    return _folded([f"<{_bare(one)}>" for one in _items(value)], used)


def write_date(value: Any, used: int) -> bytes:
    """RFC 8621 §4.1.2.6."""
    found = parse_json_date(value)
    if found is None:
        raise Unwritable("not a date as RFC 3339 writes it")
    return b" " + format_date(*found).encode("ascii")


def write_urls(value: Any, used: int) -> bytes:
    """RFC 8621 §4.1.2.7."""
    return _listed([f"<{_bare(one)}>" for one in _items(value)], used)


_WRITERS: Final[dict[Form, Callable[[Any, int], bytes]]] = {
    Form.RAW: write_raw,
    Form.TEXT: write_text,
    Form.ADDRESSES: write_addresses,
    Form.GROUPED_ADDRESSES: write_groups,
    Form.MESSAGE_IDS: write_message_ids,
    Form.DATE: write_date,
    Form.URLS: write_urls,
}


def _clean(text: str) -> str:
    """NFC without controls."""
    text = text.translate(_CONTROLS)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _has_long(words: Iterable[str]) -> bool:
    return any(len(word) > WORD_OCTETS_MAX for word in words)


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > ITEMS_MAX:
        raise Unwritable(f"not a list, or one of more than {ITEMS_MAX}")
    return value


def _bare(value: Any) -> str:
    if not isinstance(value, str) or not _BARE.fullmatch(value) or len(value) > ITEM_OCTETS_MAX:
        raise Unwritable("printable ASCII without white space and angle brackets is wanted")
    return value


def _address(value: Any) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("email"), str):
        raise Unwritable("an address is an object with an email")
    name, email = _phrase(value.get("name")), _addr_spec(value["email"])
    return email if name is None and "@" in email else f"{name} <{email}>" if name else f"<{email}>"


def _group(value: Any) -> str:
    if not isinstance(value, dict):
        raise Unwritable("a group is an object")
    members = ", ".join(map(_address, _items(value.get("addresses"))))
    name = _phrase(value.get("name"))
    if name is None and not members:
        raise Unwritable("a group has a name or addresses")
    return members if name is None else f"{name}: {members};"


def _phrase(name: Any) -> str | None:
    """A display name (RFC 5322 §3.2.5): atoms, a quoted string, or encoded words."""
    if name is not None and not isinstance(name, str):
        raise Unwritable("a name is a text")
    if name is not None and len(name) > NAME_CHARACTERS_MAX:
        raise Unwritable(f"a name has at most {NAME_CHARACTERS_MAX} characters")
    text = " ".join(_clean(name or "").split())
    if not text:
        return None
    if not text.isascii() or "=?" in text or _has_long(text.split(" ")):
        return b" ".join(encoded_words(text)).decode("ascii")
    if _ATOMS.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _addr_spec(email: str) -> str:
    """RFC 5322 §3.4.1. A local part alone is written too: drafts hold unfinished addresses."""
    email = unicodedata.normalize("NFC", email[: ITEM_OCTETS_MAX + 1].strip(" "))
    if not email or email != _clean(email):
        raise Unwritable("an email address is one line of text")
    local, at, domain = email.rpartition("@")
    if not at:
        local = email
    quoted = _QUOTED_LOCAL.fullmatch(local)
    local = quote_local_part(_QUOTED_PAIR.sub(r"\1", quoted[1]) if quoted else local)
    written = f"{local}@{_host(domain)}" if at else local
    if len(written.encode("utf-8", "replace")) > ITEM_OCTETS_MAX:
        raise Unwritable(f"an email address has at most {ITEM_OCTETS_MAX} octets")
    return written


def _host(domain: str) -> str:
    if not domain.isascii():
        try:
            domain = canonical_domain(domain)
        except SyntaxFault as error:
            raise Unwritable("not a domain") from error
    if not _DOMAIN.fullmatch(domain):
        raise Unwritable("not a domain")
    return domain


def _listed(items: Iterable[str], used: int) -> bytes:
    """Items with commas between them, folded at their spaces."""
    written: list[str] = []
    size = 0
    for item in items:
        size += len(item)
        if size > FIELD_OCTETS_MAX:
            raise Unwritable(f"more than {FIELD_OCTETS_MAX} octets")
        written.append(item)
    return _folded(", ".join(written).split(" "), used) if written else b""


def _folded(words: Iterable[str], used: int) -> bytes:
    """Words on lines of LINE_OCTETS_WANTED where that is possible; each line holds one at least."""
    pieces: list[str] = []
    for word in words:
        size = len(word.encode("utf-8", "replace"))
        if pieces and word and used + 1 + size > LINE_OCTETS_WANTED:
            pieces.append("\r\n")
            used = 0
        pieces.append(f" {word}")
        used += 1 + size
    return "".join(pieces).encode("utf-8", "replace")
