"""Emails by their own identity (RFC 8621 §3, §4): rows, threads, places."""

from bocau.base.ids import EmailId, MailboxId
from bocau.store import EmailKeys, Flags
from bocau.store.emails import email_blob, email_rows, thread_emails, thread_ids

from .conftest import ALICE, BOB, new_email

INBOX, SENT = MailboxId(1), MailboxId(3)


def threaded(store, key, received_at=1_600_000_000):
    return new_email(store)._replace(keys=EmailKeys(thread_keys=(key,)), received_at=received_at)


async def test_rows_come_in_the_order_asked_for(store):
    emails = [(new_email(store, b"%d" % n), Flags.SEEN, "$b $a") for n in range(3)]
    ids = [email_id for _, email_id in await store.write(ALICE, lambda tx: tx.add_many(INBOX, emails))]
    asked = [ids[2], EmailId(ids[0] + 99), ids[0], EmailId((BOB << 32) + 1), ids[2]]
    rows = store.glance(ALICE, lambda tx: email_rows(tx, asked))
    assert list(rows) == [ids[2], ids[0]]
    row = rows[ids[0]]
    assert (row.mailbox_ids, row.flags, row.keywords) == ((INBOX,), Flags.SEEN, ("$a", "$b"))
    assert (row.size_bytes, row.subject, row.has_attachment) == (1, "x", False)
    assert store.blobs.read(row.blob) == b"0"
    assert store.glance(ALICE, lambda tx: email_blob(tx, ids[0])) == row.blob
    assert store.glance(BOB, lambda tx: email_blob(tx, ids[0])) is None


async def test_a_thread_has_its_emails_by_the_time_they_came(store):
    def job(tx):
        added = [tx.add(box, threaded(store, 7, at)) for box, at in ((INBOX, 300), (SENT, 100), (INBOX, 100))]
        return [email_id for _, email_id in added]

    late, early, second = await store.write(ALICE, job)
    other = (await store.write(ALICE, lambda tx: tx.add(INBOX, threaded(store, 8))))[1]
    assert store.glance(ALICE, lambda tx: thread_ids(tx, [late, second, other])) == {
        late: late, second: late, other: other
    }  # fmt: skip
    assert store.glance(ALICE, lambda tx: thread_emails(tx, [late, other, 5])) == {
        late: [early, second, late],
        other: [other],
    }
