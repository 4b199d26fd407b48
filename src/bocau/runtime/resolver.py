"""DNS by the configured resolver: look-ups with a cache, limits, and "no" kept apart from "not now".

A stub resolver of our own: the libraries cost many times the processor time or hide what mail must know
(docs/decisions/0004).
"""

import asyncio
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bocau.base.errors import DnsUnavailable
from bocau.runtime.dns_exchange import Server, ask
from bocau.runtime.dns_message import DnsFault, Message, Rcode, Record, Type, Value, encode_name
from bocau.runtime.dns_servers import Servers

CACHE_ENTRIES_MAX: Final = 10_000
TTL_SECONDS_MAX: Final = 86_400
NEGATIVE_TTL_SECONDS_MAX: Final = 3_600
NEGATIVE_TTL_SECONDS_UNKNOWN: Final = 5
FAILURE_TTL_SECONDS: Final = 1
"""RFC 9520 §3.2: a failure is kept too, shortly: a burst of mail must not become one of questions."""
QUESTIONS_MAX: Final = 200
"""Questions under way at a time; more wait."""
ALIASES_MAX: Final = 8


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about a name and a type; no values: there are none."""

    values: tuple[Value, ...] = ()
    is_nxdomain: bool = False
    """The name does not exist at all."""
    is_authentic: bool = False
    """The server verified it by DNSSEC."""


class Resolver:
    """An empty answer means NXDOMAIN or no such record; DnsUnavailable means try later."""

    def __init__(self, settings: ResolverSettings = ResolverSettings()) -> None:
        self._settings = settings
        self._servers = Servers(settings.servers)
        self._cache: dict[tuple[str, int], tuple[float, Answer | None]] = {}
        self._asking: dict[tuple[str, int], asyncio.Task[Answer]] = {}
        self._slots = asyncio.Semaphore(QUESTIONS_MAX)

    # --- the door -----------------------------------------------------------------

    async def mx(self, domain: str) -> list[MxRecord]:
        """By ascending preference; equal ones in the order of the answer."""
        answer = await self.query(domain, Type.MX)
        found = [MxRecord(value[0], value[1]) for value in answer.values if isinstance(value, tuple)]
        return sorted(found, key=lambda record: record.preference)

    async def addresses(self, host: str) -> list[str]:
        """AAAA then A. DnsUnavailable when one of the two failed and the other found nothing."""
        if (own := _own_addresses(host)) is not None:
            return own
        kinds = (Type.AAAA, Type.A)
        answers = await asyncio.gather(*(self.query(host, kind) for kind in kinds), return_exceptions=True)
        found: list[str] = []
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        for answer in answers:
            if not isinstance(answer, BaseException):
                found += [value for value in answer.values if isinstance(value, str)]
        if failures and not (found and isinstance(failures[0], DnsUnavailable)):
            raise failures[0]
        return found

    async def txt(self, name: str) -> list[bytes]:
        """Each record's strings joined."""
        answer = await self.query(name, Type.TXT)
        return [value for value in answer.values if isinstance(value, bytes)]

    async def ptr(self, address: str) -> list[str]:
        """Names of an address; what cannot be a host name is left out (RFC 1123 §2.1)."""
        answer = await self.query(ipaddress.ip_address(address).reverse_pointer, Type.PTR)
        return [value for value in answer.values if isinstance(value, str) and value and "\\" not in value]

    async def exists(self, name: str) -> bool:
        """False only on NXDOMAIN."""
        return not (await self.query(name, Type.A)).is_nxdomain

    async def query(self, name: str, kind: Type) -> Answer:
        """Values of one type, aliases followed. DnsUnavailable when no server gives a usable answer."""
        key = (name.lower().removesuffix("."), int(kind))
        expires_at, answer = self._cache.get(key, (0.0, None))
        if expires_at > asyncio.get_running_loop().time():
            if answer is None:
                raise DnsUnavailable(f"DNS: no answer for {key[0]} {kind.name} just now")
            return answer
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._find(key, kind))
            task.add_done_callback(lambda done: self._settle(key, done))
        # Whoever gives up must not take the answer away from the others that wait for it.
        return await asyncio.shield(task)

    async def close(self) -> None:
        tasks = tuple(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- asking -------------------------------------------------------------------

    def _settle(self, key: tuple[str, int], task: "asyncio.Task[Answer]") -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()  # Taken, so that a failure nobody waits for any more is not reported as lost.

    async def _find(self, key: tuple[str, int], kind: Type) -> Answer:
        try:
            answer, ttl = await self._follow(key[0], kind)
        except DnsUnavailable:
            self._keep(key, None, FAILURE_TTL_SECONDS)
            raise
        self._keep(key, answer, ttl)
        return answer

    def _keep(self, key: tuple[str, int], answer: Answer | None, ttl: int) -> None:
        self._cache.pop(key, None)
        self._cache[key] = (asyncio.get_running_loop().time() + max(ttl, 1), answer)
        if len(self._cache) > CACHE_ENTRIES_MAX:
            del self._cache[next(iter(self._cache))]

    async def _follow(self, name: str, kind: Type) -> tuple[Answer, int]:
        """Ask, and again for the target of an alias that the server (an authoritative one) did not follow."""
        ttl, is_authentic = TTL_SECONDS_MAX, True
        for _ in range(ALIASES_MAX):
            try:
                wire = encode_name(name)
            except DnsFault:
                return Answer(is_nxdomain=True), NEGATIVE_TTL_SECONDS_MAX
            message = await self._ask(wire, name, kind)
            is_authentic = is_authentic and message.is_authentic
            target, values, chain_ttl = _resolve_aliases(message.answers, name, kind)
            ttl = min(ttl, chain_ttl)
            if values:
                return Answer(tuple(values), False, is_authentic), ttl
            if target == name or message.rcode == Rcode.NXDOMAIN or message.negative_ttl is not None:
                no = Answer((), message.rcode == Rcode.NXDOMAIN, is_authentic)
                return no, min(ttl, _negative_ttl(message))
            name = target
        raise DnsUnavailable(f"DNS: too many aliases at {name}")

    async def _ask(self, wire: bytes, name: str, kind: Type) -> Message:
        """Every server, as often as configured, until one says yes or no."""
        reason = "no server"
        async with self._slots:
            for _ in range(self._settings.tries):
                for server in tuple(self._servers.in_order()):
                    try:
                        message = await ask(server, wire, kind, self._settings.timeout_seconds)
                    except (OSError, DnsFault) as exc:
                        reason = _reason(server, exc)
                        continue
                    if message.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN):
                        self._servers.prefer(server)
                        return message
                    reason = f"{server[0]} says {_rcode_name(message.rcode)}"
        raise DnsUnavailable(f"DNS: {name} {kind.name}: {reason}")


def _reason(server: Server, error: Exception) -> str:
    return f"{server[0]}: {str(error) or type(error).__name__}"


def _rcode_name(rcode: int) -> str:
    try:
        return Rcode(rcode).name
    except ValueError:
        return f"RCODE {rcode}"


def _negative_ttl(message: Message) -> int:
    if message.negative_ttl is None:
        return NEGATIVE_TTL_SECONDS_UNKNOWN
    return min(message.negative_ttl, NEGATIVE_TTL_SECONDS_MAX)


def _resolve_aliases(records: Iterable[Record], name: str, kind: Type) -> tuple[str, list[Value], int]:
    """The last name of the alias chain from `name`, its values, and the least TTL on the way."""
    aliases = {r.name: r for r in records if r.type == Type.CNAME}
    ttl, seen = TTL_SECONDS_MAX, set[str]()
    while kind != Type.CNAME and (alias := aliases.get(name)) is not None and name not in seen:
        seen.add(name)
        name, ttl = str(alias.value), min(ttl, alias.ttl)
    found = [r for r in records if r.type == kind and r.name == name]
    return name, [r.value for r in found], min([ttl, *(r.ttl for r in found)])


def _own_addresses(host: str) -> list[str] | None:
    """An address is its own; localhost never goes out (RFC 6761 §6.3)."""
    if host.removesuffix(".").lower() == "localhost":
        return ["::1", "127.0.0.1"]
    try:
        return [str(ipaddress.ip_address(host.strip("[]")))]
    except ValueError:
        return None
