"""List-Unsubscribe (RFC 2369 §3.2) and one click (RFC 8058)."""

import pytest

from bocau.formats.list_unsubscribe import unsubscribe

POST = "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("field", "post", "way", "target"),
    [
        ("<https://l.example/u?1>, <mailto:u@l.example>", POST, "oneClick", "https://l.example/u?1"),
        ("<https://l.example/u?1>, <mailto:u@l.example>", "", "mailto", "mailto:u@l.example"),
        ("<http://l.example/u>", POST, "web", "http://l.example/u"),
        ("(use this) <https://l.example/u>", "nonsense", "web", "https://l.example/u"),
    ],
)
def test_the_best_way(field: str, post: str, way: str, target: str) -> None:
    found = unsubscribe(field, post)
    assert found is not None and (found.way.value, found.target) == (way, target)


@pytest.mark.parametrize(
    "field",
    [
        "<javascript:alert(1)>",
        "<http://127.0.0.1/>",
        "<https://localhost/>",
        "<https://[::1]/>",
        "<https://user@l.example/>",
        '<https://l.example/"onclick=x>',
        "<data:text/html,x>",
        "https://l.example/",
        "<mailto:x>",
        "",
        "<" * 100_000,
    ],
)
def test_what_is_no_way(field: str) -> None:
    assert unsubscribe(field, POST) is None
