"""Fixtures of the crash tests."""

import os
import shutil
from collections.abc import Iterator

import pytest

from crash.ledger import Ledger
from crash.operations import World
from crash.sink import Sink
from crash.victim import Victim, Zygote


@pytest.fixture(scope="session", autouse=True)
def tracing() -> None:
    """Without strace these tests say nothing; in CI it must be there."""
    if shutil.which("strace"):
        return
    if os.environ.get("CI") == "true":
        pytest.fail("strace is not installed; `make packages` installs it")
    pytest.skip("strace is not installed; `make packages` installs it where root and apt are there")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    one = Zygote()
    yield one
    one.close()


@pytest.fixture
def world(tmp_path, zygote: Zygote) -> Iterator[World]:
    """A running victim whose mail for others goes to a sink."""
    with Sink() as sink:
        settings = (f"submission.smarthost={sink.host}:{sink.port}", "submission.smarthost_tls=none")
        with Victim(tmp_path, zygote, workers=1, users=1, settings=settings) as victim:
            yield World(victim, Ledger(), sink)
            victim.assert_no_traceback()
