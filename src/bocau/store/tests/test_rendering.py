"""Lines that SQLite writes are the lines that Python would write of the same rows."""

import random

import pytest

from bocau.formats.date import format_internal_date
from bocau.formats.listing import LISTED_FIELDS
from bocau.store import Flags
from bocau.store.rendering import Column, FlagWords, HeaderFields, Rendering, picked_fields
from bocau.store.tests.conftest import ALICE, new_email

WORDS = FlagWords(tuple([b" ".join([b"\\F%d" % bit for bit in range(5) if n >> bit & 1]) for n in range(32)]))
FIELDS_ASKED = HeaderFields(b"100%% {%d}", frozenset((b"date", b"subject")))
ASKED_BITS = LISTED_FIELDS[b"date"] | LISTED_FIELDS[b"subject"]
PIECES = (
    b"100% * ", Column.NUMBER, b" (", Column.UID, b" ", WORDS, b" ", Column.MODSEQ, b" ", Column.RECEIVED,
    b" ", Column.SAVED, b" ", Column.SIZE, b" ", FIELDS_ASKED,
    Column.ENVELOPE, b"%s ", Column.BODY_STRUCTURE, b" M", Column.EMAIL_ID, b")\r\n",
)  # fmt: skip
LAST_MOMENT = 4_102_444_799
ROWS = 300
LISTED = (
    (b"", 0, b""),
    (b"Date: \xe9\0\r\nSUBJECT : x\r\n y\r\n", ASKED_BITS, b"Date: \xe9\0\r\nSUBJECT : x\r\n y\r\n"),
    (b"From: a\r\n b\r\nsubject: x\0\r\n\ty\r\nTo: z\r\n", ASKED_BITS | 2, b"subject: x\0\r\n\ty\r\n"),
    (b"X-Label: a\r\n", 1 << 30, b""),
)
"""What is kept of a message, its bits, what of it is asked for."""
FIELDS = (
    "flags",
    "keywords",
    "received_at",
    "saved_at",
    "envelope",
    "body_structure",
    "listed",
    "listed_fields",
)


def random_row(number: int) -> tuple:
    rng = random.Random(number)
    return (
        rng.randrange(32),
        rng.choice(["", "", "$Forwarded", "$Junk work ünï"]),
        rng.choice([0, 951_782_400, 1_709_164_800, LAST_MOMENT, rng.randrange(LAST_MOMENT)]),
        rng.randrange(LAST_MOMENT),
        rng.choice([b"(NIL)", b'("\0" NIL)', b"\xff\xfe", rng.randbytes(20)]),
        rng.choice([b"(x)", b"\0\0", rng.randbytes(20)]),
        *rng.choice(LISTED)[:2],
    )


def line(number: int, uid: int, modseq: int, size: int, email_id: int, row: tuple) -> bytes:
    flags, keywords, received, saved, envelope, structure, listed, _ = row
    listed = next(asked for kept, _, asked in LISTED if kept == listed)
    words = b" ".join([word for word in (WORDS.texts[flags], keywords.encode()) if word])
    listed += b"\r\n"
    return b"100%% * %d (%d %b %d %b %b %d 100%% {%d}%b%b%%s %b M%d)\r\n" % (
        number, uid, words, modseq, format_internal_date(received), format_internal_date(saved), size,
        len(listed), listed, envelope, structure, email_id,
    )  # fmt: skip


def put(tx, uid: int, **values) -> None:
    """Set columns of one message and its email."""
    of_message = {"flags", "keywords", "received_at", "saved_at"}
    email_id = tx.sql.value("SELECT email_id FROM message WHERE uid = ? AND account_id = ?", (uid, ALICE))
    for name, value in values.items():
        table, key = ("message", "uid") if name in of_message else ("email", "email_id")
        tx.sql.execute(
            f"UPDATE {table} SET {name} = ? WHERE {key} = ?", (value, uid if key == "uid" else email_id)
        )


@pytest.fixture
async def inbox(store):
    def fill(tx):
        inbox = tx.mailbox_named("INBOX").mailbox_id
        tx.add_many(inbox, [(new_email(store), Flags(0), "") for _ in range(ROWS)])
        for uid in range(1, ROWS + 1):
            put(tx, uid, **dict(zip(FIELDS, random_row(uid), strict=True)))
        return inbox

    return await store.write(ALICE, fill, heavy=True)


def rendered(store, inbox, first=1, last=ROWS, **more):
    rendering = Rendering(PIECES)
    return store.glance(ALICE, lambda tx: tx.rendered(inbox, first, last, rendering, **{"shift": 0, **more}))


async def test_lines_are_those_of_python(store, inbox):
    rows = store.glance(ALICE, lambda tx: tx.messages(inbox, [(1, ROWS)]))
    wanted = b"".join(
        [line(m.uid - 5, m.uid, m.modseq, m.size_bytes, m.email_id, random_row(m.uid)) for m in rows]
    )
    found = rendered(store, inbox, shift=5)
    assert found.text == wanted
    assert (found.line_count, found.wrong_count) == (ROWS, 0)


async def test_a_part_of_the_uids_and_only_what_changed(store, inbox):
    modseq = store.glance(ALICE, lambda tx: tx.modseq())
    await store.write(ALICE, lambda tx: tx.change_keywords(inbox, [(7, 9)], add=Flags.SEEN, replace=True))
    found = rendered(store, inbox, 1, 8, since=modseq)
    assert found.line_count == 2
    assert found.text.startswith(b"100% * 7 (7 ")
    assert b"100% * 8 (8 " in found.text


async def test_header_fields_alone_and_twice(store, inbox):
    subject = HeaderFields(b"{%d}", frozenset((b"subject",)))
    kept = b"Subject: x\r\n"
    bits = LISTED_FIELDS[b"subject"]
    await store.write(ALICE, lambda tx: put(tx, 5, listed=kept, listed_fields=bits))
    rendering = Rendering((subject, subject))
    found = store.glance(ALICE, lambda tx: tx.rendered(inbox, 5, 5, rendering, shift=0))
    assert found == (2 * (b"{14}" + kept + b"\r\n"), 1, 0)


async def test_nothing_there(store, inbox):
    assert rendered(store, inbox, ROWS + 1, ROWS + 9) == (b"", 0, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("received_at", -1),
        ("received_at", LAST_MOMENT + 1),
        ("saved_at", -86_401),
        ("envelope", b""),
        ("body_structure", b""),
        ("listed", None),
    ],
)
async def test_what_cannot_be_shown_is_counted(store, inbox, name, value):
    await store.write(ALICE, lambda tx: put(tx, 5, **{name: value}))
    assert rendered(store, inbox).wrong_count == 1


async def test_only_the_primary_key_is_walked(store):
    """The order of the lines rests on it: there is no ORDER BY."""
    for pieces in (PIECES, (Column.UID, WORDS)):
        rendering = Rendering(pieces)
        store.glance(ALICE, lambda tx: tx.sql.define("picked_fields", picked_fields, 3))
        plan = store.glance(
            ALICE,
            lambda tx, r=rendering: tx.sql.rows(
                "EXPLAIN QUERY PLAN " + r.statement,
                r.parameters
                | dict.fromkeys(("account_id", "mailbox_id", "first", "last", "shift", "since"), 1),
            ),
        )
        steps = [row[3] for row in plan]
        assert steps[0].startswith(
            "SEARCH m USING PRIMARY KEY (account_id=? AND mailbox_id=? AND uid>? AND uid<?)"
        )
        wide = [f"SEARCH {name} USING INTEGER PRIMARY KEY (rowid=?)" for name in "oe"]
        assert steps[1:] == (wide if rendering.is_wide else [])
