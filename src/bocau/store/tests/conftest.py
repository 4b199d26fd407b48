"""A real store on real files, and emails for it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bocau.base.ids import AccountId
from bocau.database import Database, DatabaseSettings
from bocau.store import STORE_SCHEMA, Blobs, LocalBell, MailStore, NewEmail

ALICE = AccountId(1)
BOB = AccountId(2)


async def open_store(folder: Path, now: Callable[[], float] = lambda: 1_700_000_000.0) -> MailStore:
    database = await Database.open(DatabaseSettings(folder / "bocau.sqlite"), [STORE_SCHEMA])
    return MailStore(database, Blobs(folder / "packs", now), LocalBell(), now)


async def close_store(store: MailStore) -> None:
    await store.database.close()
    store.blobs.close()


async def age(store: MailStore) -> None:
    """Alice's mail as a version without keys has left it."""
    for statement in (
        "DELETE FROM email_key",
        "DELETE FROM thread_key",
        "UPDATE email SET listed = NULL, listed_fields = 0",
        "UPDATE account_state SET unkeyed_serial = last_email_serial",
    ):
        await store.write(ALICE, lambda tx, statement=statement: tx.sql.execute(statement))


def new_email(store: MailStore, body: bytes = b"Subject: x\r\n\r\nbody\r\n") -> NewEmail:
    blob = store.blobs.stage(body)
    return NewEmail(
        blob, len(body), 1_600_000_000, 1_500_000_000, "<id@x>", "x", "a@x", b"(envelope)", b"(structure)"
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[MailStore]:
    opened = await open_store(tmp_path)
    for account in (ALICE, BOB):
        await opened.write(account, lambda tx: tx.create_account())
    yield opened
    await close_store(opened)
