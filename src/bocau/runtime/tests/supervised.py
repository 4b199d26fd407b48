"""A small server under the supervisor, for test_supervisor.py: `python supervised.py DIRECTORY MODE`."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from bocau.base.errors import InUse
from bocau.runtime.child import Child, Role
from bocau.runtime.listener import Listener
from bocau.runtime.log import get_log
from bocau.runtime.sockets import bind_tcp
from bocau.runtime.supervisor import SupervisorSettings, run_supervisor

DIRECTORY = Path(sys.argv[1])
MODE = sys.argv[2]


def say(*words: object) -> None:
    # One write a line: several processes share the pipe.
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def main(child: Child) -> None:
    if MODE == "fails" and child.role == Role.BACKGROUND:
        raise RuntimeError("cannot start")
    if MODE == "stubborn":
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child.on_reload(lambda: say("reloaded", child.role, child.index))
    listeners = []
    if child.role == Role.WORKER:

        async def greet(connection) -> None:  # type: ignore[no-untyped-def]
            connection.write(f"{os.getpid()}\n".encode())

        listeners = [Listener(sock, greet, log=get_log("test")) for sock in child.sockets["greet"]]
        for listener in listeners:
            listener.start()
    say("started", child.role, child.index, os.getpid())
    child.ready()
    await child.stopping()
    for listener in listeners:
        await listener.stop(1)
    if MODE == "stubborn":
        time.sleep(60)  # noqa: ASYNC251 - the whole process shall hang
    say("stopped", child.role, child.index)


def bind():  # type: ignore[no-untyped-def]
    sockets = bind_tcp("127.0.0.1", 0)
    say("port", sockets[0].getsockname()[1])
    return {"greet": sockets}


settings = SupervisorSettings(
    DIRECTORY, workers=2, pid_file=DIRECTORY / "serve.pid", stop_seconds=0.5 if MODE == "stubborn" else 5
)
try:
    sys.exit(run_supervisor(settings, bind, main, on_ready=lambda: say("ready")))
except InUse as exc:
    say("refused", exc)
    sys.exit(1)
