"""Which kind of image octets are, by their beginning: never by what a message or a server says of them."""

import struct
from typing import Final

SNIFFED_BYTES: Final = 64
"""So much of the beginning is enough."""

_AVIF_BRANDS: Final = (b"avif", b"avis")


def image_type(data: bytes) -> str | None:
    """The media type of a PNG, JPEG, GIF, WebP, BMP, AVIF or ICO; None for anything else, SVG above all."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _AVIF_BRANDS:
        return "image/avif"
    if _is_bitmap(data):
        return "image/bmp"
    if data.startswith(b"\0\0\1\0") and 0 < int.from_bytes(data[4:6], "little") <= 256:
        return "image/x-icon"
    return None


def _is_bitmap(data: bytes) -> bool:
    """Two letters alone would be said too easily: the size of the second header must be one of the known."""
    if not data.startswith(b"BM") or len(data) < 18:
        return False
    return struct.unpack_from("<I", data, 14)[0] in (12, 40, 52, 56, 64, 108, 124)
