"""What changed in the selected mailbox since the client was last told (RFC 9051 §7.4.1, §7.5, RFC 7162 §3.2).

change log after view.modseq → EXPUNGE or VANISHED (unless withheld) → EXISTS, RECENT → FLAGS → FETCH

`tell` is for the session whose command is answered. Idle sessions are told by `idlers`, which reads the log
and formats once for all whose views are equal (`tell_waiting`, `Digest`).
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from bocau.base.errors import NoSuchMailbox, NotPermitted, TryLater
from bocau.base.ids import MailboxId, ModSeq
from bocau.base.wiretext import UINT63_MAX
from bocau.protocols.imap.fetch import Attribute, Item
from bocau.protocols.imap.sets import merged, ranges_of
from bocau.services.imap.arrivals import send_arrived
from bocau.services.imap.contexts import tell_changed, tell_gone
from bocau.services.imap.formatter import Batch, Plan, Row, flag_texts
from bocau.services.imap.keywords import announcement
from bocau.services.imap.loading import NOW_MESSAGES_MAX, has_uids, load
from bocau.services.imap.recent import recent_limit
from bocau.services.imap.rights import may_read
from bocau.services.imap.sending import NARROW_MESSAGES, send_messages
from bocau.services.imap.vanished import LOG_ROWS, vanished_lines
from bocau.services.imap.view import View
from bocau.store import ChangeKind, Reading
from bocau.store.access import Deed, require

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


class FarBehind(Exception):
    """The log since then is longer than a glance may read."""


@dataclass(frozen=True, slots=True)
class News:
    """What the change log says after `view.modseq`."""

    modseq: ModSeq
    uid_next: int
    arrived: list[int]
    gone: set[int]
    changed: list[tuple[int, int]]
    """Uids whose flags changed."""
    added: Sequence[tuple[ModSeq, Sequence[tuple[int, int]]]]
    """What arrived by which change, as the log has it."""
    first_gone: int = 0
    """The modseq at which the first of `gone` went; 0: none did."""

    @property
    def is_short(self) -> bool:
        """Whether the changed flags are told in one go."""
        return sum(high - low + 1 for low, high in self.changed) <= NARROW_MESSAGES


@dataclass(slots=True)
class Digest:
    """One round over idle sessions: what has been read and written for the first of each kind."""

    news: dict[tuple[int, ...], News | None] = field(default_factory=dict)
    told: dict[tuple[Any, ...], tuple[bytes, View]] = field(default_factory=dict)


def read_news(
    reading: Reading,
    mailbox_id: MailboxId,
    after: ModSeq,
    own: frozenset[int] = frozenset(),
    *,
    rows_max: int = LOG_ROWS,
) -> News | None:
    """Read the log; None when nothing happened. `own` changes are not told. NoSuchMailbox, FarBehind."""
    mailbox = reading.mailbox(mailbox_id)
    require(reading, mailbox_id, Deed.READ)
    if mailbox.highest_modseq <= after:
        return None
    if mailbox.highest_modseq - after > rows_max:
        raise FarBehind
    arrived: list[int] = []
    gone: set[int] = set()
    changed: list[tuple[int, int]] = []
    added = []
    first_gone = 0
    for change in reading.changes(after, mailbox_id):
        if change.kind is ChangeKind.ADDED:
            added.append((change.modseq, change.uids))
            arrived += chain.from_iterable(range(low, high + 1) for low, high in change.uids)
        elif change.kind is ChangeKind.EXPUNGED:
            gone.update(chain.from_iterable(range(low, high + 1) for low, high in change.uids))
            first_gone = first_gone or change.modseq
        elif change.kind is ChangeKind.KEYWORDS and change.modseq not in own:
            changed += change.uids
    arrived = [uid for uid in arrived if uid not in gone]
    return News(mailbox.highest_modseq, mailbox.uid_next, arrived, gone, merged(changed), added, first_gone)


async def tell(
    session: "ImapSession",
    *,
    may_expunge: bool,
    own: frozenset[int] = frozenset(),
    is_asked: bool = False,
    with_searches: bool = True,
) -> None:
    """Write everything that is new. Ends the conversation when the mailbox is gone.

    `is_asked`: the client has removed messages by this command, so it is told even if NOTIFY wants no news.
    `with_searches=False`: searches that go on are told another time, behind what the command itself shows.
    """
    view, watch = session.view, session.watch
    assert view is not None
    if watch is not None and not watch.wants_messages and not is_asked:
        return
    try:
        news, first_new = await _read(session, view, own), view.uid_next
        has_gone = may_expunge and _has_gone(view, news)
        await _tell(session, view, news if watch is None else watch.heeded(news), may_expunge)
        if has_gone and not is_asked and (watch is None or watch.wants_flags):
            session.connection.write(_highest_text(session, view))
        if view.contexts and with_searches:
            await tell_changed(session, view)
        if news is not None and news.added:
            await send_arrived(session, view, news.added, first_new)
    except (NoSuchMailbox, NotPermitted):
        session.mailbox_gone()
    except TryLater:
        # The command itself succeeded and must be answered so; the news can wait.
        return


async def _read(session: "ImapSession", view: View, own: frozenset[int]) -> News | None:
    """Now, or where much has happened, in the reader thread."""
    try:
        return session.store.glance(
            view.account_id, lambda reading: read_news(reading, view.mailbox_id, view.modseq, own)
        )
    except FarBehind:
        return await session.store.read(
            view.account_id,
            lambda reading: read_news(reading, view.mailbox_id, view.modseq, own, rows_max=UINT63_MAX),
        )


async def _tell(session: "ImapSession", view: View, news: News | None, may_expunge: bool) -> None:
    since = view.modseq
    if news is not None and (news.gone or news.changed):
        await load(session)
    # Read before the view moves on: what cannot be read now is told another time.
    rows = _changed_rows(session, view, news)
    if view.contexts and may_expunge:
        tell_gone(session, view, view.withheld | (set() if news is None else news.gone))
    text = _mailbox_text(session, view, news, may_expunge)
    session.connection.write(text + _flags_text(session, view, rows))
    if news is not None and not news.is_short:
        await send_messages(session, view, view.runs_of(news.changed), flags_plan(session), since=since)


def tell_waiting(session: "ImapSession", digest: Digest) -> bool:
    """Tell a session that waits in IDLE, without a turn of its own task; False: its task must do it."""
    view = session.view
    if session.watch is not None:
        return False
    if view is None:
        return True
    if view.withheld or len(view.saved) or view.contexts or not may_read(session, view):
        return False
    kind = _kind(session, view)
    found = digest.told.get(kind)
    if found is None:
        try:
            news = _digested(session, view, digest)
            if news is None:
                return True
            if not news.is_short or not (has_uids(session, view) or view.count <= NOW_MESSAGES_MAX):
                return False
            rows, has_gone = _changed_rows(session, view, news), _has_gone(view, news)
            text = _mailbox_text(session, view, news, may_expunge=True) + _flags_text(session, view, rows)
            text += _highest_text(session, view) if has_gone else b""
        except (FarBehind, NoSuchMailbox, NotPermitted, TryLater):
            return False
        found = digest.told[kind] = text, copy(view)
    else:
        view.follow(found[1])
    session.connection.write(found[0])
    return True


def _kind(session: "ImapSession", view: View) -> tuple[Any, ...]:
    """Sessions of one kind are told the same in the same words."""
    reader = session.account_id if view.has_own_seen else 0
    return (
        *view.state,
        reader,
        session.is_condstore,
        session.is_rev2,
        session.is_qresync,
        session.is_uid_only,
    )


def _digested(session: "ImapSession", view: View, digest: Digest) -> News | None:
    key = (view.account_id, view.mailbox_id, view.modseq)
    if key not in digest.news:
        digest.news[key] = session.store.glance(
            view.account_id, lambda reading: read_news(reading, view.mailbox_id, view.modseq)
        )
    return digest.news[key]


def _mailbox_text(session: "ImapSession", view: View, news: News | None, may_expunge: bool) -> bytes:
    """Move the view on; what is to be said of messages that went and came."""
    if news is None:
        return _expunged_text(session, view) if may_expunge and view.withheld else b""
    gone = {uid for uid in news.gone if uid < view.uid_next}
    if gone or news.changed:
        # Before the view moves on: the uids are read as the client knows them.
        session.selected()
    view.modseq = news.modseq
    if gone and not view.withheld:
        view.withheld_after = ModSeq(news.first_gone - 1)
    view.withheld |= gone
    text = _expunged_text(session, view) if may_expunge and view.withheld else b""
    arrived = [uid for uid in news.arrived if uid >= view.uid_next]
    view.uid_next = max(view.uid_next, news.uid_next)
    if arrived:
        view.append(arrived)
        text += _arrived_text(session, view)
    view.share(session.service.uid_lists)
    return text


def _expunged_text(session: "ImapSession", view: View) -> bytes:
    """EXPUNGE, or VANISHED for who has asked for that (RFC 7162 §3.2.10.2, RFC 9586 §3)."""
    gone, view.withheld = view.withheld, set()
    numbers = view.remove(gone)
    if session.is_qresync or session.is_uid_only:
        return vanished_lines(ranges_of(sorted(gone)))
    return b"".join([b"* %d EXPUNGE\r\n" % number for number in numbers])


def _has_gone(view: View, news: News | None) -> bool:
    return bool(view.withheld or (news is not None and news.gone))


def _highest_text(session: "ImapSession", view: View) -> bytes:
    """VANISHED has no modseq of its own: without this the client asks for it once more (RFC 7162 §6)."""
    return b"* OK [HIGHESTMODSEQ %d] highest\r\n" % view.modseq if session.is_qresync else b""


def _arrived_text(session: "ImapSession", view: View) -> bytes:
    text = b"* %d EXISTS\r\n" % view.count
    return text if session.is_rev2 else text + b"* %d RECENT\r\n" % recent_count(view)


def recent_count(view: View) -> int:
    """How many messages are \\Recent in this session."""
    if not view.is_loaded:
        return view.recent_count + view.grown_count
    runs = view.runs_of([(view.recent_uid + 1, 2**32 - 1)])
    return sum(stop - start for start, stop in runs)


def _changed_rows(session: "ImapSession", view: View, news: News | None) -> list[Row]:
    """The flags of a few messages that changed."""
    if news is None or not news.changed or not news.is_short:
        return []
    return session.store.glance(
        view.account_id,
        lambda reading: reading.flags(view.mailbox_id, news.changed, since=view.modseq),
    )


def _flags_text(session: "ImapSession", view: View, rows: list[Row]) -> bytes:
    """Their FETCH responses; one that is gone from this view in the meantime has no number."""
    rows = [row for row in rows if view.number_of(row[0])]
    if not rows:
        return b""
    batch = Batch([view.number_of(row[0]) or 0 for row in rows], [row[0] for row in rows], rows=rows)
    batch.flags = flag_texts(rows, recent_limit(session, view))
    batch.modseqs = [row[1] for row in rows]
    return announcement(view, rows) + flags_plan(session).format(batch)


def flags_plan(session: "ImapSession", *, with_flags: bool = True) -> Plan:
    """How changed flags are told; `with_flags=False`: only the MODSEQ (RFC 7162 §3.1.3)."""
    # UIDFETCH begins with the uid (RFC 9586 §3.3).
    items: tuple[Item, ...] = () if session.is_uid_only else (Attribute.UID,)
    if with_flags:
        items = (*items, Attribute.FLAGS)
    if session.is_condstore:
        items = (*items, Attribute.MODSEQ)
    return session.service.plan(items, is_uid_only=session.is_uid_only)
