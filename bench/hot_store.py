"""The store's hot loops: CPU per delivery, bulk verbs, body reads, commit latency.

python bench/hot_store.py [--large 1000000] [--bulk 100000]
"""

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bocau.base.ids import AccountId, MailboxId
from bocau.database import Database, DatabaseSettings
from bocau.store import STORE_SCHEMA, Blobs, EmailKeys, Flags, LocalBell, MailStore, NewEmail, Writing

ENVELOPE = b"(" + b"x" * 400 + b")"
STRUCTURE = b"(" + b"y" * 300 + b")"
INBOX = MailboxId(1)
SENT = MailboxId(3)
EVERYTHING = ((1, 2**32 - 1),)


LISTED = b"Subject: A subject of usual length\r\n" * 10
KEYS = EmailKeys(
    1, b"", False, "A SUBJECT OF USUAL LENGTH", "A", "B", "", "A PERSON", "ANOTHER PERSON", False, (1,)
)
_numbers = itertools.count(1)


def email(store: MailStore, size: int) -> NewEmail:
    blob = store.blobs.stage(b"m" * size)
    return anew(NewEmail(
        blob, size, 1_700_000_000, 1_700_000_000, "<id@example.org>", "A subject of usual length",
        "a@example.org",
        ENVELOPE, STRUCTURE, "The first words of the message", LISTED, 1, KEYS,
    ))  # fmt: skip


def anew(known: NewEmail) -> NewEmail:
    """The same with another Message-ID: hashes are spread over the whole range."""
    number = next(_numbers) * 0x9E3779B97F4A7C15 % 2**63
    return known._replace(keys=KEYS._replace(message_key=number, thread_keys=(number,)))


class Stopwatch:
    """Wall and CPU time of a block."""

    def __enter__(self) -> "Stopwatch":
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu


async def fill(store: MailStore, account: AccountId, count: int) -> None:
    blob = email(store, 2000)

    def job(size: int) -> Callable[[Writing], object]:
        return lambda tx: tx.add_many(INBOX, [(anew(blob), Flags(0), "") for _ in range(size)])

    for start in range(0, count, 5000):
        await store.write(account, job(min(5000, count - start)), heavy=True)


async def deliveries(store: MailStore, accounts: list[AccountId], rounds: int, together: int) -> float:
    """CPU µs a message: staged, written to each account, `together` jobs at a time."""

    async def deliver() -> None:
        new = email(store, 2000)

        def job(tx: Writing) -> None:
            for account in accounts:
                tx.of(account).add(INBOX, new)

        await store.write(accounts[0], job)

    with Stopwatch() as watch:
        for _ in range(rounds // together):
            await asyncio.gather(*(deliver() for _ in range(together)))
    return watch.cpu / rounds * 1e6


async def latency(store: MailStore, account: AccountId) -> list[float]:
    times = []
    for _ in range(300):
        new = email(store, 2000)
        started = time.perf_counter()
        await store.write(account, lambda tx, new=new: tx.add(INBOX, new))  # type: ignore[misc]
        times.append((time.perf_counter() - started) * 1000)
    return times


async def timed(name: str, store: MailStore, account: AccountId, job: Callable[[Writing], object]) -> None:
    with Stopwatch() as watch:
        await store.write(account, job, heavy=True)
    print(f"{name:<44} {watch.wall * 1000:8.0f} ms wall {watch.cpu * 1000:8.0f} ms CPU")


async def bulk(store: MailStore, account: AccountId, count: int) -> None:
    some = ((1, 10_000),)
    await timed(f"STORE 1:* +FLAGS (\\Seen) of {count}", store, account,
                lambda tx: tx.change_keywords(INBOX, EVERYTHING, add=Flags.SEEN))  # fmt: skip
    await timed(f"STORE 1:* +FLAGS ($Done) of {count}", store, account,
                lambda tx: tx.change_keywords(INBOX, EVERYTHING, add_keywords=["$Done"]))  # fmt: skip
    await timed("COPY 10,000", store, account, lambda tx: tx.copy(INBOX, some, SENT))
    await timed("MOVE 10,000", store, account, lambda tx: tx.move(INBOX, some, SENT))
    await timed("STORE 10,000 +FLAGS (\\Deleted)", store, account,
                lambda tx: tx.change_keywords(SENT, some, add=Flags.DELETED))  # fmt: skip
    await timed("EXPUNGE 10,000", store, account, lambda tx: tx.expunge(SENT))


def reads(store: MailStore, account: AccountId, count: int) -> None:
    for name, job in {
        "uids": lambda tx: tx.uids(INBOX),
        "flags": lambda tx: tx.flags(INBOX, EVERYTHING),
        "blobs": lambda tx: tx.blobs(INBOX, EVERYTHING),
        "messages": lambda tx: tx.messages(INBOX, EVERYTHING),
    }.items():
        for turn in ("first", "again"):
            with Stopwatch() as watch:
                found = store.glance(account, job)
            print(f"{name + ' of ' + str(len(found)) + ', ' + turn:<44} {watch.cpu * 1000:8.0f} ms CPU")


def bodies(store: MailStore, size: int, count: int) -> None:
    refs = [store.blobs.stage(b"b" * size) for _ in range(count)]
    with Stopwatch() as watch:
        for start in range(0, count, 500):
            store.blobs.read_many(refs[start : start + 500])
    rate, speed = count / watch.cpu, size * count / watch.cpu / 1e6
    print(f"read_many {size} bytes{'':<23} {rate:10.0f} bodies/s {speed:8.0f} MB/s (CPU)")


async def main(large: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = await Database.open(DatabaseSettings(folder / "bench.sqlite"), [STORE_SCHEMA])
        store = MailStore(database, Blobs(folder / "packs"), LocalBell())
        accounts = [AccountId(number) for number in range(1, 31)]
        for account in accounts:
            await store.write(account, lambda tx: tx.create_account())
        empty, full, heap = accounts[10], accounts[0], accounts[1]
        await fill(store, full, large)
        await fill(store, heap, count)
        for together in (1, 10, 50):
            for who, some in (("1 recipient", [accounts[5]]), ("10 recipients", accounts[12:22])):
                cost = await deliveries(store, some, 1000, together)
                print(f"delivery to {who + ', ' + str(together) + ' together':<32} {cost:8.0f} µs CPU")
        for turn in range(3):
            a, b = [await deliveries(store, [who], 2000, 10) for who in (empty, full)]
            print(f"delivery, empty / {large} messages {turn:>11} {a:8.0f} / {b:.0f} µs CPU ({b / a:.2f} ×)")
        times = await latency(store, empty)
        median, p99 = statistics.median(times), sorted(times)[-3]
        print(f"commit latency, median / p99 {'':<15} {median:8.2f} / {p99:.2f} ms")
        reads(store, heap, count)
        await bulk(store, heap, count)
        bodies(store, 2000, 20_000)
        bodies(store, 20_000, 5_000)
        await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--bulk", type=int, default=100_000)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.large, chosen.bulk))
