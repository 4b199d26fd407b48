"""What changed in the selected mailbox since the client was last told (RFC 9051 §7.4.1, §7.5, RFC 7162 §3.2).

change log after view.modseq → EXPUNGE (unless withheld) → EXISTS, RECENT → FLAGS → FETCH
"""

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bocau.base.errors import NoSuchMailbox, TryLater
from bocau.base.ids import ModSeq
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


def read_news(reading: Reading, view: View, own: frozenset[int] = frozenset()) -> News | None:
    """Read the log; None when nothing happened. `own` changes are not told. NoSuchMailbox."""
    mailbox = reading.mailbox(view.mailbox_id)
    if mailbox.highest_modseq <= view.modseq:
        return None
    view.load(reading)
    arrived: list[int] = []
    gone: set[int] = set()
    changed: list[tuple[int, int]] = []
    for change in reading.changes(view.modseq, view.mailbox_id):
        if change.kind is ChangeKind.ADDED:
            arrived += chain.from_iterable(range(low, high + 1) for low, high in change.uids)
        elif change.kind is ChangeKind.EXPUNGED:
            gone.update(chain.from_iterable(range(low, high + 1) for low, high in change.uids))
        elif change.kind is ChangeKind.KEYWORDS and change.modseq not in own:
            changed += change.uids
    return News(
        mailbox.highest_modseq,
        mailbox.uid_next,
        [uid for uid in arrived if uid not in gone],
        {uid for uid in gone if uid < view.uid_next},
        merged(changed),
    )


async def tell(session: "ImapSession", *, may_expunge: bool, own: frozenset[int] = frozenset()) -> None:
    """Write everything that is new. Ends the conversation when the mailbox is gone."""
    view = session.view
    assert view is not None
    try:
        news = session.store.glance(session.account_id, lambda reading: read_news(reading, view, own))
    except NoSuchMailbox:
        session.mailbox_gone()
        return
    except TryLater:
        # The command itself succeeded and must be answered so; the news can wait.
        return
    since = view.modseq
    if news is not None:
        view.modseq = news.modseq
        view.withheld |= news.gone
    if may_expunge and view.withheld:
        _tell_expunged(session, view)
    if news is not None:
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
    if view.recent_uid >= view.uid_next - 1 and (not view.is_loaded or not view.count):
        return 0
    runs = view.runs_of([(view.recent_uid + 1, 2**32 - 1)])
    return sum(stop - start for start, stop in runs)


def flags_plan(session: "ImapSession", *, with_flags: bool = True) -> Plan:
    """How changed flags are told; `with_flags=False`: only the MODSEQ (RFC 7162 §3.1.3)."""
    items: tuple[Item, ...] = (Attribute.UID, Attribute.FLAGS) if with_flags else (Attribute.UID,)
    return session.service.plan((*items, Attribute.MODSEQ) if session.is_condstore else items)
