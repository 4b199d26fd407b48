"""The pool of a query, from the images of mailboxes that this process keeps (`store.columncache`).

little to read → now · much → in the reader thread · many emails to put together → in a thread
"""

import asyncio
import json
from array import array
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, TypeVar

from bocau.base.errors import NoSuchMailbox
from bocau.base.ids import AccountId, MailboxId, ModSeq
from bocau.services.jmap.finding.kept import Kept
from bocau.services.jmap.finding.pool import Merged, Pool, columns_of_account, layout_of, merged
from bocau.store import MailStore, Reading
from bocau.store.columncache import COLUMNS
from bocau.store.columns import Columns, Fact, Visible, is_visible_known, picked, visible
from bocau.store.ordering import Numbers, OrderKey, ranks

LOOP_EMAILS_MAX: Final = 10_000
"""So many are worked on in the loop's thread (a millisecond); more in a thread."""
_LATE: Final = (Fact.THREAD_SERIAL, Fact.HAS_ATTACHMENT)
"""Columns that are not final before every email has keys."""
T = TypeVar("T")


class Wanted(NamedTuple):
    """What to know of the emails."""

    facts: tuple[Fact, ...]
    """`Fact.EMAIL_SERIAL` is among them."""
    texts: tuple[OrderKey, ...]


class _Parts(NamedTuple):
    mailboxes: list[tuple[MailboxId, Columns]]
    state: ModSeq
    texts: dict[OrderKey, Numbers]
    is_settled: bool


async def in_turn(count: int, work: Callable[[], T]) -> T:
    """Work on so many emails without keeping others waiting."""
    return work() if count <= LOOP_EMAILS_MAX else await asyncio.to_thread(work)


async def load(
    store: MailStore, kept: Kept, account_id: AccountId, mailbox_id: MailboxId | None, wanted: Wanted
) -> Pool:
    """The emails of a mailbox as they are now; of the whole account where there is no such mailbox."""
    if mailbox_id is not None:
        try:
            return _of_mailbox(mailbox_id, await _read(store, kept, account_id, mailbox_id, wanted))
        except NoSuchMailbox:
            pass
    parts = await _read(store, kept, account_id, None, wanted)
    count = sum(len(columns) for _, columns in parts.mailboxes)
    known = kept.merged.get(account_id) if parts.is_settled else None
    whole = await in_turn(count, partial(merged, parts.mailboxes, wanted.facts, known))
    texts = await _texts(store, account_id, whole, wanted, is_settled=parts.is_settled)
    if parts.is_settled:
        kept.merged.put(account_id, whole)
    columns = await in_turn(count, partial(columns_of_account, parts.mailboxes, whole, parts.state))
    return Pool(columns, whole.layout, parts.state, None, texts, parts.is_settled)


def _of_mailbox(mailbox_id: MailboxId, parts: _Parts) -> Pool:
    ((_, columns),) = parts.mailboxes
    layout = layout_of(mailbox_id, columns)
    return Pool(columns, layout, columns.modseq, mailbox_id, parts.texts, parts.is_settled)


async def _read(
    store: MailStore, kept: Kept, account_id: AccountId, mailbox_id: MailboxId | None, wanted: Wanted
) -> _Parts:
    loader = _Loader(store, kept, wanted)
    found = store.glance(account_id, lambda tx: loader.parts(tx, mailbox_id, is_glance=True))
    if found is not None:
        return found
    whole = await store.read(account_id, lambda tx: loader.parts(tx, mailbox_id, is_glance=False))
    assert whole is not None
    return whole


class _Loader:
    def __init__(self, store: MailStore, kept: Kept, wanted: Wanted) -> None:
        self._cache = store.columns
        self._kept = kept
        self._wanted = wanted

    def parts(self, tx: Reading, mailbox_id: MailboxId | None, *, is_glance: bool) -> _Parts | None:
        """One mailbox, or all that hold something; None: too much for a glance."""
        is_settled = not tx.sql.value(COLUMNS.unkeyed_serial, (tx.account_id,))
        some = [mailbox_id] if mailbox_id is not None else _filled(tx)
        found: list[tuple[MailboxId, Columns]] = []
        for one in some:
            columns = self._columns(tx, one, is_glance=is_glance, is_settled=is_settled)
            if columns is None or (is_glance and not _is_ready(columns)):
                return None
            found.append((one, columns))
        texts = {}
        if mailbox_id is not None:
            columns = found[0][1]
            if is_glance and any(key not in columns.roster.derived for key in self._wanted.texts):
                return None
            texts = {key: _visible_ranks(tx, mailbox_id, columns, key) for key in self._wanted.texts}
        return _Parts([(one, visible(columns)) for one, columns in found], tx.modseq(), texts, is_settled)

    def _columns(
        self, tx: Reading, mailbox_id: MailboxId, *, is_glance: bool, is_settled: bool
    ) -> Columns | None:
        read = self._cache.glanced if is_glance else self._cache.of
        key = (tx.account_id, mailbox_id)
        if not is_settled or key in self._kept.unsettled:
            former = read(tx, mailbox_id)
            for fact in _LATE if former is not None else ():
                former.roster.facts.pop(fact, None)  # type: ignore[union-attr]
            if former is not None:
                former.roster.derived.pop(Visible, None)
            self._kept.unsettled.discard(key)
        if not is_settled:
            self._kept.note_unsettled(*key)
        return read(tx, mailbox_id, *self._wanted.facts)


def _is_ready(image: Columns) -> bool:
    """Whether the loop has time for what is visible of it."""
    return len(image) <= LOOP_EMAILS_MAX or is_visible_known(image)


def _visible_ranks(tx: Reading, mailbox_id: MailboxId, image: Columns, key: OrderKey) -> Numbers:
    """Of those that `visible` leaves."""
    whole = ranks(tx, mailbox_id, image, key)
    kept: Visible | None = image.roster.derived.get(Visible) if len(visible(image)) < len(image) else None
    if kept is None:
        return whole
    return Numbers(picked(whole.values, kept.stays), is_complete=whole.is_complete)


def _filled(tx: Reading) -> list[MailboxId]:
    return [mailbox.mailbox_id for mailbox in tx.mailboxes() if mailbox.message_count]


async def _texts(
    store: MailStore, account_id: AccountId, whole: Merged, wanted: Wanted, *, is_settled: bool
) -> dict[OrderKey, Numbers]:
    found: dict[OrderKey, Numbers] = {}
    for key in wanted.texts:
        kept: Numbers | None = whole.roster.derived.get(key) if is_settled else None
        if kept is None:
            kept = await store.read(account_id, partial(_ranked, whole=whole, key=key))
            whole.roster.derived[key] = kept
        found[key] = kept
    return found


def _ranked(tx: Reading, whole: Merged, key: OrderKey) -> Numbers:
    """A number for each email, in the order of a text."""
    row = tx.sql.row(getattr(COLUMNS, f"account_{key.value}"), {"account_id": tx.account_id})
    assert row is not None
    text_of: dict[int, str] = dict(zip(json.loads(row[0]), json.loads(row[1]), strict=True))
    texts = [text_of.get(serial, "") for serial in whole.roster.facts[Fact.EMAIL_SERIAL]]
    number_of = {text: number for number, text in enumerate(sorted(set(texts)))}
    return Numbers(array("I", map(number_of.__getitem__, texts)))
