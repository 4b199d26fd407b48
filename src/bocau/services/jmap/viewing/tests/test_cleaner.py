"""Cleaning goes on whatever becomes of the limited processes (webux §4.1, E-5)."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bocau.base.errors import LimitReached
from bocau.formats.html.cleaning import Asked
from bocau.runtime import limited
from bocau.runtime.log import get_log
from bocau.services.jmap.viewing import cleaner as module
from bocau.services.jmap.viewing.cleaner import Cleaner

HOSTILE = "<p onclick=pwn(1)>text<script>pwn(1)</script><img src=https://far.example/x>"
DEEP = "<div>" * 3_000
FLOOD = 100
SLOW = "<table><tr><td>" * 160 + "<a href=x>" * 60_000


@pytest.fixture
async def cleaner() -> AsyncIterator[Cleaner]:
    made = Cleaner(get_log("viewing"))
    yield made
    await made.close()


def asked(text: str) -> Asked:
    return Asked(text, True, "")


def text_of(cleaned: object) -> str:
    return "".join(one for one in cleaned.body if isinstance(one, str))  # type: ignore[attr-defined]


async def test_without_a_process_it_is_cleaned_all_the_same(
    cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the server's user cannot read Python's files: there is no interpreter for it."""
    inside = await cleaner.clean(asked(HOSTILE))
    await cleaner.close()
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    outside = await cleaner.clean(asked(HOSTILE))
    assert outside == inside and "pwn" not in text_of(outside)
    with pytest.raises(LimitReached):
        await cleaner.clean(asked(DEEP))
    with pytest.raises(LimitReached):
        await cleaner.clean(asked("x" * (module.WITHOUT_PROCESS_CHARACTERS_MAX + 1)))


async def test_an_interpreter_that_cannot_read_its_files(
    cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It starts, says nothing, and ends."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    assert "pwn" not in text_of(await cleaner.clean(asked(HOSTILE)))


async def test_a_flood_of_bodies_is_bounded_and_the_loop_goes_on(
    cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many at once: some are cleaned or given up, the rest refused at once; nothing else waits."""
    monkeypatch.setattr(limited, "WAITING_MAX", 8)
    monkeypatch.setattr(cleaner._limited, "_job_seconds", 0.1)
    await cleaner.clean(asked("warm"))
    flood = asyncio.gather(*(cleaner.clean(asked(SLOW)) for _ in range(FLOOD)), return_exceptions=True)
    await asyncio.sleep(0)
    longest = 0.0
    while not flood.done():
        began = time.thread_time()
        await asyncio.sleep(0.01)
        longest = max(longest, time.thread_time() - began)
    refused_at_once = sum(str(one) == "too much to do" for one in flood.result())
    assert refused_at_once == FLOOD - 8
    assert all(isinstance(one, LimitReached) or hasattr(one, "body") for one in flood.result())
    assert longest < 0.5
    assert "hello" in text_of(await cleaner.clean(asked("<p>hello")))
