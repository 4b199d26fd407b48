"""The whole web on a real directory and store, with a clock to turn and hashing that costs little."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from bocau.base.ids import AccountId
from bocau.database import Database, DatabaseSettings
from bocau.directory import Directory, DirectorySettings, PasswordSettings, ThrottleSettings
from bocau.formats.address import parse_address
from bocau.runtime.log import get_log
from bocau.services.jmap.application import JmapApplication
from bocau.services.jmap.context import JmapRooms
from bocau.services.jmap.viewing.seal import Seal
from bocau.services.jmap.viewing.viewing import Viewing
from bocau.services.web.application import WebApplication
from bocau.services.web.headers import Guarded
from bocau.services.web.image_proxy import ImageProxy
from bocau.services.web.sessions import CookieSessions
from bocau.services.web.static import StaticFiles
from bocau.services.web.tests.visitor import Visitor
from bocau.services.web.view import view_routes
from bocau.store import STORE_SCHEMA, Blobs, LocalBell, MailStore

SCHEMAS = [STORE_SCHEMA, ("directory", "bocau.directory", "sql/sqlite")]
ALICE, BOB, PASSWORD = "alice@demo.test", "bob@demo.test", "correct horse"
CHEAP = DirectorySettings(
    ThrottleSettings(delays_seconds=()),
    PasswordSettings(argon2_memory_kib=64, argon2_passes=1, scram_iterations=4_096),
)
INDEX = b'<!doctype html><script type="application/json" id="boot">null</script><div></div>'


class Clock:
    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


@dataclass
class Site:
    application: WebApplication
    app: Guarded
    directory: Directory
    clock: Clock
    accounts: dict[str, AccountId]

    def visitor(self, **more: Any) -> Visitor:
        return Visitor(self.app, **more)

    async def logged_in(self, name: str = ALICE, **more: Any) -> Visitor:
        visitor = self.visitor()
        assert (await visitor.login(name, PASSWORD, **more)).status == 200
        return visitor


def built(folder: Path) -> StaticFiles:
    """What a build of the webmail leaves."""
    (folder / "assets").mkdir(parents=True)
    for name, body in {
        "index.html": INDEX,
        "assets/main-1a2b.js": b"let a = 1;" * 100,
        "assets/main-1a2b.js.br": b"brotli",
        "assets/main-1a2b.js.gz": b"gzip",
        "sw.js": b"self",
        "app.webmanifest": b"{}",
        "notes.exe": b"MZ",
    }.items():
        (folder / name).write_bytes(body)
    return StaticFiles(folder)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    clock, nobody = Clock(), cast("Any", None)
    database = await Database.open(DatabaseSettings(tmp_path / "bocau.sqlite"), SCHEMAS)
    store = MailStore(database, Blobs(tmp_path / "packs"), LocalBell())
    directory = Directory(database, CHEAP, clock, ring=lambda _: None)
    await directory.create_domain("demo.test")
    accounts = {}
    for name in (ALICE, BOB):
        account = await directory.create_account(parse_address(name), PASSWORD)
        accounts[name] = account.account_id
        await store.write(account.account_id, lambda tx: tx.create_account())
    rooms = JmapRooms(store, directory, nobody, clock, None, get_log("jmap"))
    sessions = CookieSessions(directory)
    viewing = Viewing(Seal(directory.derived_key), nobody, get_log("viewing"))
    shown = view_routes(rooms, viewing, ImageProxy(nobody, tmp_path / "images", clock))
    jmap = JmapApplication(rooms, sessions)
    application = WebApplication(rooms, jmap, sessions, more=shown, files=built(tmp_path / "dist"))
    app = Guarded(application, is_trusted=lambda: True)
    yield Site(application, app, directory, clock, accounts)
    await directory.close()
    await database.close()
    store.blobs.close()
