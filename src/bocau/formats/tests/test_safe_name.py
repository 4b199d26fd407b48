"""File names of attachments, made harmless."""

import pytest

from bocau.formats.safe_name import CHARACTERS_MAX, hides_its_end, is_dangerous, safe_name


@pytest.mark.parametrize(
    ("said", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("..", "attachment"),
        (".htaccess", "htaccess"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\u200b\r\nb.pdf", "ab.pdf"),
        ('"><img src=x onerror=pwn()>.png', "___img src=x onerror=pwn()_.png"),
        ("con.txt", "_con.txt"),
        ("Báo cáo quý 3.pdf", "Báo cáo quý 3.pdf"),
        ("invoice.exe. . ", "invoice.exe"),
        (None, "attachment"),
        ("", "attachment"),
    ],
)
def test_names(said: str | None, safe: str) -> None:
    assert safe_name(said) == safe


def test_a_long_name_keeps_its_end() -> None:
    name = safe_name("a" * 5000 + ".exe")
    assert len(name) <= CHARACTERS_MAX and name.endswith(".exe")


def test_what_a_click_would_run() -> None:
    for name in ("a.exe", "a.pdf.js", "a.HTML", "a.svg", "a.docm", "a.lnk"):
        assert is_dangerous(name), name
    for name in ("a.pdf", "exe", "a.docx", "photo.jpeg"):
        assert not is_dangerous(name), name
    assert hides_its_end("\u202efdp.exe") and not hides_its_end("báo cáo.pdf")
