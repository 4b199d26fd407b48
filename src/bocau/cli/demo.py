"""`bocau demo`: a whole server on 127.0.0.1 with a domain, some accounts and one password."""

import os
import re
import secrets
import shutil
import socket
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bocau.base.errors import InUse
from bocau.cli.failures import Failure
from bocau.cli.output import json_option, print_json
from bocau.cli.passwords import PASSWORD_BYTES_MAX

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings

DOMAIN: Final = "demo.test"
HOST: Final = "127.0.0.1"
PORT_OFFSET: Final = 2000
LMTP_PORT: Final = 24
USERS: Final = 5
USERS_MAX: Final = 100_000
WORKERS: Final = 2
PASSWORD_FILE: Final = "demo-password"
CONFIG_NAME: Final = "bocau.toml"
LINE_CHARACTERS: Final = 80
CONFIG: Final = f"""# Written by `bocau demo`; the same --dir continues with it.
hostname = "mail.{DOMAIN}"
data_dir = "."
workers = {{workers}}

[listen]
port_offset = {{offset}}
smtp = ["{HOST}:25"]
submission = ["{HOST}:587"]
submissions = ["{HOST}:465"]
lmtp = ["{HOST}:24"]
imap = ["{HOST}:143"]
imaps = ["{HOST}:993"]
pop3 = ["{HOST}:110"]
pop3s = ["{HOST}:995"]
pop2 = ["{HOST}:109"]
http = ["{HOST}:80"]
https = ["{HOST}:443"]

[login]
plain_on_loopback = true
"""


@click.command()
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path), help="Keep the data here, and continue with it."
)
@click.option("--port-offset", type=click.IntRange(0, 60_000), help="Added to every port.  [default: 2000]")
@click.option("--users", type=click.IntRange(0, USERS_MAX), help="How many user1@, user2@…  [default: 5]")
@click.option("--password", help="Of every account; without: a random one.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes.  [default: 2]")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a configuration key.")
@json_option
def command(
    directory: Path | None,
    port_offset: int | None,
    users: int | None,
    password: str | None,
    workers: int | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> int:
    """Run a whole server on 127.0.0.1, to try it out.

    Domain demo.test, accounts admin@ alice@ bob@ user1@ user2@…, all with one password. Prints where the
    webmail is, accounts, password, ports, and the line `ready` when every port answers. Ctrl-C stops it.

    \b
    Example:  bocau demo
              bocau demo --dir /tmp/mail --users 100
              bocau demo --set dns.resolver=127.0.0.1:5353
    """
    if password is not None and not 0 < len(password.encode()) <= PASSWORD_BYTES_MAX:
        raise click.BadParameter(f"--password takes 1 to {PASSWORD_BYTES_MAX} bytes")
    with _Place(directory) as place:
        settings = _settings(place, port_offset, workers, overrides)
        return _run(settings, password, users, place, as_json)


class _Place:
    """The data directory: the one named, or a temporary one that goes with the demo."""

    def __init__(self, directory: Path | None) -> None:
        self.is_kept = directory is not None
        self.path = directory.absolute() if directory else Path(tempfile.mkdtemp(prefix="bocau-demo-"))

    def __enter__(self) -> "_Place":
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    def __exit__(self, *exc: object) -> None:
        if not self.is_kept:
            shutil.rmtree(self.path, ignore_errors=True)


def _settings(
    place: _Place, port_offset: int | None, workers: int | None, overrides: tuple[str, ...]
) -> "Settings":
    from bocau.config import load_settings

    file = place.path / CONFIG_NAME
    if not file.exists():
        file.write_text(CONFIG.format(workers=WORKERS, offset=PORT_OFFSET), "utf-8")
    given = [] if port_offset is None else [f"listen.port_offset={port_offset}"]
    given += [] if workers is None else [f"workers={workers}"]
    settings = load_settings(file, (*given, *overrides))
    if not _is_taken(LMTP_PORT + settings.file.listen.port_offset):
        return settings
    # A common number, and the one port that nobody who tries the demo is likely to need.
    socket_file = f'listen.lmtp=["unix:{place.path / "lmtp.sock"}"]'
    return load_settings(file, (*given, socket_file, *overrides))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _remember(file: Path, settings: "Settings") -> None:
    """Ports and workers of this start, for the commands that look after the demo, and for its next start."""
    text = file.read_text("utf-8")
    for key, number in (
        ("port_offset", settings.file.listen.port_offset),
        ("workers", settings.file.workers),
    ):
        text = re.sub(rf"(?m)^{key} = \d+$", f"{key} = {number}", text)
    file.write_text(text, "utf-8")


def _run(settings: "Settings", password: str | None, users: int | None, place: _Place, as_json: bool) -> int:
    from bocau.app import Server

    kept = place.path / PASSWORD_FILE
    chosen, is_new = _password(kept, password)
    names = ["admin", "alice", "bob", *(f"user{n + 1}" for n in range(_user_count(place, users)))]
    facts = _facts(settings, names, chosen, place)

    def announce() -> None:
        _keep(kept, chosen)
        _remember(place.path / CONFIG_NAME, settings)
        if as_json:
            print_json(facts)
        else:
            _print(facts, place.is_kept)
        click.echo("ready")

    try:
        return Server(settings).run(announce, first=lambda rooms: seed(rooms, names, chosen, is_new))
    except InUse as exc:
        if str(exc).startswith("port "):
            raise Failure(f"{exc}; `bocau demo --port-offset 3000` moves all ports") from exc
        raise


def _password(kept: Path, given: str | None) -> tuple[str, bool]:
    """The password of this demo, and whether accounts that exist must be changed to it."""
    before = kept.read_text("utf-8").strip() if kept.exists() else None
    password = given or before or secrets.token_urlsafe(9)
    return password, before is not None and password != before


def _keep(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")


def _user_count(place: _Place, users: int | None) -> int:
    """As many as asked for; a demo that is continued has those that it had."""
    kept = place.path / "demo-users"
    before = int(kept.read_text("ascii")) if kept.exists() else 0
    count = max(before, users if users is not None else before or USERS)
    kept.write_text(f"{count}\n", "ascii")
    return count


async def seed(rooms: "Rooms", names: list[str], password: str, change_password: bool) -> None:
    """Make the domain and the accounts that are not there yet; one hash serves them all."""
    from bocau.app.accounts import finish_accounts
    from bocau.formats.address import Address

    if not rooms.directory.is_local_domain(DOMAIN):
        await rooms.directory.create_domain(DOMAIN)
    present = {account.address.local_part for account in rooms.directory.accounts(DOMAIN)}
    missing = [Address(name, DOMAIN) for name in names if name not in present]
    if missing:
        await rooms.directory.create_accounts(missing, password, admins={Address("admin", DOMAIN)})
        await finish_accounts(rooms)
    for name in sorted(present) if change_password else ():
        await rooms.directory.set_account(Address(name, DOMAIN), password=password)


def _facts(settings: "Settings", names: list[str], password: str, place: _Place) -> dict[str, Any]:
    from bocau.app.server import services

    listen = settings.file.listen
    ports = {
        name: [address.shifted(listen.port_offset).port for address in getattr(listen, name)]
        for name in services(settings)
    }
    return {
        "domain": DOMAIN,
        "host": HOST,
        "urls": _urls(settings),
        "ports": {name: found[0] for name, found in ports.items() if found and found[0]},
        "accounts": [f"{name}@{DOMAIN}" for name in names],
        "password": password,
        "directory": str(place.path),
        "pid": os.getpid(),
    }


def _urls(settings: "Settings") -> list[str]:
    """Where a browser finds the webmail, the address without a certificate first."""
    listen = settings.file.listen
    return [
        f"{scheme}://{HOST}:{address.shifted(listen.port_offset).port}"
        for scheme in ("http", "https")
        for address in getattr(listen, scheme)[:1]
    ]


def _print(facts: dict[str, Any], is_kept: bool) -> None:
    accounts = facts["accounts"]
    shown = accounts if len(accounts) <= 8 else [*accounts[:5], "…", accounts[-1]]
    rows = {
        **({"webmail": " · ".join(facts["urls"])} if facts["urls"] else {}),
        "accounts": " ".join(shown),
        "password": facts["password"],
        # A port stays beside its name when the line is broken.
        "ports": "  ".join(f"{name}\N{NO-BREAK SPACE}{port}" for name, port in facts["ports"].items()),
        **(
            {}
            if "lmtp" in facts["ports"]
            else {"lmtp": f"{facts['directory']}/lmtp.sock (its port is taken)"}
        ),
        "data": facts["directory"] + ("" if is_kept else " (removed at the end; keep it with --dir)"),
    }
    click.echo(f"bocau demo: mail for {facts['domain']} on {facts['host']}; Ctrl-C stops it")
    for name, value in rows.items():
        click.echo(_paragraph(f"  {name:<9} ", value))


def _paragraph(head: str, text: str) -> str:
    return textwrap.fill(
        text,
        LINE_CHARACTERS,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    ).replace("\N{NO-BREAK SPACE}", " ")
