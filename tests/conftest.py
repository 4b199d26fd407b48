"""Fixtures of the whole-server tests."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import Server
from public_web import PublicWeb


@pytest.fixture(scope="module")
def prefix() -> tuple[str, ...]:
    """What the server is run under; a file may say something else."""
    return ()


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    """ "key=value" for the server; a file may say something else."""
    return ()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, prefix: tuple[str, ...], settings: tuple[str, ...]
) -> Iterator[Server]:
    """One running server for all tests of a file; in the end it must be sound, its log without traceback."""
    with Server(tmp_path_factory.mktemp("server"), prefix=prefix, settings=settings) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicWeb]:
    """The internet of a server that is run under `web.prefix()`."""
    with PublicWeb(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Any:
    """What the server said goes with each failure."""
    report = yield
    running = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(running, Server):
        report.sections.append(("server log", running.log(4000)))
    return report


def needs_program(name: str) -> None:
    """Skip without a real mail program, except in CI, where `make packages` must have installed it."""
    import shutil

    if shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/usr/lib/dovecot"):
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed; `make packages` installs it")
    pytest.skip(f"{name} is not installed; `make packages` installs it where root and apt are there")
