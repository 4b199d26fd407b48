"""Run a real mail program on the test server."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAM_SECONDS = 60


def program(name: str) -> str:
    """Its path; without it the test is skipped, but on CI it must be there."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
    if path:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed; `make packages` installs it")
    pytest.skip(f"{name} is not installed; `make packages` installs it where root and apt are there")


def run(
    home: Path, *command: str, given: bytes = b"", check: bool = True, terminal: bool = False
) -> "subprocess.CompletedProcess[bytes]":
    """Run it with a home directory of its own; its output is shown when it fails."""
    words = [program(command[0]), *command[1:]]
    if terminal:
        import shlex

        words = [program("script"), "--quiet", "--return", "--command", shlex.join(words), "/dev/null"]
    done = subprocess.run(
        words,
        input=given,
        capture_output=True,
        timeout=PROGRAM_SECONDS,
        cwd=home,
        env=environment(home),
        check=False,
    )
    if check and done.returncode:
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{said[-6000:]}")
    return done


def environment(home: Path) -> dict[str, str]:
    """With a home directory of its own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**own, "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8"}


def private_file(path: Path, text: str) -> Path:
    """A configuration with a password in it, as the programs demand it: readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


@contextmanager
def started(home: Path, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that goes on until the block ends; what it said is in `home`/said."""
    with (home / "said").open("wb") as said:
        process = subprocess.Popen(
            [program(command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=home,
            env=environment(home),
        )
    try:
        yield process
        assert process.poll() is None, (home / "said").read_text(errors="replace")[-6000:]
    finally:
        process.terminate()
        process.wait(PROGRAM_SECONDS)
