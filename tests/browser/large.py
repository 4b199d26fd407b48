"""A mailbox of a hundred thousand messages, made through the store in seconds, while no server runs on it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bocau.app.rooms import SCHEMAS
from bocau.base.ids import AccountId
from bocau.database import Database, DatabaseSettings
from bocau.formats.email_keys import EmailKeys
from bocau.store import Blobs, Flags, LocalBell, MailStore, NewEmail

FIRST_AT = 1_500_000_000
"""The oldest came then, and all before 2026."""
EVERY_SECONDS = 2600
PORTION = 2000


def subject_of(number: int) -> str:
    return f"Thư số {number}"


def email(store: MailStore, number: int) -> NewEmail:
    at = FIRST_AT + number * EVERY_SECONDS
    sender = f"Người gửi {number % 500}"
    text = f"From: {sender} <s{number % 500}@congty.vn>\r\nSubject: {subject_of(number)}\r\n\r\nXin chào.\r\n"
    body = text.encode()
    keys = EmailKeys(subject_key=f"thu so {number}", from_name=sender, thread_keys=(number + 1,))
    return NewEmail(
        store.blobs.stage(body), len(body), at, at, None, subject_of(number),
        f"s{number % 500}@congty.vn", b"()", b"()", "Xin chào.", keys=keys,
    )  # fmt: skip


async def _fill(data: Path, account_id: AccountId, mailbox: str, count: int) -> None:
    database = await Database.open(DatabaseSettings(data / "bocau.sqlite"), SCHEMAS)
    store = MailStore(database, Blobs(data / "packs"), LocalBell())
    try:
        box = store.glance(account_id, lambda tx: tx.mailbox_named(mailbox)).mailbox_id
        for start in range(0, count, PORTION):
            some = [
                (email(store, number), Flags.SEEN, "") for number in range(start, min(count, start + PORTION))
            ]

            def job(tx: Any, some: Any = some) -> None:
                tx.add_many(box, some)

            await store.write(account_id, job, heavy=True)
    finally:
        await database.close()
        store.blobs.close()


def fill(data: Path, account_id: str, mailbox: str, count: int) -> None:
    """Add so many messages to a mailbox of an account ("A2"); the server must be stopped."""
    work = _fill(data, AccountId(int(account_id[1:])), mailbox, count)
    # In a thread: the browser's loop runs in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
