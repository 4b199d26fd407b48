"""Which DNS servers to ask: those configured, or those of resolv.conf(5)."""

import ipaddress
import os
from pathlib import Path
from typing import Final

from bocau.runtime.dns_exchange import Server

DNS_PORT: Final = 53
SERVERS_MAX: Final = 8
RESOLV_CONF: Final = Path("/etc/resolv.conf")


def parse_server(text: str) -> Server:
    """ "127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:5353"; ValueError on anything else."""
    host, port = text, str(DNS_PORT)
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"not a port: {port}")
    return str(ipaddress.ip_address(host)), int(port)


class Servers:
    """The list to ask, in order; the one that answered last comes first."""

    def __init__(self, configured: tuple[str, ...], resolv_conf: Path = RESOLV_CONF) -> None:
        self._resolv_conf = resolv_conf
        self._changed_at_ns = -1
        self._is_configured = bool(configured)
        self._servers = [parse_server(text) for text in configured[:SERVERS_MAX]]

    def in_order(self) -> list[Server]:
        if not self._is_configured:
            self._read_system()
        return self._servers

    def prefer(self, server: Server) -> None:
        if self._servers[0] != server and server in self._servers:
            self._servers = [server, *(other for other in self._servers if other != server)]

    def _read_system(self) -> None:
        """Anew when the file changed: a laptop moves, a DHCP lease ends."""
        try:
            changed_at_ns = os.stat(self._resolv_conf).st_mtime_ns
            if changed_at_ns == self._changed_at_ns:
                return
            text = self._resolv_conf.read_text("utf-8", "replace")
        except OSError:
            changed_at_ns, text = -1, ""
        self._changed_at_ns = changed_at_ns
        self._servers = _nameservers(text) or [("127.0.0.1", DNS_PORT)]


def _nameservers(text: str) -> list[Server]:
    servers: list[Server] = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                servers.append((str(ipaddress.ip_address(words[1])), DNS_PORT))
            except ValueError:
                continue
    return servers[:SERVERS_MAX]
