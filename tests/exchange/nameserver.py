"""NSD with the zones of the test: a real name server on a loopback port."""

import socket
import subprocess
import time
from pathlib import Path

from clients.programs import program

START_SECONDS = 10


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free for UDP and TCP right now."""
    while True:
        with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            stream.bind((host, 0))
            port = stream.getsockname()[1]
            try:
                datagram.bind((host, port))
            except OSError:
                continue
            return int(port)


class NameServer:
    """`zones`: domain → lines of its zone file."""

    def __init__(self, directory: Path, zones: dict[str, list[str]]) -> None:
        self.directory = directory
        self.zones = zones
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> "NameServer":
        self.directory.mkdir(parents=True, exist_ok=True)
        blocks = []
        for domain, lines in self.zones.items():
            soa = f"@ 60 IN SOA ns.{domain}. admin.{domain}. 1 60 60 60 60\n"
            soa += f"@ 60 IN NS ns.{domain}.\nns A 127.0.0.1\n"
            (self.directory / domain).write_text(
                f"$ORIGIN {domain}.\n$TTL 60\n{soa}" + "\n".join(lines) + "\n"
            )
            blocks.append(f'zone:\n  name: "{domain}"\n  zonefile: "{self.directory / domain}"\n')
        configuration = self.directory / "nsd.conf"
        configuration.write_text(
            f'server:\n  ip-address: 127.0.0.1@{self.port}\n  username: ""\n  chroot: ""\n  database: ""\n'
            f'  zonesdir: "{self.directory}"\n  pidfile: "{self.directory}/nsd.pid"\n  verbosity: 0\n'
            f'  xfrdfile: "{self.directory}/xfrd.state"\n  zonelistfile: "{self.directory}/zone.list"\n'
            f'  xfrdir: "{self.directory}"\n  cookie-secret-file: ""\n  server-count: 1\n'
            "remote-control:\n  control-enable: no\n" + "".join(blocks)
        )
        with (self.directory / "nsd.log").open("wb") as log:
            self._process = subprocess.Popen(
                [program("nsd"), "-d", "-c", str(configuration)], stdout=log, stderr=log
            )
        self._wait()
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("nsd did not start: " + (self.directory / "nsd.log").read_text())

    def __exit__(self, *exc: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
