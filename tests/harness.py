"""A whole server for tests: `bocau demo` in a process of its own, on free ports, in a directory of its own.

with Server(tmp_path) as server:
    server.deliver(b"Subject: hello\r\n\r\nhi\r\n", "alice@demo.test")
    server.imap("alice").select()
"""

import imaplib
import json
import os
import poplib
import select
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")
HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
CLI_SECONDS = 60.0
STANDARD_PORTS = (24, 25, 80, 109, 110, 143, 443, 465, 587, 993, 995)
OFFSETS_PER_TEST_PROCESS = 2000
STARTS_MAX = 5
QUICK = ("login.delay_seconds_max=0.2",)
"""Many tests give a wrong password; those of the delay itself say "=15"."""


class StartFailed(AssertionError):
    """The server did not become ready; the text holds what it said."""


class Server:
    """`bocau demo`, started by `with` or start(); stop() and kill9() end it, restart() keeps the data."""

    def __init__(
        self,
        directory: Path,
        *,
        workers: int = 2,
        users: int = 5,
        password: str = "correct horse",
        settings: Sequence[str] = (),
        prefix: Sequence[str] = (),
    ) -> None:
        """`settings`: "key=value" for --set. `prefix`: a command to run it under (strace …)."""
        self.directory = directory
        self.data = directory / "data"
        self.log_file = directory / "server.log"
        self.workers = workers
        self.users = users
        self.password = password
        self.settings = [*QUICK, *settings]
        self.prefix = list(prefix)
        self.ports: dict[str, int] = {}
        self.accounts: list[str] = []
        self.offset = 0
        self._process: subprocess.Popen[bytes] | None = None

    # --- life ---------------------------------------------------------------------

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until every port answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for attempt in range(STARTS_MAX):
            # Another program may take a port between our look and the server's bind.
            self.offset = self.offset if attempt == 0 and self.offset else free_offset(attempt)
            try:
                self._start()
                return
            except StartFailed as exc:
                if "is in use" not in str(exc) or attempt == STARTS_MAX - 1:
                    raise

    def _start(self) -> None:
        command = [*self.prefix, sys.executable, "-m", "bocau", "demo", "--json", "--dir", str(self.data)]
        command += ["--port-offset", str(self.offset), "--users", str(self.users)]
        command += ["--password", self.password, "--workers", str(self.workers)]
        command += [word for setting in self.settings for word in ("--set", setting)]
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        facts = json.loads(self._read_until_ready())
        self.ports = facts["ports"]
        self.accounts = facts["accounts"]

    def _read_until_ready(self) -> str:
        assert self._process is not None and self._process.stdout is not None
        out, said = self._process.stdout.fileno(), b""
        deadline = time.monotonic() + START_SECONDS
        while not said.endswith(b"\nready\n"):
            if not select.select([out], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self.kill9()
                raise StartFailed(f"not ready after {START_SECONDS} s; it said:\n{self.log()}")
            piece = os.read(out, 65536)
            if not piece:
                self._process.wait()
                raise StartFailed(f"it ended with status {self._process.returncode}:\n{self.log()}")
            said += piece
        return said.decode().removesuffix("ready\n")

    def stop(self) -> int:
        """Stop in order (SIGTERM); returns the exit status."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"the server did not stop in {STOP_SECONDS} s:\n{self.log()}") from None
        self._end()
        return status

    def kill9(self) -> None:
        """Kill every process of the server at once, as a power cut would, but for the page cache."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._end()
        self._wait_for_the_last()

    def _end(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def _wait_for_the_last(self) -> None:
        """The data directory is free when the children, killed with the supervisor, are gone."""
        import fcntl

        lock = self.data / "serve.lock"
        deadline = time.monotonic() + STOP_SECONDS
        while lock.exists() and time.monotonic() < deadline:
            with lock.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return
                except OSError:
                    time.sleep(0.01)

    def restart(self) -> None:
        """Stop if it runs, start again on the same data and ports."""
        self.stop()
        self.start()

    # --- what it said -------------------------------------------------------------

    def log(self, last_bytes: int = 20_000) -> str:
        """The end of its log."""
        if not self.log_file.exists():
            return ""
        return self.log_file.read_bytes()[-last_bytes:].decode("utf-8", "replace")

    def assert_no_traceback(self) -> None:
        text = self.log(10_000_000)
        at = text.find("Traceback (most recent call last)")
        assert at < 0, f"the server logged a traceback:\n{text[max(0, at - 500) : at + 4000]}"

    # --- administration -----------------------------------------------------------

    def cli(
        self, *arguments: str, input: str | bytes = b"", check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """Run `bocau ARGUMENTS…` on this server; with `check` an exit status but 0 fails the test."""
        result = run_cli(*arguments, input=input, environment={"BOCAU_DIR": str(self.data)})
        if check and result.returncode:
            raise AssertionError(f"bocau {' '.join(arguments)}: {result.returncode}: {result.stderr}")
        return result

    def json(self, *arguments: str, input: str | bytes = b"") -> Any:
        """What `bocau ARGUMENTS… --json` prints."""
        return json.loads(self.cli(*arguments, "--json", input=input).stdout)

    # --- connections --------------------------------------------------------------

    def port(self, service: str) -> int:
        return self.ports[service]

    def address(self, user: str) -> str:
        return user if "@" in user else f"{user}@demo.test"

    def connect(self, service: str, timeout: float = 20.0) -> socket.socket:
        """A bare connection."""
        return socket.create_connection((HOST, self.ports[service]), timeout)

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP(HOST, self.ports["smtp"], "client.example.org", timeout=20)

    def submission(self, user: str = "alice", password: str | None = None) -> smtplib.SMTP:
        """Logged in over STARTTLS."""
        client = smtplib.SMTP(HOST, self.ports["submission"], "client.example.org", timeout=20)
        client.starttls(context=any_certificate())
        client.login(self.address(user), password or self.password)
        return client

    def deliver(self, message: bytes, *recipients: str, sender: str = "sender@example.org") -> None:
        """Hand a message in at the MX port, as another server would."""
        with self.smtp() as client:
            client.sendmail(sender, [self.address(recipient) for recipient in recipients], message)

    def imap(self, user: str = "alice", password: str | None = None) -> imaplib.IMAP4_SSL:
        """Logged in over TLS."""
        client = imaplib.IMAP4_SSL(HOST, self.ports["imaps"], ssl_context=any_certificate(), timeout=20)
        client.login(self.address(user), password or self.password)
        return client

    def pop(self, user: str = "alice", password: str | None = None) -> poplib.POP3_SSL:
        """Logged in over TLS."""
        client = poplib.POP3_SSL(HOST, self.ports["pop3s"], context=any_certificate(), timeout=20)
        client.user(self.address(user))
        client.pass_(password or self.password)
        return client


def eventually(look: Callable[[], Result], seconds: float = 20.0) -> Result:
    """What `look` returns as soon as it is true; fails when it does not become so."""
    deadline = time.monotonic() + seconds
    while not (result := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return result


def run_cli(
    *arguments: str, input: str | bytes = b"", environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `bocau` in a process of its own."""
    given = input.encode() if isinstance(input, str) else input
    base = {name: value for name, value in os.environ.items() if name != "BOCAU_DIR"}
    done = subprocess.run(
        [sys.executable, "-m", "bocau", *arguments],
        input=given,
        capture_output=True,
        timeout=CLI_SECONDS,
        env=base | (environment or {}),
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace")
    )


def any_certificate() -> ssl.SSLContext:
    """The demo's certificate is self-signed."""
    # Not the default context: reading the system's authorities costs more than most tests do.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def free_offset(attempt: int = 0) -> int:
    """A port offset with all our ports free; test processes of one run look in ranges of their own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    base = 10_000 + (int(worker) % 8) * OFFSETS_PER_TEST_PROCESS
    for step in range(OFFSETS_PER_TEST_PROCESS):
        offset = base + (os.getpid() * 31 + attempt * 97 + step * 7) % OFFSETS_PER_TEST_PROCESS
        if all(_is_free(offset + port) for port in STANDARD_PORTS):
            return offset
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
