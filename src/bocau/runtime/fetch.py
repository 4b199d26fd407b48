"""Outbound HTTP on behalf of messages and clients, which may not reach anything but the public web (SSRF).

    URL → scheme, port, host → our resolver, once → all public? → connect to one of these → bounded answer
              ▲                                                                                  │
              └───────────────────────── redirect, at most three times ◄─────────────────────────┘

No cookies, no credentials, no proxies from the environment, no decompression. aiohttp is imported when the
first request is made.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

from bocau.base.errors import LimitReached, Refused, TryLater
from bocau.formats.image_types import image_type
from bocau.runtime.public_address import is_public

if TYPE_CHECKING:
    import ssl

    import aiohttp
    import yarl

Result = TypeVar("Result")

BYTES_MAX: Final = 10 * 1024 * 1024
SECONDS_MAX: Final = 10.0
REDIRECTS_MAX: Final = 3
AT_ONCE_MAX: Final = 16
"""Requests under way in one process; more wait."""
URL_CHARACTERS_MAX: Final = 4096
PORTS: Final = {"http": 80, "https": 443}
AGENT: Final = "Mozilla/5.0 (compatible; image proxy)"
POST_AGENT: Final = "Mozilla/5.0 (compatible; mail server)"
"""They say nothing of who reads, nor of us."""

# What the URL standard takes for an IPv4 number (§3.5): 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
_NUMERIC_END: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?\Z", re.DOTALL)
_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z0-9-]{2,63}\.?\Z"
)
_IPV4: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z", re.ASCII)


class FetchRefused(Refused):
    """This may not be fetched, or is not what was asked for."""


class FetchFailed(TryLater):
    """Nobody answered, or not in time."""


class Image(NamedTuple):
    data: bytes
    type: str
    """By the octets themselves."""


class Addresses(Protocol):
    """What is needed of `runtime.resolver`."""

    async def addresses(self, host: str) -> list[str]: ...


class Fetcher:
    """`loopback_port`: for tests alone, 127.0.0.1 is allowed at this one port and by plain HTTP."""

    def __init__(self, resolver: Addresses, *, loopback_port: int | None = None) -> None:
        self._resolver = resolver
        self._loopback_port = loopback_port
        self._slots = asyncio.Semaphore(AT_ONCE_MAX)

    async def get_image(self, url: str) -> Image:
        """FetchRefused, FetchFailed, LimitReached."""
        await self._load()
        headers = {"Accept": "image/avif,image/webp,image/png,image/jpeg,image/gif,image/*;q=0.5"}
        async with self._slots:
            data = await self._within(self._get(url, headers))
        kind = image_type(data)
        if kind is None:
            raise FetchRefused("this is no image")
        return Image(data, kind)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer, whose body is not read; redirects are not followed (RFC 8058 §3.1).
        FetchRefused (also for plain HTTP), FetchFailed."""
        await self._load()
        async with self._slots:
            return await self._within(self._post(url, headers, body))

    async def _load(self) -> None:
        """The first request imports the library and reads the system's certificates: not on the loop."""
        if "_tls" not in vars(self):
            await asyncio.to_thread(lambda: (import_module("aiohttp"), self._tls))

    async def _within(self, work: Awaitable[Result]) -> Result:
        import aiohttp

        try:
            async with asyncio.timeout(SECONDS_MAX):
                return await work
        except TimeoutError:
            raise FetchFailed("no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchFailed(f"cannot be fetched: {type(error).__name__}") from None

    async def _get(self, url: str, headers: Mapping[str, str]) -> bytes:
        for _ in range(REDIRECTS_MAX + 1):
            target = await self._checked(url)
            async with (
                self._session(target) as session,
                session.get(target.url, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status in (301, 302, 303, 307, 308):
                    url = str(target.url.join(_parsed(answer.headers.get("Location", ""))))
                    continue
                if answer.status != 200:
                    raise FetchRefused(f"the answer is {answer.status}")
                return await _bounded(answer)
        raise FetchRefused("too many redirects")

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        target = await self._checked(url)
        if target.url.scheme != "https" and self._loopback_port is None:
            raise FetchRefused("only https")
        sent = {"User-Agent": POST_AGENT, **headers}
        async with (
            self._session(target) as session,
            session.post(target.url, headers=sent, data=body, allow_redirects=False) as answer,
        ):
            return answer.status

    async def _checked(self, url: str) -> "_Target":
        """Where a URL leads, decided once: what is connected to is what was looked at."""
        parsed = _parsed(url)
        host = (parsed.raw_host or "").lower()
        if self._is_test(parsed, host):
            return _Target(parsed, ("127.0.0.1",))
        if parsed.scheme not in PORTS or parsed.port != PORTS[parsed.scheme]:
            raise FetchRefused("only http and https, at their own ports")
        if parsed.raw_user is not None or parsed.raw_password is not None:
            raise FetchRefused("a URL with credentials")
        addresses = await self._addresses(host)
        if not addresses or not all(map(is_public, addresses)):
            raise FetchRefused("this host is not on the public internet")
        return _Target(parsed.with_fragment(None), tuple(addresses))

    def _is_test(self, parsed: "yarl.URL", host: str) -> bool:
        is_ours = self._loopback_port is not None and parsed.port == self._loopback_port
        return is_ours and host == "127.0.0.1" and parsed.scheme == "http"

    async def _addresses(self, host: str) -> list[str]:
        if ":" in host or _IPV4.match(host):
            return [host]
        if _NUMERIC_END.match(host) or not _HOST.match(host):
            raise FetchRefused("no name of a host")
        return await self._resolver.addresses(host)

    def _session(self, target: "_Target") -> "aiohttp.ClientSession":
        import aiohttp

        connector = aiohttp.TCPConnector(
            resolver=_pinned(target.addresses),
            ssl=self._tls,
            force_close=True,
            use_dns_cache=False,
            socket_factory=_socket_to(target.addresses),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
        )

    @cached_property
    def _tls(self) -> "ssl.SSLContext":
        import ssl

        return ssl.create_default_context()


class _Target(NamedTuple):
    url: "yarl.URL"
    addresses: tuple[str, ...]


def _parsed(url: str) -> "yarl.URL":
    """By the parser of the library that will connect. FetchRefused."""
    import yarl

    if not url or len(url) > URL_CHARACTERS_MAX or any(ord(char) < 33 for char in url):
        raise FetchRefused("no URL")
    try:
        return yarl.URL(url)
    except ValueError:
        raise FetchRefused("no URL") from None


async def _bounded(answer: "aiohttp.ClientResponse") -> bytes:
    data = bytearray()
    async for chunk in answer.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > BYTES_MAX:
            raise LimitReached("too long")
    return bytes(data)


def _pinned(addresses: Sequence[str]) -> Any:
    """A resolver that knows these addresses and nothing else."""
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Pinned(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            return [
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                    proto=0,
                    flags=socket.AI_NUMERICHOST,
                )
                for address in addresses
            ]

        async def close(self) -> None:
            pass

    return Pinned()


def _socket_to(addresses: Sequence[str]) -> Any:
    """The last look: a socket is made for the addresses that were checked, whatever the library made of the
    host's name."""

    def make(found: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = found
        if address[0] not in addresses:
            raise OSError("not the address that was looked at")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    return make
