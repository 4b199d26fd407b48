"""What a newcomer reads after `bocau demo`."""

from typing import Any

import pytest

from bocau.cli.demo import _print

FACTS: dict[str, Any] = {
    "domain": "demo.test",
    "host": "127.0.0.1",
    "urls": ["http://127.0.0.1:2080", "https://127.0.0.1:2443"],
    "ports": {"smtp": 2025, "lmtp": 2024, "http": 2080, "https": 2443},
    "accounts": ["alice@demo.test"],
    "password": "pw",
    "directory": "/tmp/demo",
}


def test_the_address_for_a_browser_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    _print(FACTS, is_kept=True)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("bocau demo: mail for demo.test")
    assert second.split() == ["webmail", "http://127.0.0.1:2080", "·", "https://127.0.0.1:2443"]


def test_without_a_web_side_there_is_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    _print(FACTS | {"urls": []}, is_kept=False)
    assert "webmail" not in capsys.readouterr().out
