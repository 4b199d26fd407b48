"""`verify` names each kind of damage; sweeping gives room back and never takes what is alive."""

import os

import pytest

from bocau.base.ids import AccountId
from bocau.store import Flags
from bocau.store.sweep import Sweeper, remove_temporary
from bocau.store.verify import Progress, verify

from .conftest import ALICE, BOB, new_email

DAY = 24 * 3600.0
ALL = ((1, 2**32 - 1),)


async def faults(store):
    return [str(fault) async for fault in verify(store, now=lambda: 1_700_000_000.0)]


async def fill(store, count=6):
    box = store.glance(ALICE, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
    emails = [(new_email(store, b"body %d" % n * 50), Flags(0), "") for n in range(count)]
    await store.write(ALICE, lambda tx: tx.add_many(box, emails))
    await store.write(ALICE, lambda tx: tx.change_keywords(box, ((2, 3),), add=Flags.SEEN))
    return box


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("UPDATE mailbox SET message_count = 9 WHERE mailbox_id = 1", "message_count is 9"),
        ("UPDATE mailbox SET unseen_count = 9 WHERE mailbox_id = 1", "unseen_count is 9"),
        ("UPDATE mailbox SET size_bytes = 9 WHERE mailbox_id = 1", "size_bytes is 9"),
        ("UPDATE mailbox SET uid_next = 3 WHERE mailbox_id = 1", "uid_next 3"),
        ("UPDATE mailbox SET highest_modseq = 1 WHERE mailbox_id = 1", "highest_modseq is 1"),
        ("UPDATE mailbox SET highest_modseq = 99 WHERE mailbox_id = 1", "above the account's"),
        ("UPDATE mailbox SET uid_validity = 5", "share a uid validity"),
        ("UPDATE account_state SET used_bytes = 1 WHERE account_id = 1", "used_bytes"),
        ("UPDATE account_state SET message_count = 1 WHERE account_id = 1", "message_count"),
        ("UPDATE account_state SET modseq = 2 WHERE account_id = 1", "above the account's modseq"),
        ("UPDATE account_state SET last_mailbox_id = 2 WHERE account_id = 1", "above the last one given"),
        ("UPDATE account_state SET last_email_serial = 2 WHERE account_id = 1", "email id is above"),
        ("DELETE FROM account_state WHERE account_id = 1", "account that does not exist"),
        ("DELETE FROM mailbox WHERE mailbox_id = 1 AND account_id = 1", "mailbox that does not exist"),
        ("DELETE FROM email WHERE email_id = (1 << 32) + 2", "without its email"),
        ("UPDATE email SET place_count = 2 WHERE email_id = (1 << 32) + 2", "place_count"),
        ("DELETE FROM message WHERE uid = 4", "uids 4 missing"),
        ("UPDATE message SET uid = 7 WHERE uid = 6", "uids 7 there though"),
        ("UPDATE message SET modseq = modseq - 1 WHERE uid = 2", "another modseq"),
        ("UPDATE message SET size_bytes = 1 WHERE uid = 2", "not the body's length"),
        ("UPDATE email SET sha256 = zeroblob(32) WHERE email_id = (1 << 32) + 2", "another hash"),
        ("UPDATE email SET length = 1 WHERE email_id = (1 << 32) + 2", "another length"),
        ("UPDATE email SET pack = 42 WHERE email_id = (1 << 32) + 2", "pack 42 is missing"),
        ("DELETE FROM email_key WHERE email_id = (1 << 32) + 2", "without its keys"),
        (
            "UPDATE email_key SET email_id = (1 << 32) + 9 WHERE email_id = (1 << 32) + 2",
            "without their email",
        ),
        ("UPDATE email_key SET thread_id = 5 WHERE email_id = (1 << 32) + 2", "that no email of the account"),
        ("INSERT INTO thread_key VALUES (1, 5, (1 << 32) + 99)", "Message-ID leads to a thread"),
        ("INSERT INTO thread_key VALUES (9, 5, 5)", "account that does not exist"),
        ("INSERT INTO retired_pack VALUES (1, 5)", "not swept"),
        ("INSERT INTO access VALUES (1, 99, 2, 0, 'r')", "grant for a mailbox that does not exist"),
        ("INSERT INTO access VALUES (1, 1, 1, 0, 'r')", "grant to the owner"),
        ("INSERT INTO access VALUES (1, 1, 2, 0, 'rq')", "rights that do not exist"),
        ("INSERT INTO access VALUES (1, 1, 9, 0, 'r')", "shared with an account that does not exist"),
        ("INSERT INTO seen VALUES (1, 99, 2, '1')", "seen messages of a mailbox that does not exist"),
        ("INSERT INTO seen VALUES (1, 1, 2, '1:3,77')", "not there: 77"),
        ("INSERT INTO seen VALUES (1, 1, 9, '1')", "account that does not exist has seen"),
        (
            "INSERT INTO annotation VALUES (1, 99, 0, '/comment', x'61')",
            "annotation of a mailbox that does not",
        ),
    ],
)
async def test_each_broken_invariant_is_named(store, damage, named):
    await fill(store)
    assert await faults(store) == []
    await store.database.write(lambda sql: sql.execute(damage))
    assert named in "\n".join(await faults(store))


async def test_a_flipped_bit_of_a_body_is_found(store):
    await fill(store)
    path = store.blobs.packs.path(1)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    (fault,) = await faults(store)
    assert "another hash" in fault


async def test_verify_reports_its_progress(store):
    await fill(store)
    seen: list[Progress] = []
    assert [f async for f in verify(store, report=seen.append)] == []
    assert (seen[0].phase, seen[-1].phase) == ("accounts", "bodies")
    assert seen[-1].done == seen[-1].total == 6


# --- sweeping --------------------------------------------------------------------


async def mostly_dead(store):
    """Pack 1 holds one live body of six, also in another account; this process appends to another pack."""
    box = await fill(store)
    shared = store.glance(ALICE, lambda tx: tx.messages(box, ((6, 6),)))[0]
    other = store.glance(BOB, lambda tx: tx.mailbox_named("INBOX")).mailbox_id
    email = new_email(store)._replace(blob=shared.blob, size_bytes=shared.size_bytes)
    await store.write(BOB, lambda tx: tx.add(other, email))
    await store.write(ALICE, lambda tx: tx.expunge(box, ((1, 5),), only_deleted=False))
    store.blobs.appender.close()
    store.blobs.appender.abandoned[1] = 10**9
    return box, shared.blob


async def test_sweeping_moves_the_living_and_removes_the_pack_after_the_grace_time(store):
    box, old = await mostly_dead(store)
    now = os.stat(store.blobs.packs.path(1)).st_mtime + DAY + 1
    swept = await Sweeper(store, lambda: now).sweep()
    assert (swept.retired_packs, swept.removed_packs, swept.moved_bodies) == ((1,), (), 2)
    new = store.glance(ALICE, lambda tx: tx.messages(box, ALL))[0].blob
    assert (new.pack, new.sha256) == (2, old.sha256)
    assert store.blobs.read(new) == store.blobs.read(old)
    assert await faults(store) == []
    assert (await Sweeper(store, lambda: now + 60).sweep()).removed_packs == ()
    swept = await Sweeper(store, lambda: now + DAY + 60).sweep()
    assert swept.removed_packs == (1,)
    assert not store.blobs.packs.path(1).exists()
    assert await faults(store) == []


async def test_a_pack_in_use_or_young_or_alive_is_left_alone(store):
    await mostly_dead(store)
    written_at = os.stat(store.blobs.packs.path(1)).st_mtime
    assert (await Sweeper(store, lambda: written_at + DAY - 60).sweep()).retired_packs == ()
    owner = type(store.blobs)(store.blobs.packs.folder)
    assert owner.stage(b"mine").pack == 1
    assert (await Sweeper(store, lambda: written_at + 3 * DAY).sweep()).retired_packs == ()
    owner.close()


async def test_a_damaged_body_keeps_its_pack(store):
    _, alive = await mostly_dead(store)
    path = store.blobs.packs.path(1)
    data = bytearray(path.read_bytes())
    data[alive.offset] ^= 1
    path.write_bytes(data)
    now = os.stat(path).st_mtime + 2 * DAY
    assert (await Sweeper(store, lambda: now).sweep()).retired_packs == ()
    assert path.exists()


async def test_a_retired_pack_that_is_referred_to_again_is_not_removed(store):
    _, old = await mostly_dead(store)
    now = os.stat(store.blobs.packs.path(1)).st_mtime + DAY + 1
    await Sweeper(store, lambda: now).sweep()
    del store.blobs.appender.abandoned[1]
    box = store.glance(BOB, lambda tx: tx.mailbox_named("Sent")).mailbox_id
    late = new_email(store)._replace(blob=old, size_bytes=old.length)
    await store.write(BOB, lambda tx: tx.add(box, late))
    swept = await Sweeper(store, lambda: now + 2 * DAY).sweep()
    assert (swept.removed_packs, swept.moved_bodies) == ((), 1)
    assert await faults(store) == []


async def test_queue_bodies_are_alive_too(store):
    from bocau.store.references import tables

    found = store.glance(AccountId(0), lambda tx: tables(tx.sql))
    assert found == ["email", "held_body", "queue_message", "upload"]


def test_old_temporary_files_are_removed(tmp_path):
    for name, age in (("old", 100), ("young", 10)):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    assert remove_temporary(tmp_path, 950) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["young"]
    assert remove_temporary(tmp_path / "none", 950) == 0
