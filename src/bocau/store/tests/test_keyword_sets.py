"""Keywords of many messages at once: each set of keywords is renewed, few sets and many alike."""

import pytest

from bocau.base.ids import MailboxId
from bocau.store import Flags, MailStore
from bocau.store.keywords import SETS_ONE_BY_ONE_MAX
from bocau.store.verify import verify

from .conftest import ALICE, new_email

INBOX = MailboxId(1)
ALL = ((1, 2**32 - 1),)


@pytest.mark.parametrize("sets", [1, SETS_ONE_BY_ONE_MAX, SETS_ONE_BY_ONE_MAX + 1])
async def test_each_set_is_renewed_once(store: MailStore, sets: int) -> None:
    words = [f"k{number}" for number in range(sets)]
    emails = [(new_email(store), Flags(number & 1), word) for word in words for number in range(3)]
    await store.write(ALICE, lambda tx: tx.add_many(INBOX, emails))

    def job(tx):
        return tx.change_keywords(
            INBOX, ALL, add=Flags.SEEN, add_keywords=["k0", "new"], remove_keywords=["k1"]
        )

    changed, _ = await store.write(ALICE, job)
    rows = store.glance(ALICE, lambda tx: tx.flags(INBOX, ALL))
    expected = [" ".join(sorted({"k0", "new", word} - {"k1"})) for word in words for _ in range(3)]
    assert [keywords for _, _, _, keywords in rows] == expected
    assert list(changed) == [uid for uid, *_ in rows]
    assert {flags for _, _, flags, _ in rows} == {1}
    assert await store.write(ALICE, job) == ([], [])
    assert [fault async for fault in verify(store)] == []


async def test_only_what_changes_is_told_and_counted(store: MailStore) -> None:
    emails = [(new_email(store), Flags(9 if number % 3 else 8), "") for number in range(12)]
    await store.write(ALICE, lambda tx: tx.add_many(INBOX, emails))
    changed, _ = await store.write(ALICE, lambda tx: tx.change_keywords(INBOX, ALL, add=Flags.SEEN))
    assert list(changed) == [1, 4, 7, 10]
    ranges = ((2, 2), (4, 5), (12, 12))
    changed, _ = await store.write(ALICE, lambda tx: tx.change_keywords(INBOX, ranges, remove=Flags.DELETED))
    assert list(changed) == [2, 4, 5, 12]
    changed, _ = await store.write(
        ALICE, lambda tx: tx.change_keywords(INBOX, ALL, add=Flags.FLAGGED, replace=True)
    )
    assert list(changed) == list(range(1, 13))
    mailbox = store.glance(ALICE, lambda tx: tx.mailbox(INBOX))
    assert (mailbox.unseen_count, mailbox.deleted_count) == (12, 0)
    assert [fault async for fault in verify(store)] == []
