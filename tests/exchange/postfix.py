"""Debian's Postfix as the other mail server: an instance of its own on loopback, mail into Maildirs."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from clients.programs import program

START_SECONDS = 20
MAIL_SECONDS = 40.0
QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private")
QUEUES += ("saved", "trace")


class Postfix:
    """Takes mail for `domain` on `host`:`port`, STARTTLS offered; sends everything else to `next_hop`."""

    def __init__(self, *, host: str, port: int, domain: str, users: list[str], next_hop: str) -> None:
        # pytest keeps its own directories to their owner; Postfix's users must pass.
        self.directory = Path(tempfile.mkdtemp(prefix="bocau-postfix-"))
        self.host = host
        self.port = port
        self.domain = domain
        self.users = users
        self.next_hop = next_hop
        self.etc = self.directory / "etc"
        self.queue = self.directory / "queue"
        self._master: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Postfix":
        program("postfix")
        if os.geteuid() != 0:
            pytest.skip("Postfix needs root")
        self._configure()
        self.start()
        return self

    def start(self) -> None:
        self._master = subprocess.Popen(
            ["/usr/lib/postfix/sbin/master", "-c", str(self.etc), "-d"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # In the end the master kills its process group.
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection((self.host, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("Postfix did not start: " + self.log())

    def stop(self) -> None:
        if self._master is not None:
            self._master.terminate()
            self._master.wait(20)
            self._master = None

    def __exit__(self, *exc: object) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self) -> str:
        file = self.directory / "maillog"
        return file.read_text() if file.exists() else ""

    # --- mail ---------------------------------------------------------------------

    def messages(self, user: str) -> list[bytes]:
        folder = self.directory / "mail" / user / "new"
        return [file.read_bytes() for file in sorted(folder.iterdir())] if folder.exists() else []

    def wait_for(self, user: str, wanted: bytes) -> bytes:
        """The message to `user` that contains `wanted`."""
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            for message in self.messages(user):
                if wanted in message:
                    return message
            time.sleep(0.1)
        raise AssertionError(f"no {wanted!r} for {user}; Postfix said:\n{self.log()[-3000:]}")

    def send(self, sender: str, recipient: str, message: bytes) -> None:
        """As a local user would, by Postfix's own sendmail."""
        subprocess.run(
            ["/usr/sbin/sendmail", "-C", str(self.etc), "-f", sender, recipient],
            input=message.replace(b"\r\n", b"\n"),
            check=True,
            timeout=30,
        )

    # --- set-up -------------------------------------------------------------------

    def _configure(self) -> None:
        for folder in (self.etc, self.queue, self.directory / "data", self.directory / "mail"):
            folder.mkdir(parents=True)
        self.directory.chmod(0o755)
        shutil.chown(self.directory / "data", "postfix")
        shutil.chown(self.directory / "mail", "postfix")
        self._certificate()
        (self.etc / "main.cf").write_text(self._main())
        (self.etc / "master.cf").write_text(self._services())
        (self.etc / "dynamicmaps.cf").write_text("")
        (self.etc / "users").write_text("".join(f"{user}@{self.domain} {user}/\n" for user in self.users))
        subprocess.run(
            [
                "/usr/lib/postfix/sbin/post-install",
                "create-missing",
                f"config_directory={self.etc}",
                f"queue_directory={self.queue}",
                f"data_directory={self.directory}/data",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        self._queue_folders()

    def _queue_folders(self) -> None:
        for name in QUEUES:
            (self.queue / name).mkdir(exist_ok=True)
            shutil.chown(self.queue / name, "postfix")
        for name in ("maildrop", "public"):
            (self.queue / name).mkdir(exist_ok=True)
            shutil.chown(self.queue / name, "postfix", "postdrop")
        (self.queue / "pid").mkdir(exist_ok=True)
        (self.queue / "maildrop").chmod(0o730)
        (self.queue / "public").chmod(0o710)
        (self.queue / "private").chmod(0o700)

    def _certificate(self) -> None:
        command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=mx.{self.domain}"
        command += f" -keyout {self.directory}/key.pem -out {self.directory}/cert.pem"
        subprocess.run(command.split(), check=True, capture_output=True)

    def _main(self) -> str:
        uid = shutil._get_uid("postfix")  # type: ignore[attr-defined]
        return "\n".join(
            [
                "compatibility_level = 3.6",
                f"queue_directory = {self.queue}",
                f"data_directory = {self.directory}/data",
                "command_directory = /usr/sbin",
                "daemon_directory = /usr/lib/postfix/sbin",
                "mail_owner = postfix",
                "setgid_group = postdrop",
                f"myhostname = mx.{self.domain}",
                "mydestination =",
                # Only a configured address may stand here; master.cf says where smtpd listens.
                "inet_interfaces = 127.0.0.1",
                "inet_protocols = ipv4",
                "mynetworks = 127.0.0.0/8",
                "alias_maps =",
                "alias_database =",
                f"virtual_mailbox_domains = {self.domain}",
                f"virtual_mailbox_maps = texthash:{self.etc}/users",
                f"virtual_mailbox_base = {self.directory}/mail",
                f"virtual_uid_maps = static:{uid}",
                f"virtual_gid_maps = static:{uid}",
                "virtual_minimum_uid = 1",
                f"relayhost = {self.next_hop}",
                "smtp_tls_security_level = may",
                f"smtpd_tls_cert_file = {self.directory}/cert.pem",
                f"smtpd_tls_key_file = {self.directory}/key.pem",
                "smtpd_tls_security_level = may",
                "smtpd_tls_received_header = yes",
                "smtpd_relay_restrictions = reject_unauth_destination",
                f"maillog_file = {self.directory}/maillog",
                f"maillog_file_prefixes = {self.directory}",
                "minimal_backoff_time = 5s",
                "queue_run_delay = 5s",
                "",
            ]
        )

    def _services(self) -> str:
        inner = "tlsmgr verify anvil scache"
        lines = [
            f"{self.host}:{self.port} inet n - n - - smtpd",
            "pickup unix n - n 1 1 pickup",
            "qmgr unix n - n 5 1 qmgr",
            "postlog unix-dgram n - n - 1 postlogd",
            "cleanup unix n - n - 0 cleanup",
            "rewrite unix - - n - - trivial-rewrite",
            "virtual unix - n n - - virtual",
            "relay unix - - n - - smtp",
            "retry unix - - n - - error",
            "flush unix n - n - 0 flush",
            "proxymap unix - - n - - proxymap",
            "proxywrite unix - - n - 1 proxymap",
            "showq unix n - n - - showq",
        ]
        lines += [f"{name} unix - - n - 1 {name}" for name in inner.split()]
        lines += [f"{name} unix - - n - 0 bounce" for name in ("bounce", "defer", "trace")]
        lines += [f"{name} unix - - n - - {name}" for name in ("smtp", "lmtp", "error", "discard")]
        return "\n".join(lines) + "\n"
