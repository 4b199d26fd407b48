"""An image of a mailbox is what the rows say, however it came to be."""

import random

import pytest

from bocau.store import Flags
from bocau.store import columncache as cc
from bocau.store.access import Grant
from bocau.store.columncache import ColumnCache, columns_of
from bocau.store.columns import NEVER, Columns, Fact, both, either, inverted

from .conftest import ALICE, BOB, new_email

ROWS = """SELECT uid, flags, keywords, modseq, size_bytes, received_at, saved_at, sent_at,
    email_id & 4294967295 FROM message WHERE account_id = ? AND mailbox_id = ? ORDER BY uid"""
FACTS = (Fact.SIZE, Fact.RECEIVED_AT, Fact.SAVED_AT, Fact.SENT_AT, Fact.EMAIL_SERIAL)


def told(image: Columns) -> list[tuple]:
    numbers = image.keyword_numbers or [0] * len(image)
    columns = [image.fact(fact) for fact in FACTS]
    keywords = [image.keyword_sets[number] for number in numbers]
    return list(zip(image.uids, image.flags, keywords, image.modseqs or (), *columns, strict=True))


def plain(tx, mailbox_id):
    rows = tx.sql.rows(ROWS, (tx.account_id, mailbox_id))
    return [(*row[:7], NEVER if row[7] is None else row[7], row[8]) for row in rows]


def check(store, cache, box, some):
    """The cache's answer, with `some` facts first, against plain rows of the same snapshot."""

    def job(tx):
        cache.of(tx, box, *some)
        image = cache.of(tx, box, *FACTS, modseqs=True)
        assert told(image) == plain(tx, box)
        assert image.modseq == tx.mailbox(box).highest_modseq
        return image

    return store.glance(ALICE, job)


async def fill(store, count=20, name="INBOX"):
    box = store.glance(ALICE, lambda tx: tx.mailbox_named(name)).mailbox_id
    emails = [
        (new_email(store, b"body %d" % n)._replace(sent_at=n or None), Flags(n % 8), "") for n in range(count)
    ]
    await store.write(ALICE, lambda tx: tx.add_many(box, emails))
    return box


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("limits", [(5000, 2000), (3, 4)])
async def test_random_writes(store, seed, limits, monkeypatch):
    monkeypatch.setattr(cc, "LOG_ROWS_MAX", limits[0])
    monkeypatch.setattr(cc, "PATCHES_MAX", limits[1])
    rnd = random.Random(seed)
    cache = ColumnCache()
    await store.write(ALICE, lambda tx: tx.create_mailbox("other"))
    box, other = await fill(store), await fill(store, 3, "other")

    async def add():
        words = rnd.choice(("", "", "$Junk", "a b"))
        emails = [(new_email(store), Flags(rnd.randrange(32)), words) for _ in range(rnd.randint(1, 3))]
        await store.write(ALICE, lambda tx: tx.add_many(box, emails))

    def some_range():
        first = rnd.randint(1, 40)
        return [(first, first + rnd.choice((0, 0, 3, 100)))]

    async def change():
        asked = some_range()
        add, remove = Flags(rnd.randrange(32)), Flags(rnd.randrange(32))
        plus = rnd.choice(((), (), ("k",), ("x", "y")))
        await store.write(
            ALICE,
            lambda tx: tx.change_keywords(
                box, asked, add=add, remove=remove, add_keywords=plus, remove_keywords=("x",)
            ),
        )

    async def expunge():
        asked = some_range()
        await store.write(ALICE, lambda tx: tx.expunge(box, asked, only_deleted=False))

    async def move():
        asked = some_range()
        there, here = (box, other) if rnd.random() < 0.5 else (other, box)
        await store.write(ALICE, lambda tx: tx.move(there, asked, here))

    for _ in range(60):
        await rnd.choice((add, add, change, change, expunge, move))()
        if rnd.random() < 0.6:
            check(store, cache, box, rnd.sample(FACTS, rnd.randint(0, 2)))
    check(store, cache, box, ())


async def test_a_small_change_shares_the_roster_and_an_image_never_changes(store):
    box = await fill(store)
    cache = ColumnCache()
    first = check(store, cache, box, ())
    before = told(first)
    await store.write(
        ALICE, lambda tx: tx.change_keywords(box, [(2, 3)], add=Flags.FLAGGED, add_keywords=["k"])
    )
    second = check(store, cache, box, ())
    assert second.roster is first.roster and second is not first
    assert store.glance(ALICE, lambda tx: cache.of(tx, box)) is second
    await store.write(ALICE, lambda tx: tx.expunge(box, [(5, 5)], only_deleted=False))
    check(store, cache, box, ())
    assert told(first) == before


async def test_an_older_snapshot_does_not_push_out_a_newer_image(store):
    box = await fill(store)
    cache = ColumnCache()
    store.glance(ALICE, lambda tx: cache.of(tx, box))
    await store.write(ALICE, lambda tx: tx.expunge(box, [(5, 5)], only_deleted=False))
    reader = store.database._connect_reader()
    reader.execute("BEGIN")
    from bocau.database import Sql
    from bocau.store import Reading

    old = Reading(Sql(reader), ALICE)
    assert len(old.uids(box)) == 19
    await store.write(ALICE, lambda tx: tx.expunge(box, [(6, 7)], only_deleted=False))
    newer = store.glance(ALICE, lambda tx: cache.of(tx, box))
    assert len(newer) == 17
    assert len(cache.of(old, box)) == 19
    reader.close()
    assert store.glance(ALICE, lambda tx: cache.of(tx, box)) is newer


async def test_the_cache_is_bounded_and_the_oldest_goes(store):
    box = await fill(store, 200)
    boxes = [box]
    for number in range(3):
        await store.write(ALICE, lambda tx, number=number: tx.create_mailbox(f"b{number}"))
        boxes.append(await fill(store, 200, f"b{number}"))
    cache = ColumnCache(bytes_max=3 * (cc.IMAGE_BYTES + 200 * 5))
    images = [store.glance(ALICE, lambda tx, b=b: cache.of(tx, b)) for b in boxes]
    assert cache.size_bytes <= 3 * (cc.IMAGE_BYTES + 200 * 5)
    assert store.glance(ALICE, lambda tx: cache.of(tx, boxes[3])) is images[3]
    assert store.glance(ALICE, lambda tx: cache.of(tx, boxes[0])) is not images[0]


async def test_a_huge_first_load_is_not_for_a_glance(store, monkeypatch):
    box = await fill(store)
    monkeypatch.setattr(cc, "GLANCE_ROWS_MAX", 10)
    assert store.glance(ALICE, lambda tx: store.columns.glanced(tx, box)) is None
    image = await columns_of(store, ALICE, box, Fact.SIZE)
    assert len(image.fact(Fact.SIZE)) == 20
    assert store.glance(ALICE, lambda tx: store.columns.glanced(tx, box, Fact.SIZE)) is image
    assert store.glance(ALICE, lambda tx: store.columns.glanced(tx, box, Fact.SENT_AT)) is None


async def test_a_transaction_in_progress_is_never_kept(store):
    box = await fill(store)
    with pytest.raises(AssertionError):
        await store.write(ALICE, lambda tx: store.columns.of(tx, box))


async def test_selectors_and_positions(store):
    box = await fill(store)
    await store.write(ALICE, lambda tx: tx.change_keywords(box, [(4, 6)], add_keywords=["k"]))
    await store.write(ALICE, lambda tx: tx.expunge(box, [(2, 2)], only_deleted=False))
    image = store.glance(ALICE, lambda tx: store.columns.of(tx, box, Fact.EMAIL_SERIAL))
    seen = image.flagged(Flags.SEEN)
    assert image.chosen(seen) == [uid for uid in range(4, 21, 2)]
    keyword = image.keyworded(lambda text: "k" in text.split(" "))
    assert image.chosen(both(inverted(seen), keyword)) == [5]
    assert image.chosen(either(seen, keyword)) == sorted({*range(4, 21, 2), 5})
    assert image.roster.positions([1, 2, 3]) == [0, 1]
    serial = image.fact(Fact.EMAIL_SERIAL)
    assert image.roster.positions_of_emails([serial[7], serial[3], 999_999]) == [3, 7]


async def test_seen_of_another_reader(store):
    box = await fill(store)
    await store.write(ALICE, lambda tx: tx.set_grant(box, Grant(BOB, False, frozenset("r"))))
    await store.write(
        ALICE, lambda tx: tx.sql.execute("INSERT INTO seen VALUES (?, ?, ?, '2,5:6')", (ALICE, box, BOB))
    )
    image = store.glance(ALICE, lambda tx: store.columns.of(tx, box), reader=BOB)
    assert image.chosen(image.flagged(Flags.SEEN)) == [2, 5, 6]
    own = store.glance(ALICE, lambda tx: store.columns.of(tx, box))
    assert own.chosen(own.flagged(Flags.SEEN)) == list(range(2, 21, 2))
    assert bytes(bits & ~1 for bits in image.flags) == bytes(bits & ~1 for bits in own.flags)
