"""Failed logins, counted in the database over all protocols and processes (reliability D-1).

    wrong password → two rows: (network, name) and (network) → the answer waits 2 → 15 s → refused for a while

The name alone is never counted: whoever guesses at a name from afar must not lock its owner out.
"""

import hmac
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from bocau.base.errors import Throttled
from bocau.database import Database, Sql
from bocau.directory.settings import LOOKUP_CACHE_MAX, ThrottleSettings
from bocau.directory.statements import SQL
from bocau.runtime.clock import Clock

_FAILURES: Final = SQL.failures
NAME_CHARACTERS_MAX: Final = 320


@lru_cache(maxsize=4_096)
def network_of(host: str) -> str:
    """/24 of IPv4, /64 of IPv6; the host itself when it is no address (a Unix socket)."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host[:NAME_CHARACTERS_MAX]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return f"{IPv6Address(int(address) >> 64 << 64)}/64"
        address = address.ipv4_mapped
    return f"{IPv4Address(int(address) >> 8 << 8)}/24"


@dataclass(frozen=True, slots=True)
class Suspect:
    """Under which subjects a failure of this attempt is counted."""

    network: str
    pair: str


@lru_cache(maxsize=1_024)
def suspect(client_host: str, name: str) -> Suspect:
    network = network_of(client_host)
    return Suspect(network, f"{network} {name[:NAME_CHARACTERS_MAX]}")


def code_suspect(account_id: int) -> Suspect:
    """Whoever guesses at the second factor of an account: its network is all networks."""
    return Suspect(f"codes {account_id}", f"code {account_id}")


@dataclass(frozen=True, slots=True)
class Failures:
    count: int
    last_at: float
    last_guess: int


NONE: Final = Failures(0, 0.0, -1)


def guess_mark(key: bytes, password: str) -> int:
    """16 bits that tell a repeated wrong password from another one."""
    return int.from_bytes(
        hmac.digest(key, b"guess\0" + password.encode("utf-8", "replace"), "sha256")[:2], "big"
    )


class Throttle:
    def __init__(self, database: Database, settings: ThrottleSettings, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._serial = -1
        self._known: dict[str, Failures] = {}
        self._guessing: dict[str, int] = {}

    def check(self, sql: Sql, serial: int, who: Suspect) -> None:
        """Throttled while this name from this network, or the whole network, is refused.

        Guesses still being checked count as wrong: a hundred at once are not a hundred free tries.
        """
        if serial != self._serial:
            self._known.clear()
            self._serial = serial
        self._check(sql, who.pair, self._settings.account_failures_max)
        self._check(sql, who.network, self._settings.network_failures_max)

    def _check(self, sql: Sql, subject: str, maximum: int) -> None:
        failures = self._failures(sql, subject)
        guessing = self._guessing.get(subject, 0)
        if failures.count + guessing < maximum:
            return
        settings = self._settings
        age = self._clock.now() - failures.last_at
        if age < 0 or age > settings.forget_seconds:
            count = 0
        elif failures.count >= maximum and age >= settings.refuse_seconds:
            # The time is served: one try, and the next wrong one refuses again.
            count = maximum - 1
        else:
            count = failures.count
        if count + guessing >= maximum:
            retry = settings.refuse_seconds - age if count >= maximum else settings.delays_seconds[-1]
            raise Throttled("too many wrong passwords", max(retry, 1.0))

    def _failures(self, sql: Sql, subject: str) -> Failures:
        known = self._known.get(subject)
        if known is None:
            row = sql.row(_FAILURES, {"subject": subject})
            known = NONE if row is None else Failures(*row)
            if len(self._known) >= LOOKUP_CACHE_MAX:
                self._known.clear()
            self._known[subject] = known
        return known

    def begin_guess(self, who: Suspect) -> None:
        for subject in (who.pair, who.network):
            self._guessing[subject] = self._guessing.get(subject, 0) + 1

    def end_guess(self, who: Suspect) -> None:
        for subject in (who.pair, who.network):
            left = self._guessing[subject] - 1
            if left:
                self._guessing[subject] = left
            else:
                del self._guessing[subject]

    async def failed(self, who: Suspect, guess: int) -> float:
        """Count a wrong password; returns how long the answer shall wait.

        A stale client that repeats one wrong password counts against its own name only, not against the
        network: an old telephone must not shut out the office.
        """
        # Still a guess until it is counted: those who ask at the same moment must see it.
        self.begin_guess(who)
        try:
            count = await self._database.write(lambda sql: self._count(sql, who, guess))
        finally:
            self.end_guess(who)
        delays = self._settings.delays_seconds
        return delays[min(count, len(delays)) - 1] if delays else 0.0

    def _count(self, sql: Sql, who: Suspect, guess: int) -> int:
        now = self._clock.now()
        sql.execute(SQL.expire_failures, {"before": now - self._settings.forget_seconds})
        before = self._stored(sql, who.pair)
        self._store(sql, who.pair, Failures(before.count + 1, now, guess))
        if guess != before.last_guess:
            network = self._stored(sql, who.network)
            self._store(sql, who.network, Failures(network.count + 1, now, guess))
        sql.execute(SQL.bump_failure_serial)
        return before.count + 1

    @staticmethod
    def _stored(sql: Sql, subject: str) -> Failures:
        row = sql.row(_FAILURES, {"subject": subject})
        return NONE if row is None else Failures(*row)

    @staticmethod
    def _store(sql: Sql, subject: str, failures: Failures) -> None:
        sql.execute(
            SQL.put_failures,
            {
                "subject": subject,
                "failure_count": failures.count,
                "last_failed_at": failures.last_at,
                "last_guess": failures.last_guess,
            },
        )

    def has_failed(self, who: Suspect) -> bool:
        """Whether a success has something to forget; answers from what check() just read."""
        return self._known.get(who.pair, NONE).count > 0

    async def succeeded(self, who: Suspect) -> None:
        """Forget the failures of this name from this network; those of the network stay."""

        def forget(sql: Sql) -> None:
            sql.execute(SQL.forget_failures, {"subject": who.pair})
            sql.execute(SQL.bump_failure_serial)

        await self._database.write(forget)
