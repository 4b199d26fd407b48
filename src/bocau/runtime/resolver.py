"""DNS by the configured resolver: look-ups with a cache, limits, and "no" kept apart from "not now"."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    servers: tuple[str, ...] = ()
    """"address:port"; empty: the system's resolv.conf."""
    timeout_seconds: float = 5.0
    tries: int = 2


@dataclass(frozen=True, slots=True)
class MxRecord:
    preference: int
    exchange: str
    """Lower-case A-labels without the final dot; "" for a null MX (RFC 7505)."""


class Resolver:
    """An empty answer means NXDOMAIN or no such record; DnsUnavailable means try later."""

    async def mx(self, domain: str) -> list[MxRecord]:
        raise NotImplementedError

    async def addresses(self, host: str) -> list[str]:
        """AAAA then A."""
        raise NotImplementedError

    async def txt(self, name: str) -> list[bytes]:
        raise NotImplementedError

    async def ptr(self, address: str) -> list[str]:
        raise NotImplementedError

    async def exists(self, name: str) -> bool:
        """False only on NXDOMAIN."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError
