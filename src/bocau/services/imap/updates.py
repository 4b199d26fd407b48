"""What changed in the selected mailbox since the client was last told (RFC 9051 §7.4.1, §7.5, RFC 7162 §3.2).

change log after view.modseq → EXPUNGE (unless withheld) → EXISTS, RECENT → FLAGS → FETCH
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bocau.base.errors import NoSuchMailbox
from bocau.base.ids import ModSeq
from bocau.protocols.imap.sets import merged
from bocau.services.imap.flags import SYSTEM_TEXT, flags_text
from bocau.services.imap.view import View
from bocau.store import ChangeKind, Reading

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

Row = tuple[int, int, int, str]
"""uid, modseq, flags, keywords."""


@dataclass(frozen=True, slots=True)
class News:
    """What the change log says after `view.modseq`."""

    modseq: ModSeq
    uid_next: int
    arrived: list[int]
    gone: set[int]
    rows: list[Row]
    """The present flags of messages whose flags changed."""


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
    rows = reading.flags(view.mailbox_id, merged(changed), since=view.modseq) if changed else []
    return News(
        mailbox.highest_modseq,
        mailbox.uid_next,
        [uid for uid in arrived if uid not in gone],
        {uid for uid in gone if uid < view.uid_next},
        [row for row in rows if row[0] < view.uid_next],
    )


def tell(session: "ImapSession", *, may_expunge: bool, own: frozenset[int] = frozenset()) -> None:
    """Write everything that is new. Ends the conversation when the mailbox is gone."""
    view = session.view
    assert view is not None
    try:
        news = session.store.glance(session.account_id, lambda reading: read_news(reading, view, own))
    except NoSuchMailbox:
        session.mailbox_gone()
        return
    if news is not None:
        view.modseq = news.modseq
        view.withheld |= news.gone
    if may_expunge and view.withheld:
        _tell_expunged(session, view)
    if news is not None:
        if news.arrived:
            _tell_arrived(session, view, news)
        view.uid_next = max(view.uid_next, news.uid_next)
        if news.rows:
            tell_flags(session, view, news.rows)


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


def tell_flags(session: "ImapSession", view: View, rows: Iterable[Row], *, with_flags: bool = True) -> None:
    """Untagged FETCH with the present flags; `with_flags=False`: only the MODSEQ (RFC 7162 §3.1.3)."""
    shows_modseq, recent_uid = session.is_condstore, recent_limit(session, view)
    announce(session, view, rows := list(rows))
    lines = []
    for uid, modseq, flags, keywords in rows:
        number = view.number_of(uid)
        if number is None:
            continue
        line = b"* %d FETCH (UID %d" % (number, uid)
        if with_flags:
            line += b" FLAGS (%b)" % flags_text(flags, keywords, uid > recent_uid)
        if shows_modseq:
            line += b" MODSEQ (%d)" % modseq
        lines.append(line)
    if lines:
        lines.append(b"")
        session.connection.write(b")\r\n".join(lines))


def recent_limit(session: "ImapSession", view: View) -> int:
    """Greater uids show \\Recent; IMAP4rev2 knows no \\Recent (RFC 9051 appendix E)."""
    return 2**32 if session.is_rev2 else view.recent_uid


def announce(session: "ImapSession", view: View, rows: Iterable[Row]) -> None:
    """A keyword that FLAGS has not named yet is named before it is shown (RFC 9051 §7.3.1)."""
    texts = {row[3] for row in rows}
    new = {keyword for text in texts if text for keyword in text.split(" ")} - view.keywords
    if new:
        view.keywords |= new
        tell_keywords(session, view)


def tell_keywords(session: "ImapSession", view: View) -> None:
    names = b" ".join([SYSTEM_TEXT, *(keyword.encode("utf-8") for keyword in sorted(view.keywords))])
    session.untagged(b"FLAGS (%b)" % names)
    permanent = b"" if view.is_read_only else names + b" \\*"
    session.untagged(b"OK [PERMANENTFLAGS (%b)] flags are kept" % permanent)
