"""Sockets bound once, before the workers are forked, and shared by all of them (ADR 0004)."""

import os
import socket
import stat
from pathlib import Path
from typing import Final

from bocau.base.errors import InUse

BACKLOG: Final = 1024


def bind_tcp(host: str, port: int) -> list[socket.socket]:
    """Listen on `host`:`port`; "" is every IPv4 and IPv6 address. Port 0 picks a free one.

    Raises InUse when the port is taken, OSError otherwise.
    """
    if host:
        return [_listen(family, address) for family, address in _resolve(host, port)]
    bound = [_listen(socket.AF_INET, ("0.0.0.0", port))]
    if socket.has_ipv6:
        try:
            bound.append(_listen(socket.AF_INET6, ("::", bound[0].getsockname()[1])))
        except OSError:
            pass  # A kernel without IPv6.
    return bound


def _resolve(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    flags = socket.AI_PASSIVE
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, (str(address[0]), int(address[1]))) for family, _, _, _, address in found]


def _listen(family: int, address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit it; small replies must not wait for Nagle.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as exc:
        sock.close()
        if exc.errno == 98 or "in use" in str(exc):
            raise InUse(f"port {address[1]} on {address[0]} is in use by another program") from exc
        raise
    return sock


def bind_unix(path: Path, *, mode: int = 0o660) -> socket.socket:
    """Listen on a Unix socket; a stale one of a dead server is replaced, a live one raises InUse."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        sock.setblocking(False)
        sock.bind(str(path))
        os.chmod(path, mode)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _remove_stale(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise InUse(f"{path} is in use by another program")


def raise_file_limit() -> int:
    """Lift the soft limit of open files to the hard one; returns it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):
            return soft
    return hard
