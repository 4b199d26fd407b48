"""What the change log says when messages become \\Deleted, and when they are it no more."""

import pytest

from bocau.base.ids import EmailId, MailboxId
from bocau.store import EmailKeys, Flags, MailStore
from bocau.store.emailwriting import EmailPatch, change_emails

from .conftest import ALICE, new_email

INBOX, SENT = MailboxId(1), MailboxId(3)
ALL = ((1, 2**32 - 1),)
ROW = "SELECT name, emails, gone FROM change WHERE mailbox_id = ? ORDER BY modseq DESC LIMIT 1"


@pytest.fixture
async def ids(store: MailStore) -> list[EmailId]:
    """Four emails: 1, 2 and 3 are one thread."""
    emails = [new_email(store)._replace(keys=EmailKeys(thread_keys=(key,))) for key in (7, 7, 7, 8)]
    added = await store.write(ALICE, lambda tx: tx.add_many(INBOX, [(one, 0, "") for one in emails]))
    return [email_id for _, email_id in added]


async def mark(store: MailStore, mailbox_id: MailboxId, *, deleted: bool) -> tuple[str, str, str | None]:
    flags = {"add" if deleted else "remove": Flags.DELETED}
    await store.write(ALICE, lambda tx: tx.change_keywords(mailbox_id, ALL, **flags))
    return store.glance(ALICE, lambda tx: tx.sql.row(ROW, (mailbox_id,)))


async def test_emails_of_one_place_are_seen_nowhere(store: MailStore, ids: list[EmailId]) -> None:
    pairs = "[[1,1],[2,1],[3,1],[4,4]]"
    assert await mark(store, INBOX, deleted=True) == ("hidden", "1:4", pairs)
    assert await mark(store, INBOX, deleted=False) == ("shown", "1:4", pairs)


async def test_emails_with_another_place_are_seen_there(store: MailStore, ids: list[EmailId]) -> None:
    patch = EmailPatch(into=frozenset((SENT,)))
    await store.write(ALICE, lambda tx: change_emails(tx, dict.fromkeys(ids[1:3], patch)))
    assert await mark(store, INBOX, deleted=True) == ("hidden", "1:4", "[[1,1],[4,4]]")
    assert await mark(store, SENT, deleted=True) == ("hidden", "2:3", "[[2,1],[3,1]]")
    assert await mark(store, INBOX, deleted=False) == ("shown", "1:4", "[[1,1],[2,1],[3,1],[4,4]]")
    assert await mark(store, SENT, deleted=False) == ("shown", "2:3", None)
