"""Images by their octets."""

import pytest

from bocau.formats.image_types import image_type


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"BM" + bytes(12) + b"\x28\0\0\0", "image/bmp"),
        (b"\0\0\1\0\1\0", "image/x-icon"),
        (b"BM is a beginning of text, too", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", None),
        (b"<!DOCTYPE html>GIF89a", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"", None),
    ],
)
def test_types(data: bytes, kind: str | None) -> None:
    assert image_type(data) == kind
