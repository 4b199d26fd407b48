"""How a stored body leaves: its name, its type, its range (RFC 8620 §6.2)."""

import pytest

from bocau.services.jmap.downloading import asked_range, disposition
from bocau.services.jmap.media_types import safe_type, said_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.pdf", b"attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ("bảng.pdf", b"attachment; filename=\"b_ng.pdf\"; filename*=UTF-8''b%E1%BA%A3ng.pdf"),
        ('a"; x=".exe', b"attachment; filename=\"a__ x=_.exe\"; filename*=UTF-8''a%22%3B%20x%3D%22.exe"),
        ("a\r\nX: y", b"attachment; filename=\"a  X: y\"; filename*=UTF-8''a%20%20X%3A%20y"),
        ("../../etc/passwd", b"attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"),
        ("a\u202efdp.exe", b"attachment; filename=\"a fdp.exe\"; filename*=UTF-8''a%20fdp.exe"),
        ("", b"attachment"),
        ("...", b"attachment"),
    ],
)
def test_a_name_stays_a_name(name: str, expected: bytes) -> None:
    """RFC 6266, RFC 8187."""
    assert disposition(name) == expected


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "image/svg+xml",
        "application/xhtml+xml",
        "application/javascript",
        "text/javascript",
        "text/css",
        "text/xml",
        "application/vnd.x+xml",
        "multipart/x-mixed-replace",
        "text/html\r\nX: y",
        "nonsense",
        "",
    ],
)
def test_what_a_browser_would_run_is_octets(kind: str) -> None:
    assert safe_type(kind) == "application/octet-stream"


@pytest.mark.parametrize(
    "kind", ["image/png", "application/pdf", "text/plain", "message/rfc822", "video/mp4"]
)
def test_what_is_harmless_keeps_its_type(kind: str) -> None:
    assert safe_type(kind) == said_type(kind.upper()) == kind


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("", (0, 10)),
        ("bytes=0-3", (0, 4)),
        ("bytes=3-", (3, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=3-99", (3, 10)),
        ("bytes=10-", None),
        ("bytes=5-3", None),
        ("bytes=-0", None),
        ("bytes=0-1,3-4", (0, 10)),
        ("lines=0-1", (0, 10)),
        ("bytes=-", (0, 10)),
    ],
)
def test_a_range(field: str, expected: tuple[int, int] | None) -> None:
    """RFC 9110 §14.2: one range; what cannot be read is left out of account."""
    assert asked_range(field, 10) == expected
