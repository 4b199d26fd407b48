"""Debian's Dovecot as an oracle for IMAP: an instance of its own; any name, one password."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from clients.programs import program
from harness import HOST, free_offset
from imap.wire import Wire

START_SECONDS = 20.0
PASSWORD = "oracle"
OFFSET_STEP = 3


class Dovecot:
    """Started by `with`; login() gives a connection."""

    def __init__(self) -> None:
        # pytest keeps its own directories to their owner; Dovecot's users must pass.
        self.directory = Path(tempfile.mkdtemp(prefix="bocau-dovecot-"))
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Dovecot":
        path = program("dovecot")
        if os.geteuid() != 0:
            pytest.skip("Dovecot needs root")
        self.port = free_offset(OFFSET_STEP) + 143
        self.directory.chmod(0o755)
        config = self.directory / "dovecot.conf"
        config.write_text(self._config())
        mail = self.directory / "mail"
        mail.mkdir()
        shutil.chown(mail, "mail", "mail")
        self._process = subprocess.Popen(
            [path, "-F", "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        return self

    def _config(self) -> str:
        home = self.directory
        return f"""
            instance_name = bocau-tests
            base_dir = {home}/run
            state_dir = {home}/state
            log_path = {home}/log
            protocols = imap
            listen = {HOST}
            ssl = no
            disable_plaintext_auth = no
            auth_mechanisms = plain
            mail_location = sdbox:{home}/mail/%n
            mail_uid = mail
            mail_gid = mail
            first_valid_uid = 1
            first_valid_gid = 1
            passdb {{
              driver = static
              args = password={PASSWORD}
            }}
            userdb {{
              driver = static
              args = uid=mail gid=mail home={home}/mail/%n
            }}
            namespace inbox {{
              inbox = yes
              separator = /
            }}
            service imap-login {{
              inet_listener imap {{
                port = {self.port}
              }}
              inet_listener imaps {{
                port = 0
              }}
            }}
            """

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                Wire(self.port).socket.close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("Dovecot did not start: " + (self.directory / "log").read_text())

    def __exit__(self, *exc: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
        shutil.rmtree(self.directory, ignore_errors=True)

    def login(self, user: str = "oracle") -> Wire:
        return Wire(self.port).login(user, PASSWORD)
