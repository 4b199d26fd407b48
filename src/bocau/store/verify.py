"""Checking every invariant of the stored mail; each broken one is named.

each account, one snapshot: counters = rows, order of uids and modseqs, the log replayed = the state
then every body: there, with its length and its SHA-256 · retired packs: gone in time
"""

import asyncio
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bocau.base.ids import AccountId
from bocau.database import Queries, Sql
from bocau.store.blobs import BlobLost, BlobRef, Blobs
from bocau.store.blobs.record import HEADER_BYTES, Header, parse_header
from bocau.store.mailstore import MailStore
from bocau.store.purging import kept_for_copies, purged_soon
from bocau.store.references import bodies
from bocau.store.uidranges import parse_text, ranges_of, text_of, uids_in
from bocau.store.values import ChangeKind

VERIFY: Final = Queries("bocau.store", "sql/sqlite/verify.sql")
BODIES_AT_ONCE: Final = 256
RETIRED_SECONDS_MAX: Final = 3 * 24 * 3600
"""A retired pack older than this should have been swept."""
UIDS_NAMED_MAX: Final = 200
"""Characters of a uid set in a fault's text."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken invariant."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a verification has come, for a progress bar."""

    phase: str
    """"accounts" or "bodies"."""
    done: int
    total: int


def _silent(progress: Progress) -> None:
    pass


async def verify(
    store: MailStore,
    *,
    report: Callable[[Progress], None] = _silent,
    now: Callable[[], float] = time.time,
) -> AsyncIterator[Fault]:
    """Yield every fault found in the store; none: all is well. Safe beside a running server."""
    accounts = await store.read(AccountId(0), lambda tx: [a for (a,) in tx.sql.rows(VERIFY.accounts)])
    for done, account in enumerate(accounts):
        report(Progress("accounts", done, len(accounts)))
        for fault in await store.read(account, lambda tx: list(_account_faults(tx.sql, tx.account_id))):
            yield fault
    report(Progress("accounts", len(accounts), len(accounts)))
    for fault in await store.read(AccountId(0), lambda tx: list(_general_faults(tx.sql, store.blobs, now()))):
        yield fault
    refs = await store.read(AccountId(0), lambda tx: bodies(tx.sql))
    for start in range(0, len(refs), BODIES_AT_ONCE):
        report(Progress("bodies", start, len(refs)))
        some = refs[start : start + BODIES_AT_ONCE]
        for fault in await asyncio.to_thread(_body_faults, store.blobs, some):
            yield fault
    report(Progress("bodies", len(refs), len(refs)))


# --- accounts --------------------------------------------------------------------


def _account_faults(sql: Sql, account_id: AccountId) -> Iterator[Fault]:
    where = f"account {account_id}"
    for name, *values in sql.rows(VERIFY.account, {"account_id": account_id}):
        yield Fault(where, f"{name}: {', '.join(map(str, values))}")
    for name, *values in sql.rows(VERIFY.keys, {"account_id": account_id}):
        yield Fault(where, f"{name}: {', '.join(map(str, values))}")
    for name, *values in sql.rows(VERIFY.copies, {"account_id": account_id}):
        yield Fault(where, f"{name}: {', '.join(map(str, values))}")
    leaving = purged_soon(sql, account_id) | kept_for_copies(sql, account_id)
    yield from _place_faults(sql, where, account_id, leaving)
    yield from _email_faults(sql, where, account_id, leaving)
    live = _replay(sql, account_id)
    state = sql.row(VERIFY.state, (account_id,))
    if state is None:
        yield Fault(where, "rows of an account that does not exist")
        return
    account_modseq = state[0]
    for mailbox_id, *mailbox in sql.rows(VERIFY.mailboxes, (account_id,)):
        here = f"{where}, mailbox {mailbox_id} ({mailbox[0]!r})"
        yield from _mailbox_faults(sql, here, account_id, mailbox_id, tuple(mailbox[1:]), account_modseq)
        yield from _log_faults(sql, here, account_id, mailbox_id, live.pop(mailbox_id, {}))
        yield from _seen_faults(sql, here, account_id, mailbox_id)
    for mailbox_id, uids in live.items():
        if uids:
            yield Fault(where, f"the log has live messages in mailbox {mailbox_id}, which does not exist")


def _mailbox_faults(
    sql: Sql, where: str, account_id: int, mailbox_id: int, kept: tuple[Any, ...], account_modseq: int
) -> Iterator[Fault]:
    uid_next, highest_modseq, *counters = kept
    row = sql.row(VERIFY.counted, (account_id, mailbox_id))
    assert row is not None
    first_uid, last_uid, last_modseq, *counted = row
    names = ("message_count", "unseen_count", "deleted_count", "size_bytes")
    for name, have, want in zip(names, counters, counted, strict=True):
        if have != want:
            yield Fault(where, f"{name} is {have}, the rows say {want}")
    if last_uid is not None and not 1 <= first_uid <= last_uid < uid_next:
        yield Fault(where, f"uids {first_uid}…{last_uid} against uid_next {uid_next}")
    if last_modseq is not None and last_modseq > highest_modseq:
        yield Fault(where, f"a message has modseq {last_modseq}, highest_modseq is {highest_modseq}")
    if highest_modseq > account_modseq:
        yield Fault(where, f"highest_modseq {highest_modseq} is above the account's {account_modseq}")


def _seen_faults(sql: Sql, where: str, account_id: int, mailbox_id: int) -> Iterator[Fault]:
    """What guests have seen must be there."""
    rows = sql.rows(VERIFY.seen, (account_id, mailbox_id))
    uids = {uid for uid, _ in sql.rows(VERIFY.uids, (account_id, mailbox_id))} if rows else set()
    for reader_id, text in rows:
        seen = uids_in(parse_text(text))
        gone = [uid for uid in seen if uid not in uids]
        if gone or not seen or len(set(seen)) < len(seen):
            named = text_of(ranges_of(gone))[:UIDS_NAMED_MAX]
            yield Fault(where, f"account {reader_id} has seen uids that are not there: {named}")


# --- the change log ---------------------------------------------------------------

Live = dict[int, dict[int, int]]
"""mailbox → uid → modseq of its last change."""


def _replay(sql: Sql, account_id: int) -> Live:
    """What the change log alone says is there."""
    live: Live = {}
    for modseq, kind, mailbox_id, text in sql.rows(VERIFY.log, (account_id,)):
        if kind == ChangeKind.MAILBOX_DELETED:
            live.pop(mailbox_id, None)
            continue
        messages = live.setdefault(mailbox_id, {})
        for first, last in parse_text(text):
            for uid in range(first, last + 1):
                if kind == ChangeKind.EXPUNGED:
                    messages.pop(uid, None)
                elif kind == ChangeKind.ADDED or uid in messages:
                    messages[uid] = modseq
    return live


def _log_faults(
    sql: Sql, where: str, account_id: int, mailbox_id: int, logged: dict[int, int]
) -> Iterator[Fault]:
    rows = dict(sql.rows(VERIFY.uids, (account_id, mailbox_id)))
    if rows == logged:
        return
    for text, uids in (
        ("missing though the log has them", logged.keys() - rows.keys()),
        ("there though the log has them not", rows.keys() - logged.keys()),
        ("with another modseq than in the log", {u for u in rows.keys() & logged if rows[u] != logged[u]}),
    ):
        if uids:
            yield Fault(where, f"uids {text_of(ranges_of(sorted(uids)))[:UIDS_NAMED_MAX]} {text}")


def _place_faults(sql: Sql, where: str, account_id: int, leaving: set[int]) -> Iterator[Fault]:
    """An email knows how many places it has; only what waits to be purged or is shared by copies has none."""
    for serial, have, want in sql.rows(VERIFY.places, {"account_id": account_id}):
        if serial not in leaving:
            yield Fault(where, f"place_count of email {serial} is {have}, the rows say {want}")
    placed = sql.rows(VERIFY.placed, (account_id, json.dumps(sorted(leaving)))) if leaving else []
    if placed:
        named = text_of(ranges_of(sorted(serial for (serial,) in placed)))[:UIDS_NAMED_MAX]
        yield Fault(where, f"emails {named} wait to be purged, but have a place")


def _email_faults(sql: Sql, where: str, account_id: int, leaving: set[int]) -> Iterator[Fault]:
    """Emails that came and have not gone must be there; rows of an older version do not name them."""
    there = {serial for (serial,) in sql.rows(VERIFY.serials, (account_id,))} - leaving
    came, gone = set[int](), set[int]()
    for kind, emails, left in sql.rows(VERIFY.emails_logged, (account_id,)):
        if kind == ChangeKind.ADDED:
            came.update(uids_in(parse_text(emails)))
        if kind == ChangeKind.KEYWORDS:
            continue  # hidden, or seen again: see `marking`
        gone.update(serial for serial, _ in json.loads(left or "[]"))
    for text, serials in (("that have gone are there", gone & there), ("are missing", came - gone - there)):
        if serials:
            named = text_of(ranges_of(sorted(serials)))[:UIDS_NAMED_MAX]
            yield Fault(where, f"emails {named} {text}, says the log")


# --- bodies ----------------------------------------------------------------------


def _general_faults(sql: Sql, blobs: Blobs, now: float) -> Iterator[Fault]:
    for name, *values in sql.rows(VERIFY.general):
        yield Fault("store", f"{name}: {', '.join(map(str, values))}")
    for number, retired_at in sql.rows(VERIFY.retired):
        if retired_at < now - RETIRED_SECONDS_MAX and blobs.packs.path(number).exists():
            yield Fault(f"pack {number}", "retired long ago, but not swept")


def read_checked(blobs: Blobs, ref: BlobRef) -> tuple[Header, bytes]:
    """A body with its header, hash proven. BlobLost says what is wrong."""
    file = blobs.packs.file(ref.pack)
    data = os.pread(file.fd, HEADER_BYTES + ref.length, ref.offset - HEADER_BYTES)
    header = parse_header(data[:HEADER_BYTES])
    if header is None:
        raise BlobLost(f"no record at {ref.offset} of pack {ref.pack}")
    if header.length != ref.length or len(data) != HEADER_BYTES + ref.length:
        raise BlobLost(f"the record at {ref.offset} of pack {ref.pack} has another length")
    body = data[HEADER_BYTES:]
    if not header.sha256 == ref.sha256 == hashlib.sha256(body).digest():
        raise BlobLost(f"the body at {ref.offset} of pack {ref.pack} has another hash")
    return header, body


def _body_faults(blobs: Blobs, refs: list[BlobRef]) -> list[Fault]:
    faults = []
    for ref in refs:
        try:
            read_checked(blobs, ref)
        except (BlobLost, OSError) as error:
            faults.append(Fault(f"pack {ref.pack} at {ref.offset}", str(error)))
    return faults
