"""`bocau ARGUMENTS…` on a test server, run in the test's own process: polling it costs milliseconds."""

import json
import subprocess
from typing import Any

from harness import Server
from terminal import run_inside


def cli(
    server: Server, *arguments: str, input: str | bytes = b"", check: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Like Server.cli."""
    result = run_inside(*arguments, input=input, environment={"BOCAU_DIR": str(server.data)})
    assert not check or result.returncode == 0, f"bocau {' '.join(arguments)}: {result.stderr}"
    return result


def told(server: Server, *arguments: str) -> Any:
    """What `bocau ARGUMENTS… --json` prints."""
    return json.loads(cli(server, *arguments, "--json").stdout)
