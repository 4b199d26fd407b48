"""`bocau check`: say what is wrong with the configuration and this machine."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from bocau.base.errors import BocauError
from bocau.cli.failures import FAILED
from bocau.cli.output import json_option, print_json
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.config import Settings

CONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    is_well: bool
    text: str


@click.command()
@where_options
@json_option
def command(settings: "Settings", as_json: bool) -> int:
    """Say what is wrong with the configuration, the data directory, the certificate and the ports.

    Exit status 1 when anything is.

    \b
    Example:  bocau check --config /etc/bocau/bocau.toml
    """
    findings = [*_data(settings), *_certificate(settings), *_secrets(settings), *_ports(settings)]
    is_well = all(finding.is_well for finding in findings)
    if as_json:
        rows = [{"what": f.what, "is_well": f.is_well, "text": f.text} for f in findings]
        print_json({"is_well": is_well, "findings": rows})
    else:
        for finding in findings:
            click.echo(f"{'ok   ' if finding.is_well else 'WRONG'}  {finding.what}: {finding.text}")
    return 0 if is_well else FAILED


def _data(settings: "Settings") -> Iterator[Finding]:
    path = settings.data_dir
    if not path.is_dir():
        yield Finding("data directory", True, f"{path} is made at the first start")
        return
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield Finding("data directory", False, f"{path} is open to others (mode {mode:o}); chmod 700 {path}")
    else:
        yield Finding("data directory", True, str(path))
    yield Finding("server", True, f"running as process {pid}" if (pid := _pid(settings)) else "not running")


def _pid(settings: "Settings") -> int | None:
    from bocau.runtime.data_lock import server_pid

    return server_pid(settings.data_dir)


def _certificate(settings: "Settings") -> Iterator[Finding]:
    from bocau.app.server import certificate_files
    from bocau.runtime.tls import server_context

    certificate, key = certificate_files(settings)
    if settings.file.tls.certificate is None and not certificate.exists():
        yield Finding("certificate", True, "a self-signed one is made at the first start")
        return
    try:
        server_context(certificate, key)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        yield Finding("certificate", False, f"{certificate} with {key}: {reason}")
    else:
        yield Finding("certificate", True, str(certificate))


def _secrets(settings: "Settings") -> Iterator[Finding]:
    from bocau.config import ConfigError

    if settings.file.submission.smarthost_password_file is None:
        return
    try:
        settings.smarthost_password()
    except ConfigError as exc:
        yield Finding("smarthost password", False, str(exc))
    else:
        yield Finding("smarthost password", True, "can be read")


def _ports(settings: "Settings") -> Iterator[Finding]:
    """With a running server every port must answer; without one every port must be free."""
    from bocau.app.server import bound, services

    is_running = _pid(settings) is not None
    listen = settings.file.listen
    for name in services(settings):
        for address in getattr(listen, name):
            place = address.shifted(listen.port_offset)
            if is_running:
                yield _answers(name, str(place), place.path or place.host, place.port)
                continue
            try:
                for sock in bound(place):
                    sock.close()
            except BocauError as exc:
                yield Finding(name, False, str(exc))
            else:
                yield Finding(name, True, f"{place} is free")


def _answers(name: str, shown: str, host: str, port: int) -> Finding:
    try:
        if port:
            target = "127.0.0.1" if host == "*" else host
            socket.create_connection((target, port), CONNECT_SECONDS).close()
        else:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(CONNECT_SECONDS)
                sock.connect(host)
    except OSError as exc:
        return Finding(name, False, f"{shown} does not answer: {exc.strerror or exc}")
    return Finding(name, True, f"{shown} answers")
