"""Message disposition notifications, "read receipts" (RFC 8098): built and read.

multipart/report ┬ text/plain                        for people
                 ├ message/disposition-notification  for programs
                 └ message/rfc822                    what was read, when wanted
"""

import re
from dataclasses import dataclass, field
from typing import Final

from bocau.formats.address import Address
from bocau.formats.automatic import answering, mailbox, multipart, text_part
from bocau.formats.date import format_date
from bocau.formats.header import build_field, fields, fold, get
from bocau.formats.mime import Part, scan
from bocau.formats.text import decoded_octets, decoded_text, leaves
from bocau.formats.words import decode_words, unfold

ACTION_MODES: Final = ("manual-action", "automatic-action")
SENDING_MODES: Final = ("mdn-sent-manually", "mdn-sent-automatically")
TYPES: Final = ("deleted", "dispatched", "displayed", "processed")
NOTIFICATION_BYTES_MAX: Final = 64 * 1024
"""Of the part for programs; the rest is not read."""
TEXT_BYTES_MAX: Final = 256 * 1024
FIELDS_MAX: Final = 100
ORIGINAL_BYTES_MAX: Final = 10 * 1024 * 1024
"""A longer original is not enclosed."""

_KNOWN: Final = frozenset(
    ("reporting-ua", "mdn-gateway", "original-recipient", "final-recipient", "original-message-id")
) | {"disposition", "error"}
_DISPOSITION: Final = re.compile(r"([a-z-]+)\s*/\s*([a-z-]+)\s*;\s*([a-z-]+)", re.IGNORECASE)
_MODE_WORDS: Final = {mode: mode.replace("mdn", "MDN", 1) for mode in SENDING_MODES}
_CONTROLS: Final = {code: " " for code in (*range(32), 127)}


@dataclass(frozen=True, slots=True)
class Notification:
    """What is said about one message."""

    final_recipient: str
    """As the field has it, "rfc822; user@example.org"."""
    action_mode: str
    sending_mode: str
    type: str
    original_message_id: str | None = None
    original_recipient: str | None = None
    reporting_ua: str | None = None
    gateway: str | None = None
    errors: tuple[str, ...] = ()
    extensions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A whole message that carries a notification."""

    notification: Notification
    subject: str | None
    text: str | None
    includes_original: bool


def recipient_field(address: Address) -> str:
    """RFC 8098 §3.2.4, RFC 6533 §3."""
    return f"{'rfc822' if str(address).isascii() else 'utf-8'}; {address}"


def recipient_address(value: str | None) -> str:
    """The address in such a field."""
    return "" if value is None else value.partition(";")[2].strip()


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """What a receipt is made of."""

    notification: Notification
    name: str
    sender: Address
    readers: tuple[Address, ...]
    subject: str
    text: str
    original: bytes
    """The message it is about; its header at least."""
    encloses_original: bool
    at: int
    message_id: str


def build_mdn(new: NewReceipt) -> bytes:
    """The whole message, CRLF lines. Its envelope has the null reverse-path (RFC 8098 §3)."""
    parts = [text_part(new.text), _for_programs(new.notification)]
    if new.encloses_original and len(new.original) <= ORIGINAL_BYTES_MAX:
        eight_bit = b"" if new.original.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"
        parts.append(b"Content-Type: message/rfc822\r\n" + eight_bit + b"\r\n" + new.original)
    is_automatic = new.notification.action_mode == "automatic-action"
    return b"".join(
        [
            build_field("Date", format_date(new.at)),
            b"From: " + mailbox(new.name, new.sender) + b"\r\n",
            b"To: " + b",\r\n ".join(mailbox("", one) for one in new.readers) + b"\r\n",
            build_field("Subject", new.subject),
            build_field("Message-ID", new.message_id),
            answering(new.original),
            b"Auto-Submitted: auto-replied\r\n" if is_automatic else b"",
            b"MIME-Version: 1.0\r\n",
            multipart("report; report-type=disposition-notification", parts, new.message_id),
        ]
    )


def _for_programs(one: Notification) -> bytes:
    """RFC 8098 §3.1."""
    disposition = f"{one.action_mode}/{_MODE_WORDS[one.sending_mode]}; {one.type}"
    lines = [
        ("Reporting-UA", one.reporting_ua),
        ("MDN-Gateway", one.gateway),
        ("Original-Recipient", one.original_recipient),
        ("Final-Recipient", one.final_recipient),
        ("Original-Message-ID", one.original_message_id),
        ("Disposition", disposition),
        *(("Error", error) for error in one.errors),
        *one.extensions.items(),
    ]
    body = b"".join([_line(name, value) for name, value in lines if value])
    return b"Content-Type: message/disposition-notification\r\n\r\n" + body


def _line(name: str, value: str) -> bytes:
    octets = " ".join(value.translate(_CONTROLS).split()).encode("utf-8", "replace")
    return name.encode("ascii") + b": " + fold(octets, len(name) + 2) + b"\r\n"


def parse_mdn(data: bytes) -> Receipt | None:
    """Read a message that is a receipt; None: it is none. Never raises."""
    root = scan(data)
    if (root.type, root.subtype) != (b"multipart", b"report"):
        return None
    part = next((one for one in root.children if one.subtype == b"disposition-notification"), None)
    notification = None if part is None else _notification(data, part)
    if notification is None:
        return None
    text = next((one for one in leaves(root) if one.type == b"text"), None)
    subject = get(data, b"subject")
    return Receipt(
        notification,
        None if subject is None else decode_words(subject),
        None if text is None else decoded_text(data, text, TEXT_BYTES_MAX),
        any(one.subtype in (b"rfc822", b"global") for one in root.children[2:]),
    )


def _notification(data: bytes, part: Part) -> Notification | None:
    body = decoded_octets(data, part, NOTIFICATION_BYTES_MAX)
    pairs = [(f.name.decode("ascii"), _value(body, f.value_start, f.end)) for f in fields(body)[:FIELDS_MAX]]
    values = dict(reversed(pairs))
    found = _DISPOSITION.match(values.get("disposition", ""))
    if found is None or "final-recipient" not in values:
        return None
    return Notification(
        values["final-recipient"],
        found[1].lower(),
        found[2].lower(),
        found[3].lower(),
        values.get("original-message-id"),
        values.get("original-recipient"),
        values.get("reporting-ua"),
        values.get("mdn-gateway"),
        tuple(value for name, value in pairs if name == "error"),
        _extensions(body),
    )


def _extensions(body: bytes) -> dict[str, str]:
    """The fields that RFC 8098 does not know, with their names as they stand."""
    found = {}
    for one in fields(body)[:FIELDS_MAX]:
        if one.name.decode("ascii") not in _KNOWN:
            name = body[one.start : one.start + len(one.name)].decode("ascii")
            found[name] = _value(body, one.value_start, one.end)
    return found


def _value(body: bytes, start: int, end: int) -> str:
    return decode_words(unfold(body[start:end]))
