"""A directory on a real database, with a clock to turn and hashing that costs little."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bocau.database import Database, DatabaseSettings
from bocau.directory import Directory, DirectorySettings, LoginAttempt, PasswordSettings, Scope
from bocau.formats.address import Address, parse_address

SCHEMAS = [("directory", "bocau.directory", "sql/sqlite")]
CHEAP = DirectorySettings(
    passwords=PasswordSettings(argon2_memory_kib=64, argon2_passes=1, scram_iterations=4_096)
)


class Clock:
    def __init__(self) -> None:
        self.time = 1_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


@dataclass
class House:
    """One data directory; each `open()` is another process's Directory on it."""

    path: Path
    clock: Clock = field(default_factory=Clock)
    waits: list[float] = field(default_factory=list)
    rings: list[str] = field(default_factory=list)
    opened: list[tuple[Database, Directory]] = field(default_factory=list)

    async def open(self, settings: DirectorySettings = CHEAP) -> Directory:
        database = await Database.open(DatabaseSettings(self.path), SCHEMAS)
        directory = Directory(database, settings, self.clock, ring=self.rings.extend, sleep=self._sleep)
        self.opened.append((database, directory))
        return directory

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def close(self) -> None:
        for database, directory in self.opened:
            await directory.close()
            await database.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "bocau.sqlite")
    yield house
    await house.close()


@pytest.fixture
async def directory(house: House) -> Directory:
    directory = await house.open()
    await directory.create_domain("demo.test")
    return directory


@pytest.fixture
def a() -> Callable[[str], Address]:
    """`a("alice")` is alice@demo.test."""
    return lambda text: parse_address(text if "@" in text else f"{text}@demo.test")


@pytest.fixture
def attempt() -> Callable[..., LoginAttempt]:
    def make(host: str = "192.0.2.1", scope: Scope = Scope.IMAP) -> LoginAttempt:
        return LoginAttempt(host, scope, True)

    return make
