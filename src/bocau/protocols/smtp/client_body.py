"""A message body on its way out by DATA: dots stuffed, line ends strict, in pieces of any size (RFC 5321
§4.5.2)."""

import re
from typing import Final

END: Final = b".\r\n"

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")


class DotStuffer:
    """Blocks in, blocks out; nothing but CRLF.CRLF at the very end can look like the end (CVE-2023-51764)."""

    def __init__(self) -> None:
        self._is_line_start = True
        self._held = b""

    def piece(self, data: bytes) -> bytes:
        """The next part of the body."""
        if self._held:
            data = self._held + data
            self._held = b""
        if data.endswith(b"\r"):
            # Whether a LF follows shows only in the next piece.
            data, self._held = data[:-1], b"\r"
        return self._stuffed(data) if data else b""

    def end(self) -> bytes:
        """The rest, a line end if the last line lacks one, and the final dot."""
        rest = self._stuffed(b"\r\n") if self._held else b""
        self._held = b""
        return rest + (END if self._is_line_start else b"\r\n" + END)

    def _stuffed(self, data: bytes) -> bytes:
        pairs = data.count(b"\r\n")
        if data.count(b"\n") != pairs or data.count(b"\r") != pairs:
            data = _LINE_END.sub(b"\r\n", data)
        stuffed = data.replace(b"\r\n.", b"\r\n..")
        if self._is_line_start and data.startswith(b"."):
            stuffed = b"." + stuffed
        self._is_line_start = data.endswith(b"\r\n")
        return stuffed
