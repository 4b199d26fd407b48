"""What submission may repair in a message (RFC 6409 §8): missing Date, Message-ID and From, Bcc, line
ends."""

from typing import Final

from bocau.formats.header import Field, remove_fields

DROPPED: Final = frozenset((b"bcc", b"resent-bcc", b"return-path"))
"""Never sent: blind copies must stay blind (RFC 5322 §3.6.3), Return-Path is written at the end (RFC 5321
§4.4)."""


def repaired(content: bytes, found: list[Field], *, date: bytes, message_id: bytes, sender: bytes) -> bytes:
    """The message without what must not leave and with what is missing; the same object when nothing is.

    `date`, `message_id` and `sender` are the values to add where there is none."""
    names = {field.name for field in found}
    added = [
        name + b": " + value + b"\r\n"
        for name, value in ((b"Date", date), (b"Message-ID", message_id), (b"From", sender))
        if name.lower() not in names and value
    ]
    if not names.isdisjoint(DROPPED):
        content = remove_fields(content, DROPPED)
    if not added:
        return content
    if not found:
        # Neither a header nor the empty line that ends one: all of it is body.
        added.append(b"" if content.startswith(b"\r\n") else b"\r\n")
    return b"".join((*added, content))
