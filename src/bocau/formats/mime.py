"""MIME structure with byte offsets (RFC 2045–2049, 2231, 2183, 3676): one scan, no copies, hostile input bounded.

See the module's limits: beyond DEPTH_MAX or PARTS_MAX a part is opaque octets.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Part:
    """One body part. Offsets are into the scanned bytes; header = [header_start, body_start), body = [body_start, end)."""

    header_start: int
    body_start: int
    end: int
    lines: int
    """CRLF count of the body."""
    type: bytes
    """Lower case, e.g. b"text"; b"text"/b"plain" when absent or broken (b"message"/b"rfc822" in a digest)."""
    subtype: bytes
    parameters: tuple[tuple[bytes, bytes], ...]
    """In order; RFC 2231 forms as they stand (names with * kept)."""
    content_id: bytes | None
    description: bytes | None
    encoding: bytes
    """Lower case; b"7bit" when absent."""
    md5: bytes | None
    disposition: tuple[bytes, tuple[tuple[bytes, bytes], ...]] | None
    language: tuple[bytes, ...]
    location: bytes | None
    children: "tuple[Part, ...]"
    """Of a multipart; of message/rfc822 (and message/global) exactly one: the enclosed message."""


def scan(data: bytes) -> Part:
    """Scan a whole message into its tree. Never raises."""
    raise NotImplementedError
