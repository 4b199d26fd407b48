"""The answer of somebody who is away, as a message (RFC 3834 §3, RFC 5230 §5)."""

from dataclasses import dataclass
from typing import Final

from bocau.formats.address import Address
from bocau.formats.automatic import answering, mailbox, multipart, text_part
from bocau.formats.date import format_date
from bocau.formats.header import build_field, get
from bocau.formats.text import plain_of_html
from bocau.formats.words import decode_words

SUBJECT_CHARACTERS_MAX: Final = 250

_SUBJECT: Final = {"en": "Auto: {subject}", "vi": "Trả lời tự động: {subject}"}
_TEXT: Final = {
    "en": "I am away at the moment and will answer when I am back.",
    "vi": "Hiện tôi đang vắng mặt và sẽ trả lời khi trở lại.",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What one answer is made of."""

    name: str
    address: Address
    """Who is away, under the address that was written to."""
    reader: Address
    message: bytes
    """What is answered; its header suffices."""
    at: int
    message_id: str
    """With its angle brackets."""
    subject: str | None
    text: str | None
    html: str | None
    language: str = "en"
    """For the words that the sender did not choose: "en" or "vi"."""


def build_reply(reply: Reply) -> bytes:
    """The whole message, CRLF lines. Its envelope: MAIL FROM:<>, RCPT TO the `reader`."""
    return b"".join(
        [
            build_field("Date", format_date(reply.at)),
            b"From: " + mailbox(reply.name, reply.address) + b"\r\n",
            b"To: " + mailbox("", reply.reader) + b"\r\n",
            build_field("Subject", _subject(reply)),
            build_field("Message-ID", reply.message_id),
            answering(reply.message),
            b"Auto-Submitted: auto-replied\r\n",
            b"X-Auto-Response-Suppress: All\r\n",
            b"MIME-Version: 1.0\r\n",
            _body(reply),
        ]
    )


def _subject(reply: Reply) -> str:
    if reply.subject:
        return reply.subject[:SUBJECT_CHARACTERS_MAX]
    original = decode_words(get(reply.message, b"subject") or b"")[:SUBJECT_CHARACTERS_MAX]
    return _SUBJECT.get(reply.language, _SUBJECT["en"]).format(subject=original).strip(" :")


def _body(reply: Reply) -> bytes:
    text = reply.text
    if text is None:
        default = _TEXT.get(reply.language, _TEXT["en"])
        text = default if reply.html is None else plain_of_html(reply.html).strip()
    if reply.html is None:
        return text_part(text)
    return multipart("alternative", [text_part(text), text_part(reply.html, "html")], reply.message_id)
