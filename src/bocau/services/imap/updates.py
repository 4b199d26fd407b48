"""What changed in the selected mailbox since the client was last told (RFC 9051 §7.4.1, §7.5, RFC 7162 §3.2).

change log after view.modseq → EXPUNGE (unless withheld) → EXISTS, RECENT → FLAGS → FETCH
"""

import asyncio
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bocau.base.errors import NoSuchMailbox, TryLater
from bocau.base.ids import MailboxId, ModSeq
from bocau.protocols.imap.fetch import Attribute, Item
from bocau.protocols.imap.sets import merged
from bocau.services.imap.formatter import Plan
from bocau.services.imap.sending import send_messages
from bocau.services.imap.view import View
from bocau.store import ChangeKind, Reading

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


@dataclass(frozen=True, slots=True)
class News:
    """What the change log says after `view.modseq`."""

    modseq: ModSeq
    uid_next: int
    arrived: list[int]
    gone: set[int]
    changed: list[tuple[int, int]]
    """Uids whose flags changed."""


def read_news(
    reading: Reading, mailbox_id: MailboxId, after: ModSeq, own: frozenset[int] = frozenset()
) -> News | None:
    """Read the log; None when nothing happened. `own` changes are not told. NoSuchMailbox."""
    mailbox = reading.mailbox(mailbox_id)
    if mailbox.highest_modseq <= after:
        return None
    arrived: list[int] = []
    gone: set[int] = set()
    changed: list[tuple[int, int]] = []
    for change in reading.changes(after, mailbox_id):
        if change.kind is ChangeKind.ADDED:
            arrived += chain.from_iterable(range(low, high + 1) for low, high in change.uids)
        elif change.kind is ChangeKind.EXPUNGED:
            gone.update(chain.from_iterable(range(low, high + 1) for low, high in change.uids))
        elif change.kind is ChangeKind.KEYWORDS and change.modseq not in own:
            changed += change.uids
    arrived = [uid for uid in arrived if uid not in gone]
    return News(mailbox.highest_modseq, mailbox.uid_next, arrived, gone, merged(changed))


async def tell(session: "ImapSession", *, may_expunge: bool, own: frozenset[int] = frozenset()) -> None:
    """Write everything that is new. Ends the conversation when the mailbox is gone."""
    view = session.view
    assert view is not None
    try:
        news = session.store.glance(
            view.account_id, lambda reading: read_news(reading, view.mailbox_id, view.modseq, own)
        )
        await _tell(session, view, news, may_expunge)
    except NoSuchMailbox:
        session.mailbox_gone()
    except TryLater:
        # The command itself succeeded and must be answered so; the news can wait.
        return


async def tell_idle(session: "ImapSession") -> None:
    """The same for one of many that the same bell woke: all read the log together.

    What happens after that reading rings again.
    """
    view = session.view
    if view is None:
        return
    shared = session.service.shared_news
    key = (view.account_id, view.mailbox_id, view.modseq)
    if key not in shared:
        try:
            shared[key] = session.store.glance(
                view.account_id, lambda reading: read_news(reading, view.mailbox_id, view.modseq)
            )
        except NoSuchMailbox:
            session.mailbox_gone()
            return
        except TryLater:
            return
        # Everybody whom this bell woke runs in this turn of the loop.
        asyncio.get_running_loop().call_soon(shared.clear)
    await _tell(session, view, shared[key], may_expunge=True)


async def _tell(session: "ImapSession", view: View, news: News | None, may_expunge: bool) -> None:
    if news is None:
        if may_expunge and view.withheld:
            _tell_expunged(session, view)
        return
    gone = {uid for uid in news.gone if uid < view.uid_next}
    if gone or news.changed:
        # Before the view moves on: the uids are read as the client knows them.
        session.selected()
    since, view.modseq = view.modseq, news.modseq
    view.withheld |= gone
    if may_expunge and view.withheld:
        _tell_expunged(session, view)
    if news.arrived:
        _tell_arrived(session, view, news)
    view.uid_next = max(view.uid_next, news.uid_next)
    if news.changed:
        runs = view.runs_of(news.changed)
        await send_messages(session, view, runs, flags_plan(session), since=since)


def _tell_expunged(session: "ImapSession", view: View) -> None:
    numbers = view.remove(view.withheld)
    view.withheld = set()
    session.connection.write(b"".join([b"* %d EXPUNGE\r\n" % number for number in numbers]))


def _tell_arrived(session: "ImapSession", view: View, news: News) -> None:
    arrived = [uid for uid in news.arrived if uid >= view.uid_next]
    if not arrived:
        return
    view.append(arrived)
    session.untagged(b"%d EXISTS" % view.count)
    if not session.is_rev2:
        session.untagged(b"%d RECENT" % recent_count(view))


def recent_count(view: View) -> int:
    """How many messages are \\Recent in this session."""
    if not view.is_loaded:
        # What was \\Recent at SELECT had been loaded.
        return view.grown_count
    runs = view.runs_of([(view.recent_uid + 1, 2**32 - 1)])
    return sum(stop - start for start, stop in runs)


def flags_plan(session: "ImapSession", *, with_flags: bool = True) -> Plan:
    """How changed flags are told; `with_flags=False`: only the MODSEQ (RFC 7162 §3.1.3)."""
    items: tuple[Item, ...] = (Attribute.UID, Attribute.FLAGS) if with_flags else (Attribute.UID,)
    return session.service.plan((*items, Attribute.MODSEQ) if session.is_condstore else items)
