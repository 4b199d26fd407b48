"""The whole server on one data directory: bind, prepare, fork, serve, until told to stop."""

import os
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from socket import socket
from typing import Final

from bocau.app.late_imports import import_everything
from bocau.app.one_child import in_child
from bocau.app.rooms import Rooms, open_rooms
from bocau.base.errors import NotPermitted, Refused
from bocau.config import Settings
from bocau.config.values import ANY_HOST, ListenAddress
from bocau.runtime.child import Child, Role
from bocau.runtime.doorbell import clear_bells
from bocau.runtime.eventloop import run
from bocau.runtime.log import Level, configure, get_log
from bocau.runtime.privileges import give_directory
from bocau.runtime.sockets import bind_tcp, bind_unix
from bocau.runtime.supervisor import SupervisorSettings, run_supervisor
from bocau.runtime.tls import ServerTlsContext, ensure_self_signed, server_context

SERVICES: Final = (
    "smtp",
    "submission",
    "submissions",
    "lmtp",
    "imap",
    "imaps",
    "pop3",
    "pop3s",
    "pop2",
    "http",
    "https",
)
"""Each is a key of [listen], and the name of its sockets."""
FOR_PEOPLE: Final = frozenset(("submission", "submissions", "imap", "imaps", "pop3", "pop3s"))
"""Who may be asked for a certificate; other servers show theirs unasked-for, signed by anyone."""
ALPN: Final = {
    "submission": "smtp",
    "submissions": "smtp",
    "lmtp": "",
    "imaps": "imap",
    "pop3s": "pop3",
    "http": "",
    "https": "http/1.1",
}
"""RFC 7301 names, where they are not the service's own."""
PRELOAD: Final = ("bocau.app.worker", "bocau.app.background", "uvloop")
"""Imported before the fork, so that all processes share their memory."""

_log = get_log("server")


class Server:
    """One server; `run` returns when it was told to stop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._contexts: dict[str, ServerTlsContext] = {}

    def run(
        self, on_ready: Callable[[], None], first: Callable[[Rooms], Awaitable[None]] | None = None
    ) -> int:
        """Serve until SIGTERM or Ctrl-C; returns the exit status. `first` is done once, on open rooms, before
        any connection is accepted. Raises InUse, NotPermitted, OutOfStep."""
        settings, file = self._settings, self._settings.file
        os.umask(0o077)
        configure_log(settings)
        _make_data_dir(settings)
        return run_supervisor(
            SupervisorSettings(
                directory=settings.data_dir,
                workers=file.worker_count,
                user=file.user,
                group=file.group,
                preload=PRELOAD,
                preload_all=import_everything,
            ),
            self._bind,
            self._main,
            prepare=partial(self._prepare, first),
            on_ready=on_ready,
        )

    def _bind(self) -> dict[str, list[socket]]:
        """What root may have to do: open low ports, and read a key that belongs to it."""
        if self._settings.file.tls.certificate is not None:
            self._load_certificate()
        listen = self._settings.file.listen
        return {
            name: [
                sock
                for address in getattr(listen, name)
                for sock in bound(address.shifted(listen.port_offset))
            ]
            for name in services(self._settings)
        }

    def _prepare(self, first: Callable[[Rooms], Awaitable[None]] | None) -> None:
        clear_bells(self._settings.data_dir)
        # The two halves of a start, side by side: the data is made ready while the code is loaded.
        with in_child(partial(_first_steps, self._settings, first)):
            for module in PRELOAD:
                with suppress(ImportError):
                    import_module(module)
        if not self._contexts:
            self._load_certificate()
        authority = self._settings.client_authority
        asked = (authority.certificates, authority.revoked) if authority is not None else ()
        _warn_of_unreadable((*certificate_files(self._settings), *filter(None, asked)))

    def _load_certificate(self) -> None:
        certificate, key = certificate_files(self._settings)
        authority = self._settings.client_authority
        for name in SERVICES:
            clients = authority if name in FOR_PEOPLE else None
            try:
                self._contexts[name] = server_context(
                    certificate, key, protocol=ALPN.get(name, name), clients=clients
                )
            except (OSError, ssl.SSLError) as exc:
                asked = f", tls.client_ca {clients.certificates}" if clients is not None else ""
                raise Refused(f"tls.certificate {certificate}, tls.key {key}{asked}: {exc}") from exc

    async def _main(self, child: Child) -> None:
        configure_log(self._settings, process=f"{child.role.value}{child.index}")
        name, serves = f"{child.role.value}{child.index}", child.role is not Role.BACKGROUND
        async with open_rooms(self._settings, name, hears=True, accounts=serves) as rooms:
            if not serves:
                from bocau.app.background import run_background

                await run_background(child, rooms)
            else:
                from bocau.app.worker import run_worker

                await run_worker(child, rooms, self._contexts)


def services(settings: Settings) -> tuple[str, ...]:
    """The services that are switched on."""
    return SERVICES if settings.file.pop.pop2 else tuple(name for name in SERVICES if name != "pop2")


def certificate_files(settings: Settings) -> tuple[Path, Path]:
    """Where certificate and key are."""
    tls = settings.file.tls
    if tls.certificate is not None and tls.key is not None:
        return settings.path(tls.certificate), settings.path(tls.key)
    folder = settings.data_dir / "tls"
    return folder / "certificate.pem", folder / "key.pem"


def _warn_of_unreadable(files: tuple[Path, ...]) -> None:
    """Root has read them; the user that the server has become will be asked to at the next reload."""
    for file in files:
        if not os.access(file, os.R_OK):
            _log.warning("cannot be read again: after a renewal restart the server", file=file)


def _first_steps(settings: Settings, first: Callable[[Rooms], Awaitable[None]] | None) -> None:
    """Bring the schema up to date and make what the first start needs, before anybody can ask for it."""
    if settings.file.tls.certificate is None:
        certificate, key = certificate_files(settings)
        if ensure_self_signed(certificate, key, [settings.file.hostname, "localhost", "127.0.0.1", "::1"]):
            _log.info("made a self-signed certificate", file=certificate)

    async def job() -> None:
        async with open_rooms(settings, "first") as rooms:
            if first is not None:
                await first(rooms)

    run(job())


def configure_log(settings: Settings, process: str = "") -> None:
    """Level and format of the configuration, for this process."""
    log = settings.file.log
    fields = {"process": process} if process else {}
    configure(level=Level[log.level.upper()], as_json=log.format == "json", **fields)  # type: ignore[arg-type]


def _make_data_dir(settings: Settings) -> None:
    """Made by root, it belongs to the user that the server becomes."""
    path, file = settings.data_dir, settings.file
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if file.user and os.geteuid() == 0 and path.stat().st_uid == 0:
            give_directory(path, file.user, file.group)
    except OSError as exc:
        raise NotPermitted(f"data_dir {path}: {exc.strerror}") from exc


def bound(address: ListenAddress) -> list[socket]:
    """Listen there. InUse, NotPermitted."""
    try:
        if address.path:
            return [bind_unix(Path(address.path))]
        return bind_tcp("" if address.host == ANY_HOST else address.host, address.port)
    except PermissionError as exc:
        raise NotPermitted(
            f"may not listen on {address}; start as root (user = … in the configuration drops it), or use "
            "listen.port_offset"
        ) from exc
    except OSError as exc:
        raise NotPermitted(f"cannot listen on {address}: {exc.strerror}") from exc
