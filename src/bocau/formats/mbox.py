"""mbox files, the mboxrd kind (RFC 4155, and Rahul Dhesi's reversible quoting), streamed both ways.

    From sender Sat Jan  3 01:05:34 1996      ← separator; lines of the message that begin with
    Subject: …                                  ">"* "From " get one more ">"
    …
                                              ← one empty line ends the record

Export then import gives back every octet:
- a message of CRLF lines is written with LF lines, as every mbox reader expects, and read back with CRLF;
- any other message (a bare CR or LF, no last line end) is written as it is under a separator that ends in
  CRLF, and such a record is read back as it is. When its last line end was missing, the one added is marked
  by a bare LF as the empty line.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

from bocau.base.errors import TooLong
from bocau.formats.date import parse_date

MESSAGE_BYTES_MAX: Final = 256 * 1024 * 1024
"""A longer record is refused: it must fit in memory."""
SEPARATOR_BYTES_MAX: Final = 1000
BLOCK_BYTES: Final = 1024 * 1024

_SEPARATOR: Final = re.compile(rb"From +(\S*+)[ \t]*+(.*[0-9]{1,2}:[0-9]{2}.*[0-9]{4}.*)")
_TO_QUOTE: Final = re.compile(rb"^(>*+From )", re.MULTILINE)
_QUOTED: Final = re.compile(rb"^>(>*+From )", re.MULTILINE)
_SENDER: Final = re.compile(r"[^\s\x00-\x1f\x7f]++")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Record(NamedTuple):
    """One message of an mbox file."""

    sender: str
    """Of the separator; "" when it names none."""
    received_at: int | None
    """Unix seconds of the separator, read as UTC."""
    content: bytes
    """With CRLF lines (see the module for the exceptions)."""


def format_record(content: bytes, sender: str, received_at: int) -> bytes:
    """Write one message as an mbox record; `sender` "" is the null reverse-path."""
    separator = _separator(sender, received_at)
    quoted = _TO_QUOTE.sub(rb">\1", content) if b"From " in content else content
    if _is_plain(content):
        return separator + b"\n" + quoted.replace(b"\r\n", b"\n") + b"\n"
    if content.endswith(b"\n"):
        return separator + b"\r\n" + quoted + b"\r\n"
    return separator + b"\r\n" + quoted + b"\r\n\n"


def _is_plain(content: bytes) -> bool:
    """Whether every line ends in CRLF, the last one too, and no CR or LF stands alone."""
    count = content.count(b"\r\n")
    return content[-2:] in (b"\r\n", b"") and content.count(b"\n") == count and content.count(b"\r") == count


def _separator(sender: str, received_at: int) -> bytes:
    at = datetime.fromtimestamp(min(max(received_at, 0), 253_402_214_400), UTC)
    name = sender if _SENDER.fullmatch(sender) else "MAILER-DAEMON"
    clock = f"{at.hour:02}:{at.minute:02}:{at.second:02}"
    line = f"From {name} {_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:2} {clock} {at.year:04}"
    return line.encode("utf-8", "replace")


def read_mbox(file: Readable, maximum: int = MESSAGE_BYTES_MAX) -> Iterator[Record]:
    """Read the records of an mbox file one by one. What stands before the first separator is skipped.

    Raises `TooLong` at a record above `maximum` bytes."""
    reader = _Reader(file, maximum)
    start = reader.first()
    while start is not None:
        reader.drop(start)
        start = reader.next()
        yield _record(reader.taken(start))


class _Reader:
    """The window on the file: from the separator of the current record to what was read last."""

    __slots__ = ("buffer", "file", "is_finished", "maximum")

    def __init__(self, file: Readable, maximum: int) -> None:
        self.file = file
        self.maximum = maximum
        self.buffer = bytearray()
        self.is_finished = False

    def first(self) -> int | None:
        """Where the first record begins."""
        while len(self.buffer) < SEPARATOR_BYTES_MAX and self._fill():
            pass
        return 0 if self._is_separator(0) else self.next()

    def next(self) -> int | None:
        """Where the record after the current one begins; None when the file ends before."""
        position = 0
        while True:
            at = self.buffer.find(b"\nFrom ", position)
            is_whole = self.is_finished or len(self.buffer) > at + SEPARATOR_BYTES_MAX
            if at >= 0 and is_whole:
                if self._follows_empty_line(at) and self._is_separator(at + 1):
                    return at + 1
                position = at + 1
            elif self.is_finished:
                return None
            else:
                position = at if at >= 0 else max(position, len(self.buffer) - len(b"\nFrom "))
                self._fill()

    def drop(self, count: int) -> None:
        del self.buffer[:count]

    def taken(self, end: int | None) -> bytes:
        return bytes(self.buffer if end is None else self.buffer[:end])

    def _fill(self) -> bool:
        block = self.file.read(BLOCK_BYTES)
        self.is_finished = not block
        self.buffer += block
        if len(self.buffer) > self.maximum + BLOCK_BYTES:
            raise TooLong(f"mbox record above {self.maximum} bytes")
        return bool(block)

    def _follows_empty_line(self, at: int) -> bool:
        before = self.buffer[max(at - 2, 0) : at]
        return before[-1:] == b"\n" or before == b"\n\r"

    def _is_separator(self, at: int) -> bool:
        line, _, _ = self.buffer[at : at + SEPARATOR_BYTES_MAX].partition(b"\n")
        return _SEPARATOR.match(line) is not None


def _record(raw: bytes) -> Record:
    line, _, body = raw.partition(b"\n")
    separator = _SEPARATOR.match(line)
    sender = separator[1].decode("utf-8", "replace") if separator else ""
    content = _verbatim(body) if line.endswith(b"\r") else _plain(body)
    if b"From " in content:
        content = _QUOTED.sub(rb"\1", content)
    received_at = parse_date(separator[2]) if separator else None
    return Record("" if sender == "MAILER-DAEMON" else sender, received_at, content)


def _plain(body: bytes) -> bytes:
    if body.endswith(b"\n\n") or body == b"\n":
        body = body[:-1]
    # Foreign files mix line ends; ours have no CR here.
    return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _verbatim(body: bytes) -> bytes:
    if body.endswith(b"\r\n\n"):
        return body[:-3]
    # A last record of a foreign file may lack the empty line.
    return body[:-2] if body.endswith(b"\n\r\n") else body
