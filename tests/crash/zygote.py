"""Runs `bocau` commands in forks of a process that has the code loaded: hundreds of starts cost little.

stdin:  {"run": [arguments], "data": D, "out": file, "err": file} | {"poll": pid}
stdout: {"pid": pid}                                              | {"status": status or null}
"""

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

from bocau.app.web import MODULES

PRELOAD = (
    "bocau.app.server",
    "bocau.app.worker",
    "bocau.app.background",
    "bocau.cli.commands",
    "bocau.cli.demo",
    "bocau.cli.queue",
    "bocau.cli.verify",
    "uvloop",
)


def serve() -> None:
    for name in (*PRELOAD, *MODULES):
        # What is missing is imported by the command itself, later.
        with suppress(ImportError):
            import_module(name)
    print("{}", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    if "poll" in request:
        pid, status = os.waitpid(request["poll"], os.WNOHANG)
        return {"status": os.waitstatus_to_exitcode(status) if pid else None}
    pid = os.fork()
    if pid == 0:
        become(request)
    return {"pid": pid}


def become(request: dict[str, Any]) -> None:
    """Never returns: be that command, in a process group of its own."""
    os.setsid()
    files = ((0, os.devnull), (1, request["out"]), (2, request["err"]))
    for number, path in files:
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(path, flags, 0o600), number)
    os.environ["BOCAU_DIR"] = request["data"]
    status = 1
    try:
        from bocau.cli import main

        main(request["run"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1 if end.code else 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
