"""`bocau ARGUMENTS…` inside the test's own process: what starts, prints and fails as it would in one of its
own, at a tenth of the cost.

For the tests of what commands do; what concerns a process (signals, links, a running server) uses
`harness.run_cli`.
"""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from bocau.cli import main
from bocau.runtime import log


def run_inside(
    *arguments: str, input: str | bytes = b"", environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Like `harness.run_cli`."""
    given = input.encode() if isinstance(input, str) else input
    out, err = _stream(), _stream()
    streams = patch.multiple(sys, stdin=_stream(given), stdout=out, stderr=err)
    kept = {name: value for name, value in os.environ.items() if name != "BOCAU_DIR"}
    variables = patch.dict(os.environ, kept | (environment or {}), clear=True)
    with streams, variables, _process_state_kept():
        try:
            main(arguments)
        except SystemExit as exc:
            status = exc.code
    return subprocess.CompletedProcess(list(arguments), int(status or 0), _text(out), _text(err))


def _stream(data: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), "utf-8")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined,no-any-return]


@contextmanager
def _process_state_kept() -> Iterator[None]:
    """A command may set what belongs to its whole process."""
    mask = os.umask(0o022)
    os.umask(mask)
    state, levels = dict(log._state), {name: each.level for name, each in log._logs.items()}
    try:
        yield
    finally:
        os.umask(mask)
        log._state.clear()
        log._state.update(state)
        for name, level in levels.items():
            log._logs[name].level = level
