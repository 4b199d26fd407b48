"""Debian's Firefox, by Marionette: WebDriver's commands as `length:[0, id, name, arguments]` over TCP."""

import itertools
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engines.webdriver import Command, DriverError, Json, eventually

PROGRAM = "firefox-esr"
START_SECONDS = 60.0
ANSWER_SECONDS = 120.0
STOP_SECONDS = 20.0
LENGTH_DIGITS_MAX = 10
PREFERENCES = {
    "marionette.port": 0,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.security.https_first": False,
    "intl.accept_languages": "en-GB",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}

WANTED = {"unhandledPromptBehavior": "accept", "strictFileInteractability": False}


class Marionette:
    """The wire; one command at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        self._ids = itertools.count(1)
        self._read()  # whom we speak to

    def close(self) -> None:
        self._socket.close()

    def send(self, command: Command, arguments: Json) -> Any:
        answer = self.call(command.marionette, arguments)
        return answer.get("value", answer) if isinstance(answer, dict) else answer

    def call(self, name: str, arguments: Json) -> Any:
        data = json.dumps([0, next(self._ids), name, arguments]).encode()
        self._socket.sendall(b"%d:%b" % (len(data), data))
        _, _, error, answer = self._read()
        if error is not None:
            raise DriverError(error["error"], error["message"])
        return answer

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            assert len(length) <= LENGTH_DIGITS_MAX, length
            length += self._piece(1)
        data = b""
        while len(data) < int(length[:-1]):
            data += self._piece(int(length[:-1]) - len(data))
        return json.loads(data)

    def _piece(self, size: int) -> bytes:
        piece = self._socket.recv(size)
        assert piece, "the browser has gone"
        return piece


@contextmanager
def firefox(directory: Path, proxy: str) -> Iterator[Marionette]:
    """Started with a profile of its own; all but the loopback goes by way of `proxy` ("host:port")."""
    profile = directory / "profile"
    profile.mkdir()
    wanted = PREFERENCES | proxy_preferences(proxy)
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [PROGRAM, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    with (directory / "firefox.log").open("wb") as log:
        running = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | {"HOME": str(directory)},
        )
    try:
        wire = Marionette(_port(profile))
        wire.call("WebDriver:NewSession", {"capabilities": {"alwaysMatch": WANTED}})
        yield wire
        wire.close()
    finally:
        running.terminate()
        running.wait(STOP_SECONDS)


def _port(profile: Path) -> int:
    told = profile / "MarionetteActivePort"
    return int(eventually(lambda: told.exists() and told.read_text(), START_SECONDS))


def proxy_preferences(proxy: str) -> dict[str, object]:
    host, port = proxy.split(":")
    by: dict[str, object] = {"network.proxy.type": 1}
    for kind in ("http", "ssl"):
        by |= {f"network.proxy.{kind}": host, f"network.proxy.{kind}_port": int(port)}
    return by
