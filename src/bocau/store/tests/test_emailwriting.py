"""Emails with several places, changed by patches and by the verbs of one mailbox (RFC 8621 §4)."""

import pytest

from bocau.base.errors import LimitReached, NoSuchMailbox, NoSuchMessage
from bocau.base.ids import EmailId, MailboxId
from bocau.store import Flags
from bocau.store.emails import email_rows
from bocau.store.emailwriting import EmailPatch, change_emails, destroy_emails
from bocau.store.keywords import KEYWORDS_MAX, Wanted
from bocau.store.verify import verify

from .conftest import ALICE, new_email

INBOX, DRAFTS, SENT, TRASH = MailboxId(1), MailboxId(2), MailboxId(3), MailboxId(5)
ALL = ((1, 2**32 - 1),)


def adding(*words: str, flags: Flags = Flags(0)) -> EmailPatch:
    return EmailPatch(Wanted(int(flags), 0, words, (), False, None))


@pytest.fixture
async def emails(store):
    added = [(new_email(store, b"%d" % n), Flags(0), "") for n in range(4)]
    found = [email_id for _, email_id in await store.write(ALICE, lambda tx: tx.add_many(INBOX, added))]
    yield found
    assert [str(fault) async for fault in verify(store)] == []


def where(store, email_id):
    rows = store.glance(ALICE, lambda tx: email_rows(tx, [email_id]))
    return rows[email_id].mailbox_ids if rows else ()


async def change(store, patches):
    return await store.write(ALICE, lambda tx: change_emails(tx, patches))


async def test_a_move_keeps_the_email_and_a_second_place_shares_it(store, emails):
    one, two, three, four = emails
    assert await change(store, {
        one: EmailPatch(mailboxes=frozenset((SENT,))),
        two: EmailPatch(into=frozenset((SENT, TRASH))),
        three: EmailPatch(mailboxes=frozenset((DRAFTS, TRASH))),
        four: EmailPatch(into=frozenset((TRASH,)), out_of=frozenset((INBOX,))),
    }) == {}  # fmt: skip
    assert [where(store, email) for email in emails] == [
        (SENT,), (INBOX, SENT, TRASH), (DRAFTS, TRASH), (TRASH,)
    ]  # fmt: skip
    await change(store, {two: EmailPatch(out_of=frozenset((INBOX, SENT)))})
    assert where(store, two) == (TRASH,)


async def test_keywords_are_the_same_in_all_places_whoever_changes_them(store, emails):
    two = emails[1]
    await change(store, {two: EmailPatch(into=frozenset((SENT,)))})
    await change(store, {two: adding("work", flags=Flags.SEEN)})
    job = lambda tx: tx.change_keywords(  # noqa: E731
        SENT, ALL, add=Flags.FLAGGED | Flags.DELETED, remove_keywords=["work"], add_keywords=["home"]
    )
    await store.write(ALICE, job)
    states = [
        store.glance(ALICE, lambda tx, box=box: tx.flags(box, ALL, since=1))[place][2:]
        for box, place in ((INBOX, 1), (SENT, 0))
    ]
    seen = Flags.SEEN | Flags.FLAGGED
    assert states == [(seen, "home"), (seen | Flags.DELETED, "home")]
    replaced = Wanted(int(Flags.DRAFT), 0, (), (), True, None, fixed=int(Flags.DELETED))
    await change(store, {two: EmailPatch(replaced)})
    row = store.glance(ALICE, lambda tx: email_rows(tx, [two]))[two]
    assert (row.flags, row.keywords, row.mailbox_ids) == (Flags.DRAFT, (), (INBOX,))


async def test_what_leaves_one_mailbox_stays_in_the_others(store, emails):
    await change(store, dict.fromkeys(emails, EmailPatch(into=frozenset((SENT,)))))
    await store.write(ALICE, lambda tx: tx.expunge(INBOX, ((1, 2),), only_deleted=False))
    await store.write(ALICE, lambda tx: tx.move(INBOX, ALL, SENT))  # where they are already
    assert [where(store, email) for email in emails] == [(SENT,)] * 4
    assert len(store.glance(ALICE, lambda tx: tx.uids(SENT))) == 4


async def test_what_is_refused_changes_nothing_and_the_others_are_done(store, emails):
    one, two, three, four = emails
    full = [f"k{n}" for n in range(KEYWORDS_MAX)]
    await change(store, {one: adding(*full)})
    nowhere = EmailId((ALICE << 32) + 999)
    failures = await change(store, {
        one: adding("more")._replace(into=frozenset((SENT,))),
        two: adding("more")._replace(into=frozenset((SENT,))),
        three: adding("more")._replace(into=frozenset((MailboxId(77),))),
        four: adding("more")._replace(mailboxes=frozenset()),
        nowhere: adding("more"),
    })  # fmt: skip
    assert {email: type(error) for email, error in failures.items()} == {
        one: LimitReached, three: NoSuchMailbox, four: NoSuchMailbox, nowhere: NoSuchMessage
    }  # fmt: skip
    assert [where(store, email) for email in emails] == [(INBOX,), (INBOX, SENT), (INBOX,), (INBOX,)]
    rows = store.glance(ALICE, lambda tx: email_rows(tx, emails))
    assert [rows[email].keywords for email in (two, three, four)] == [("more",), (), ()]


async def test_destroying_takes_all_places(store, emails):
    await change(store, dict.fromkeys(emails, EmailPatch(into=frozenset((SENT, TRASH)))))
    nowhere = EmailId((ALICE << 32) + 999)
    failures = await store.write(ALICE, lambda tx: destroy_emails(tx, [emails[0], nowhere, emails[2]]))
    assert list(failures) == [nowhere]
    assert [where(store, email) for email in emails] == [(), (INBOX, SENT, TRASH)] * 2
    assert store.glance(ALICE, lambda tx: tx.usage()).message_count == 6
