import json
from collections.abc import Iterator
from typing import Any

import pytest

from bocau.runtime.log import VALUE_CHARACTERS_MAX, Level, configure, get_log

HOSTILE = "a\r\nb\x1b[31m\u202egpj.exe\x00\x85\u2028"


@pytest.fixture
def lines() -> Iterator[list[bytes]]:
    written: list[bytes] = []
    yield written
    configure()


@pytest.mark.parametrize("as_json", [True, False])
def test_one_event_is_one_harmless_line(lines: list[bytes], as_json: bool) -> None:
    configure(as_json=as_json, write=lines.append)
    get_log("smtp").info("hello", name=HOSTILE, octets=HOSTILE.encode() + b"\xff")
    [line] = lines
    assert line.endswith(b"\n")
    text = line[:-1].decode()
    assert text.isprintable()
    assert "gpj.exe" in text


def test_json_lines_carry_what_was_said(lines: list[bytes]) -> None:
    configure(as_json=True, write=lines.append, role="worker", index=1)
    get_log("imap").warning("slow", seconds=1.5, user="chị@demo.test", count=3, ok=True)
    said: dict[str, Any] = json.loads(lines[0])
    assert said.pop("at").endswith("Z")
    assert said == {
        "level": "warning",
        "room": "imap",
        "event": "slow",
        "role": "worker",
        "index": 1,
        "seconds": 1.5,
        "user": "chị@demo.test",
        "count": 3,
        "ok": True,
    }


def test_secrets_and_long_values_do_not_get_out(lines: list[bytes]) -> None:
    configure(as_json=True, write=lines.append)
    get_log("sasl").info("login", password="hunter2", subject="x" * 100_000)
    assert b"hunter2" not in lines[0]
    assert len(lines[0]) < VALUE_CHARACTERS_MAX + 200


def test_levels_filter_and_follow_a_change(lines: list[bytes]) -> None:
    log = get_log("levels")
    configure(level=Level.WARNING, as_json=True, write=lines.append)
    log.debug("no")
    log.info("no")
    log.warning("yes")
    configure(level=Level.DEBUG, as_json=True, write=lines.append)
    log.debug("yes")
    assert [json.loads(line)["event"] for line in lines] == ["yes", "yes"]


def test_an_exception_keeps_its_traceback_in_the_same_line(lines: list[bytes]) -> None:
    configure(as_json=True, write=lines.append)
    try:
        raise ValueError("bad\nthing")
    except ValueError as exc:
        get_log("x").exception("failed", exc, id=7)
    [line] = lines
    said = json.loads(line)
    assert "raise ValueError" in said["traceback"]
    assert said["error"] == "ValueError: bad\nthing" and line.count(b"\n") == 1
