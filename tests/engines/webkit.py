"""WebKitGTK's own small browser, by WebKitWebDriver: WebDriver over HTTP, on a screen that nobody sees."""

import json
import os
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engines.webdriver import Command, DriverError, Json, eventually

PROGRAM = "WebKitWebDriver"
SCREEN = "Xvfb"
BROWSER = "*/webkit2gtk-4.1/MiniBrowser"
"""Beneath /usr/lib."""
ANSWER_SECONDS = 120.0
STOP_SECONDS = 20.0


class Http:
    """The wire."""

    def __init__(self, base: str) -> None:
        self.base = base

    def send(self, command: Command, arguments: Json) -> Any:
        path = command.path.format(**arguments) if "{" in command.path else command.path
        return self.request(command.method, path, arguments)

    def request(self, method: str, path: str, arguments: Json | None = None) -> Any:
        body = json.dumps(arguments or {}).encode() if method == "POST" else None
        asked = urllib.request.Request(f"{self.base}/{path}", body, {"Content-Type": "application/json"})
        asked.method = method
        try:
            with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as exc:
            said = json.load(exc)["value"]
            raise DriverError(said["error"], said["message"]) from None


@contextmanager
def webkit(directory: Path, proxy: str) -> Iterator[Http]:
    """All but the loopback goes by way of `proxy` ("host:port")."""
    with (directory / "webkit.log").open("wb") as log, _screen(directory) as display:
        port = _free_port()
        running = subprocess.Popen(
            [PROGRAM, f"--port={port}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ
            | {
                "DISPLAY": display,
                "HOME": str(directory),
                "XDG_RUNTIME_DIR": str(directory),
                "NO_AT_BRIDGE": "1",
            },
        )
        try:
            yield from _session(f"http://127.0.0.1:{port}", proxy)
        finally:
            running.terminate()
            running.wait(STOP_SECONDS)


def _session(base: str, proxy: str) -> Iterator[Http]:
    eventually(lambda: _answers(base))
    (browser,) = Path("/usr/lib").glob(BROWSER)
    wanted = {
        "webkitgtk:browserOptions": {"binary": str(browser), "args": ["--automation"]},
        "proxy": {
            "proxyType": "manual", "httpProxy": proxy, "sslProxy": proxy, "noProxy": ["127.0.0.1"],
        },
        "unhandledPromptBehavior": "accept",
    }  # fmt: skip
    told = Http(base).request("POST", "session", {"capabilities": {"alwaysMatch": wanted}})
    wire = Http(f"{base}/session/{told['sessionId']}")
    yield wire
    Http(base).request("DELETE", f"session/{told['sessionId']}")


@contextmanager
def _screen(directory: Path) -> Iterator[str]:
    """The X server chooses a number that is free."""
    reading, writing = os.pipe()
    running = subprocess.Popen(
        [SCREEN, "-displayfd", str(writing), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(directory / "screen.log").open("wb"),
        pass_fds=[writing],
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield f":{told.readline().strip()}"
    finally:
        running.terminate()
        running.wait(STOP_SECONDS)


def _answers(base: str) -> bool:
    try:
        return bool(Http(base).request("GET", "status")["ready"])
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
