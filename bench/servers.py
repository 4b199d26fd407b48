"""The servers under measurement: bocau and its peers, each with a start, a stop and a mailbench profile."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
PASSWORD = "benchpw-not-a-secret"
START_SECONDS = 60.0
USERS = 100


class BenchServer:
    """A server in a directory of its own, with a profile file for mailbench."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.directory = directory
        self.profile = directory / "profile.json"

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


class Bocau(BenchServer):
    """`bocau demo` with two workers."""

    def __init__(self, directory: Path, workers: int = 2, port_offset: int = 21000) -> None:
        super().__init__("bocau", directory)
        self.workers = workers
        self.offset = port_offset
        self.pidfile = directory / "supervisor.pid"

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        start, stop = self.directory / "start.sh", self.directory / "stop.sh"
        start.write_text(
            "#!/bin/sh\n"
            f"echo $$ > {self.pidfile}\n"
            f"exec {sys.executable} -m bocau demo --dir {self.directory / 'data'} --users {USERS}"
            f" --password {PASSWORD} --port-offset {self.offset} --workers {self.workers}"
            " --set submission.messages_per_hour=1000000 --set submission.recipients_per_day=10000000"
            f" > {self.directory / 'out.log'} 2>&1\n"
        )
        stop.write_text(
            "#!/bin/sh\n"
            f"pid=$(cat {self.pidfile})\n"
            "kill $pid && while kill -0 $pid 2>/dev/null; do sleep 0.05; done\n"
        )
        start.chmod(0o755)
        stop.chmod(0o755)
        port = self.offset
        self.profile.write_text(
            json.dumps(
                {
                    "label": "bocau",
                    "host": "127.0.0.1",
                    "smtp": port + 25,
                    "submission": port + 587,
                    "smtps": port + 465,
                    "imap": port + 143,
                    "imaps": port + 993,
                    "pop3": port + 110,
                    "http": port + 80,
                    "https": port + 443,
                    "user": "user%d@demo.test",
                    "rcpt": "user%d@demo.test",
                    "password": PASSWORD,
                    "pidfiles": [str(self.pidfile)],
                    "start": f"exec {start}",
                    "stop": str(stop),
                }
            )
        )
        # Not our child: `stop` must see it go.
        subprocess.run(["sh", "-c", f"setsid {start} &"], check=True)
        log = self.directory / "out.log"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if log.exists() and "ready" in log.read_text().split("\n"):
                return
            time.sleep(0.1)
        raise RuntimeError(f"bocau did not become ready: see {log}")

    def stop(self) -> None:
        try:
            pid = int(self.pidfile.read_text())
            os.kill(pid, signal.SIGTERM)
        except (OSError, ValueError):
            return
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)


class PostfixDovecot(BenchServer):
    """Debian's Postfix and Dovecot; `fast` is Dovecot's high-performance login mode."""

    def __init__(self, name: str, directory: Path, base: int, *options: str) -> None:
        super().__init__(name, directory)
        self.base = str(base)
        self.options = options

    def _run(self, verb: str, *options: str) -> str:
        script = str(BENCH / "peers" / "postfix-dovecot")
        command = [script, verb, str(self.directory), "--base", self.base, *options]
        return (
            subprocess.run(command, check=True, capture_output=True, text=True).stdout
            if verb == "profile"
            else str(
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
        )

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._run("start", *self.options)
        # `--fast-login` is known to `start` only; the profile is the same.
        self.profile.write_text(self._run("profile"))

    def stop(self) -> None:
        self._run("stop")


def peers_available() -> bool:
    return os.geteuid() == 0 and bool(shutil.which("postfix")) and bool(shutil.which("dovecot"))
