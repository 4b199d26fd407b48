"""Stands between a program and the server, counts the octets, and kills the program in the middle of them."""

import os
import select
import socket
import subprocess
import threading
from pathlib import Path

from clients.programs import PROGRAM_SECONDS, environment, program
from harness import HOST


class Interrupter:
    """Relays connections to `port`, one after another; `port` of its own is where the program connects to."""

    def __init__(self, port: int) -> None:
        self._far = port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.octets = 0
        """How many were relayed in the last run, both directions together."""
        self._limit = 0
        self._victim: subprocess.Popen[bytes] | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> "Interrupter":
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def run(self, home: Path, *command: str, octets: int = 1 << 60) -> int:
        """Run the program and kill it (SIGKILL) when so many octets have passed; returns its exit status."""
        self.octets, self._limit = 0, octets
        with (home / "said").open("wb") as said:
            self._victim = subprocess.Popen(
                [program(command[0]), *command[1:]],
                cwd=home,
                env=environment(home),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        try:
            return self._victim.wait(PROGRAM_SECONDS)
        finally:
            self._victim.kill()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with near, socket.create_connection((HOST, self._far)) as far:
                try:
                    self._relay(near, far)
                except ConnectionError:
                    continue

    def _relay(self, near: socket.socket, far: socket.socket) -> None:
        others = {near: far, far: near}
        while True:
            for ready in select.select(list(others), [], [])[0]:
                left = self._limit - self.octets
                piece = ready.recv(min(65536, left))
                if not piece:
                    return
                others[ready].sendall(piece)
                self.octets += len(piece)
                if self.octets >= self._limit:
                    assert self._victim is not None
                    os.kill(self._victim.pid, 9)
                    return
