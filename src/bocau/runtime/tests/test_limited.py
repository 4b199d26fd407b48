"""A limited process computes, and nothing else."""

from collections.abc import AsyncIterator

import pytest

from bocau.base.errors import LimitReached
from bocau.runtime import limited
from bocau.runtime.limited import CannotStart, Limited

JOBS = "bocau.runtime.tests.limited_jobs:misbehave"


@pytest.fixture
async def jobs() -> AsyncIterator[Limited]:
    opened = Limited(JOBS, job_seconds=5.0)
    yield opened
    await opened.close()


async def test_it_answers_and_stays(jobs: Limited) -> None:
    assert await jobs.run(b"abc") == b"cba"
    assert await jobs.run(b"pid") == await jobs.run(b"pid")
    assert await jobs.run(b"x" * 3_000_000) == b"x" * 3_000_000


@pytest.mark.parametrize("job", [b"file", b"socket", b"socket instead of a pipe", b"program", b"fork"])
async def test_it_cannot_reach_anything(jobs: Limited, job: bytes) -> None:
    assert (await jobs.run(job)).startswith(b"refused")


async def test_it_knows_nothing_of_our_environment(jobs: Limited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "x")
    assert b"SECRET" not in await jobs.run(b"environment")


@pytest.mark.parametrize("job", [b"die", b"raise", b"eat"])
async def test_whatever_it_does_the_next_job_is_done(jobs: Limited, job: bytes) -> None:
    with pytest.raises(LimitReached):
        await jobs.run(job)
    assert await jobs.run(b"abc") == b"cba"


@pytest.mark.parametrize("job", [b"hang", b"spin"])
async def test_what_takes_too_long_is_killed(job: bytes) -> None:
    jobs = Limited(JOBS, job_seconds=0.2)
    before = await jobs.run(b"pid")
    with pytest.raises(LimitReached):
        await jobs.run(job)
    assert await jobs.run(b"pid") != before
    await jobs.close()


async def test_a_process_is_replaced_after_so_many_jobs(
    jobs: Limited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limited, "JOBS_PER_PROCESS", 1)
    assert await jobs.run(b"pid") != await jobs.run(b"pid")


async def test_what_cannot_start_says_so() -> None:
    with pytest.raises(CannotStart):
        await Limited("bocau.no_such_module:x").run(b"")


async def test_only_so_many_wait(jobs: Limited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "WAITING_MAX", 0)
    with pytest.raises(LimitReached):
        await jobs.run(b"abc")
