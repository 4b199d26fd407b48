"""Messages to send, and to recognise when they come back."""

import re
from pathlib import Path

_OWN_FIELD = re.compile(rb"^X-(?:TUID|getmail-retrieved-from-mailbox|OfflineIMAP): .*\n", re.MULTILINE)
"""What mbsync, getmail and offlineimap write into the messages that they carry."""


def mail(subject: str, body: str = "Chào bạn,\r\n.một dòng có dấu chấm\r\n") -> bytes:
    head = f"From: Sender <sender@example.org>\r\nTo: alice@demo.test\r\nSubject: {subject}\r\n"
    head += (
        f"Message-ID: <{subject.replace(' ', '.')}@example.org>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0700\r\n"
    )
    head += (
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    )
    return (head + "\r\n" + body).encode()


def subjects(messages: "list[bytes]") -> list[str]:
    """The Subject lines, sorted."""
    found = []
    for message in messages:
        lines = message.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].split(b"\n")
        found += [line[9:].decode() for line in lines if line.lower().startswith(b"subject: ")]
    return sorted(found)


def maildir_messages(folder: Path) -> list[bytes]:
    """All messages of one Maildir, new and seen."""
    return [file.read_bytes() for part in ("new", "cur") for file in sorted((folder / part).iterdir())]


def without_marks(message: bytes) -> bytes:
    """The local file as the message was before the program that carried it added a field of its own."""
    return _OWN_FIELD.sub(b"", message, count=1)
