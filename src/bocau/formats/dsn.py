"""Delivery status notifications: bounces, delay warnings, receipts (RFC 3461, 3464, 6522, 6533).

multipart/report ┬ text/plain               for people, English and Vietnamese
                 ├ message/delivery-status  for programs
                 └ message/rfc822 or text/rfc822-headers: what was sent
"""

import binascii
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bocau.formats import dsn_words as words
from bocau.formats.address import Address
from bocau.formats.date import format_date
from bocau.formats.header import body_start, build_field, fold, get
from bocau.formats.words import decode_words
from bocau.formats.xtext import decode_xtext

RETURNED_BYTES_MAX: Final = 64 * 1024
"""A longer message comes back as its header only, unless the sender asked for RET=FULL."""
RETURNED_FULL_BYTES_MAX: Final = 10 * 1024 * 1024
RETURNED_HEADER_BYTES_MAX: Final = 256 * 1024
DIAGNOSTIC_OCTETS_MAX: Final = 900
RECIPIENTS_SHOWN_MAX: Final = 100
"""Recipients told of in the text for people; the part for programs has all of them."""
LINE_OCTETS_MAX: Final = 998
"""RFC 5322 §2.1.1: a message with longer lines or bare CR, LF, NUL is not enclosed whole."""

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]++")
_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")


class Action(StrEnum):
    """RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


_STATUS_DEFAULTS: Final = {
    Action.FAILED: "5.0.0",
    Action.DELAYED: "4.0.0",
    Action.DELIVERED: "2.0.0",
    Action.RELAYED: "2.0.0",
    Action.EXPANDED: "2.0.0",
}


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What became of one recipient."""

    address: Address
    status: str
    """RFC 3463, "5.1.1"."""
    original: str | None = None
    """ORCPT as it came, in xtext: "rfc822;user@example.org"."""
    diagnostic: str = ""
    """The remote's own words: "550 5.1.1 no such user"; "" when nobody said anything."""
    remote_mta: str = ""
    """Host name of the server that said so; "" when it was us."""
    last_attempt_at: int | None = None
    will_retry_until: int | None = None
    """Of a delayed message."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one notification is made of. All recipients share the action."""

    action: Action
    recipients: tuple[RecipientReport, ...]
    reverse_path: Address
    """To whom the report goes; it is sent with the null reverse-path."""
    postmaster: Address
    reporting_mta: str
    """Our host name."""
    arrived_at: int
    message: bytes
    """The message reported on."""
    at: int
    """Unix seconds of the report itself."""
    message_id: str
    """Of the report, with its angle brackets."""
    envid: str | None = None
    """ENVID as it came, in xtext."""
    ret: str | None = None
    """FULL, HDRS or None."""
    smtputf8: bool = False
    """Whether the message was sent with SMTPUTF8."""


def build_dsn(report: Report) -> bytes:
    """Build the whole notification, CRLF lines. Its envelope: MAIL FROM:<>, RCPT TO the `reverse_path`."""
    international = report.smtputf8 or any(
        address.needs_smtputf8
        for address in (report.reverse_path, *(each.address for each in report.recipients))
    )
    parts = [_for_people(report), _for_programs(report, international), _returned(report, international)]
    boundary = _boundary(report, parts)
    delimiter = b"--" + boundary
    body = b"".join([delimiter + b"\r\n" + part + b"\r\n" for part in parts])
    return _header(report, boundary, parts) + b"\r\n" + body + delimiter + b"--\r\n"


def _header(report: Report, boundary: bytes, parts: list[bytes]) -> bytes:
    english, vietnamese = words.SUBJECTS[report.action]
    original_id = get(report.message, b"message-id") or b""
    thread = b""
    if original_id.isascii() and original_id.decode("ascii").isprintable() and 0 < len(original_id) < 900:
        thread = b"In-Reply-To: %b\r\nReferences: %b\r\n" % (original_id, original_id)
    return b"".join(
        [
            build_field("Date", format_date(report.at)),
            b"From: Mail Delivery System <%b>\r\n" % _octets(str(report.postmaster)),
            b"To: <%b>\r\n" % _octets(str(report.reverse_path)),
            build_field("Subject", f"{english} / {vietnamese}"),
            build_field("Message-ID", report.message_id),
            thread,
            b"Auto-Submitted: auto-replied\r\n",
            b"MIME-Version: 1.0\r\n",
            b'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="%b"\r\n' % boundary,
            b"" if all(part.isascii() for part in parts) else b"Content-Transfer-Encoding: 8bit\r\n",
        ]
    )


def _boundary(report: Report, parts: list[bytes]) -> bytes:
    """Derived from the unique Message-ID, and met in none of the parts."""
    stem = b"=_" + re.sub(rb"[^A-Za-z0-9.]", b"", report.message_id.encode("utf-8", "replace"))[:50]
    number = 0
    while any(stem + b"_%d" % number in part for part in parts):
        number += 1
    return stem + b"_%d" % number


def _for_people(report: Report) -> bytes:
    text = f"{_letter(report, 0)}\n\n{'-' * 60}\n\n{_letter(report, 1)}\n"
    encoded = binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True)
    return (
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"Content-Language: en, vi\r\n\r\n" + encoded.replace(b"\n", b"\r\n")
    )


def _letter(report: Report, language: int) -> str:
    """The text for people in one language: 0 English, 1 Vietnamese."""
    blocks = [words.OPENINGS[report.action][language].format(server=report.reporting_mta)]
    shown = report.recipients[:RECIPIENTS_SHOWN_MAX]
    blocks += [_recipient_words(report.action, recipient, language) for recipient in shown]
    if len(report.recipients) > len(shown):
        blocks.append(f"    … (+ {len(report.recipients) - len(shown)})")
    about = f"{words.SENT_AT[language]}: {format_date(report.arrived_at)}"
    if subject := decode_words(get(report.message, b"subject") or b"")[:200]:
        about = f"{words.SUBJECT_WAS[language]}: {subject}\n{about}"
    return "\n\n".join([*blocks, about, words.CLOSING[language]])


def _recipient_words(action: Action, recipient: RecipientReport, language: int) -> str:
    lines = [f"<{recipient.address}>"]
    if action in (Action.FAILED, Action.DELAYED):
        lines.append(words.advice(recipient.status)[language])
    if recipient.will_retry_until is not None:
        lines.append(f"{words.TRYING_UNTIL[language]}: {format_date(recipient.will_retry_until)}")
    if recipient.diagnostic and action in (Action.FAILED, Action.DELAYED):
        by = f" ({recipient.remote_mta})" if recipient.remote_mta else ""
        said = _one_line(recipient.diagnostic)[:DIAGNOSTIC_OCTETS_MAX]
        lines.append(f"{words.SAID[language]}{by}:\n        {said}")
    return "\n".join(f"    {line}" for line in lines)


def _for_programs(report: Report, international: bool) -> bytes:
    kind = b"message/global-delivery-status" if international else b"message/delivery-status"
    groups = [
        _per_message(report),
        *[_per_recipient(report, each, international) for each in report.recipients],
    ]
    body = b"\r\n".join(groups)
    encoding = b"" if body.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"
    return b"Content-Type: " + kind + b"\r\n" + encoding + b"\r\n" + body


def _per_message(report: Report) -> bytes:
    """RFC 3464 §2.2."""
    lines = [_line("Reporting-MTA", f"dns; {report.reporting_mta}")]
    if report.envid:
        lines.insert(0, _line("Original-Envelope-Id", decode_xtext(report.envid)))
    return b"".join([*lines, _line("Arrival-Date", format_date(report.arrived_at))])


def _per_recipient(report: Report, recipient: RecipientReport, international: bool) -> bytes:
    """RFC 3464 §2.3."""
    address = str(recipient.address)
    kind = "rfc822" if address.isascii() else "utf-8"
    status = recipient.status if _STATUS.fullmatch(recipient.status) else _STATUS_DEFAULTS[report.action]
    lines = [
        _line("Final-Recipient", f"{kind}; {address}", international),
        _line("Action", report.action),
        _line("Status", status),
    ]
    if recipient.original:
        kind, _, original = recipient.original.partition(";")
        lines.insert(0, _line("Original-Recipient", f"{kind}; {decode_xtext(original)}", international))
    if recipient.remote_mta:
        lines.append(_line("Remote-MTA", f"dns; {recipient.remote_mta}"))
    if recipient.diagnostic:
        kind = "smtp" if recipient.remote_mta else "x-bocau"
        lines.append(_line("Diagnostic-Code", f"{kind}; {recipient.diagnostic}", international))
    if recipient.last_attempt_at is not None:
        lines.append(_line("Last-Attempt-Date", format_date(recipient.last_attempt_at)))
    if recipient.will_retry_until is not None and report.action is Action.DELAYED:
        lines.append(_line("Will-Retry-Until", format_date(recipient.will_retry_until)))
    return b"".join(lines)


def _returned(report: Report, international: bool) -> bytes:
    """RFC 3461 §4.3: the whole message only in a failure report, only if asked or small, and only if mail can
    carry it."""
    if _is_returned_whole(report):
        kind, content = (b"message/global" if international else b"message/rfc822"), report.message
    else:
        kind = b"message/global-headers" if international else b"text/rfc822-headers"
        content = _printable_header(report.message)
    encoding = b"" if content.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"
    return b"Content-Type: " + kind + b"\r\n" + encoding + b"\r\n" + content


def _is_returned_whole(report: Report) -> bool:
    if report.action is not Action.FAILED or report.ret == "HDRS":
        return False
    message = report.message
    if len(message) > (RETURNED_FULL_BYTES_MAX if report.ret == "FULL" else RETURNED_BYTES_MAX):
        return False
    lines = message.split(b"\r\n")
    is_clean = not any(octet in line for line in lines for octet in (b"\r", b"\n", b"\0"))
    return is_clean and max(map(len, lines)) <= LINE_OCTETS_MAX


def _printable_header(message: bytes) -> bytes:
    header = message[: min(body_start(message), RETURNED_HEADER_BYTES_MAX)].replace(b"\0", b"")
    lines = [line[:LINE_OCTETS_MAX] for line in header.replace(b"\r", b"").split(b"\n")]
    return b"\r\n".join(lines)


def _line(name: str, text: str, allow_utf8: bool = False) -> bytes:
    """One field of the part for programs: one line or folded, whatever the remote had to say."""
    octets = _octets(text) if allow_utf8 else _one_line(text).encode("ascii", "replace")
    return name.encode("ascii") + b": " + fold(octets[:DIAGNOSTIC_OCTETS_MAX], len(name) + 2) + b"\r\n"


def _octets(text: str) -> bytes:
    return _one_line(text).encode("utf-8", "replace")


def _one_line(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", text).split())
