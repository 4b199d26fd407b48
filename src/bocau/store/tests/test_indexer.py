"""The indexer follows the accounts: whose mail has come, who is new, who is gone."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from bocau.base.ids import AccountId, MailboxId
from bocau.store import MailStore
from bocau.store.search import indexer as indexer_module
from bocau.store.search import indexing
from bocau.store.search.indexer import RANGE_ACCOUNTS, Indexer, _rest_after
from bocau.store.tests.conftest import close_store, new_email, open_store

INBOX = MailboxId(1)
ACCOUNTS = (1, RANGE_ACCOUNTS - 1, RANGE_ACCOUNTS, 3 * RANGE_ACCOUNTS, 1_000_000)


async def create(store: MailStore, numbers: Iterable[int]) -> None:
    for number in numbers:
        await store.write(AccountId(number), lambda tx: tx.create_account())


async def deliver(store: MailStore, *numbers: int) -> None:
    for number in numbers:
        email = new_email(store)
        await store.write(AccountId(number), lambda tx, email=email: tx.add(INBOX, email))  # type: ignore[misc]


def reached(store: MailStore) -> dict[int, int]:
    """The last serial indexed of each account that has files."""
    some = indexing.accounts_with_files(store.search)
    return {number: indexing.indexed_to(store.search, number) for number in some}


async def test_what_changed_is_found_in_any_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer_module, "WAITING_MESSAGES_MAX", 1)
    store = await open_store(tmp_path)
    await create(store, ACCOUNTS)
    made = Indexer(store)
    with made.sole():
        await made.look()
        assert reached(store) == {}
        await deliver(store, *ACCOUNTS)
        await deliver(store, 1_000_000)
        await made.look()
        assert reached(store) == dict.fromkeys(ACCOUNTS, 1) | {1_000_000: 2}

        newer = 2 * RANGE_ACCOUNTS, 1_000_001
        await create(store, newer)
        await deliver(store, RANGE_ACCOUNTS, *newer)
        for gone in (RANGE_ACCOUNTS - 1, 3 * RANGE_ACCOUNTS):
            await store.write(AccountId(gone), lambda tx: tx.delete_account())
        await made.look()
        assert reached(store) == {1: 1, RANGE_ACCOUNTS: 2, 2 * RANGE_ACCOUNTS: 1, 1_000_000: 2, 1_000_001: 1}
    await close_store(store)


def test_a_portion_that_had_to_wait_for_the_cpu_is_followed_by_a_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall, cpu = iter((10.0, 10.4, 20.0, 20.4)), iter((5.0, 5.3, 6.0, 6.1))
    monkeypatch.setattr(indexer_module, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(indexer_module, "thread_time", lambda: next(cpu))
    done: list[int] = []
    assert _rest_after(lambda: done.append(1)) == 0.0
    assert _rest_after(lambda: done.append(2)) == pytest.approx(0.4)
    assert done == [1, 2]
