"""Flags and keywords: STORE over a whole mailbox is two statements.

System flags are bits and change by arithmetic; other keywords are text, of which a mailbox has few
different sets: each set is renewed once here, and the statement replaces old by new.
"""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.errors import BadName, LimitReached
from bocau.base.ids import MailboxId
from bocau.store import seen
from bocau.store.marking import Marking
from bocau.store.places import other_places
from bocau.store.statements import WRITING
from bocau.store.totals import Totals, summed
from bocau.store.uidranges import UidRanges, clamp, ranges_of, text_of
from bocau.store.values import ChangeKind, Flags

if TYPE_CHECKING:
    from bocau.store.writing import Writing

KEYWORDS_MAX: Final = 100
"""Keywords on one message."""
MAILBOX_KEYWORDS_MAX: Final = 1000
"""Different keywords ever used in one mailbox."""
KEYWORD_BYTES_MAX: Final = 255
SETS_ONE_BY_ONE_MAX: Final = 4
"""A scan for each of so few sets of keywords is faster than one join with them all."""
MODSEQ_MAX: Final = 2**63 - 1
_ALL_FLAGS: Final = sum(Flags)


class Wanted(NamedTuple):
    """What a STORE asks for."""

    add: int
    remove: int
    add_keywords: tuple[str, ...]
    remove_keywords: tuple[str, ...]
    replace: bool
    unchanged_since: int | None
    fixed: int = 0
    """Bits that stay even when the rest is replaced."""
    fixes_keywords: bool = False
    """Keywords stay even when the flags are replaced."""

    @property
    def keep(self) -> int:
        """Which bits stay."""
        return self.fixed if self.replace else ~self.remove

    @property
    def touched(self) -> int:
        """The bits that are set or cleared; where they are as in `add`, nothing changes."""
        return self.add | ~self.keep

    @property
    def limit(self) -> int:
        """The greatest modseq of a message that may change."""
        return MODSEQ_MAX if self.unchanged_since is None else self.unchanged_since

    @property
    def sums_are_known(self) -> bool:
        """Whether the number of messages that change says it all: of what the mailbox counts only \\Seen is
        touched, and alone, so each message that changes becomes seen, or unseen; or nothing is."""
        touched = Flags(self.touched & _ALL_FLAGS)
        is_alone = touched == Flags.SEEN or not touched & Flags.SEEN
        return is_alone and not touched & Flags.DELETED and not self.touches_keywords

    @property
    def touches_keywords(self) -> bool:
        return (self.replace and not self.fixes_keywords) or bool(self.add_keywords or self.remove_keywords)

    def within(self, bits: int, *, keywords: bool) -> "Wanted":
        """The same, of these bits (and keywords) only."""
        return self._replace(
            add=self.add & bits,
            remove=self.remove & bits,
            fixed=self.fixed | ~bits,
            add_keywords=self.add_keywords if keywords else (),
            remove_keywords=self.remove_keywords if keywords else (),
            fixes_keywords=self.fixes_keywords or not keywords,
        )


def normal_keywords(words: Iterable[str]) -> str:
    """Sorted, each once (case does not tell them apart), separated by a space. BadName, LimitReached."""
    found = {word.lower(): word for word in words if word}
    for word in found.values():
        if " " in word or not word.isprintable() or len(word.encode()) > KEYWORD_BYTES_MAX:
            raise BadName("not a keyword")
    if len(found) > KEYWORDS_MAX:
        raise LimitReached(f"more than {KEYWORDS_MAX} keywords on a message")
    return " ".join(sorted(found.values()))


def note_keywords(tx: "Writing", mailbox_id: MailboxId, words: Iterable[str]) -> None:
    """Remember new keywords with the mailbox, for the FLAGS response. LimitReached."""
    known = tx.keywords_used(mailbox_id)
    folded = {word.lower() for word in known}
    fresh = {word.lower(): word for word in words if word and word.lower() not in folded}
    if not fresh:
        return
    if len(known) + len(fresh) > MAILBOX_KEYWORDS_MAX:
        raise LimitReached(f"more than {MAILBOX_KEYWORDS_MAX} keywords in a mailbox")
    text = " ".join(sorted([*known, *fresh.values()]))
    tx.sql.execute(WRITING.set_mailbox_keywords, (text, tx.account_id, mailbox_id))


def change(
    tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, wanted: Wanted, *, carries: bool = True
) -> tuple[Sequence[int], list[int]]:
    """See Writing.change_keywords. `carries`: to the other places of the emails, too."""
    if wanted.add_keywords:
        normal_keywords(wanted.add_keywords)
    ranges = clamp(ranges, tx.uid_next(mailbox_id) - 1)
    refused = _refused(tx, mailbox_id, ranges, wanted.unchanged_since)
    guests = None if tx.is_owner else seen.prepared(tx, mailbox_id, ranges, wanted)
    if guests is not None:
        wanted = wanted.within(~1, keywords=True)
    renewed = _renewed_sets(tx, mailbox_id, ranges, wanted) if wanted.touches_keywords else None
    is_done = wanted.sums_are_known
    if is_done:
        total = _update_at_once(tx, mailbox_id, ranges, wanted)
    else:
        total = _totals(tx, mailbox_id, ranges, wanted, renewed)
    if not total.messages and not (guests is not None and guests.uids):
        return [], refused
    if total.messages and wanted.add_keywords:
        note_keywords(tx, mailbox_id, wanted.add_keywords)
    modseq = tx.next_modseq()
    uids: Sequence[int] = []
    marking = _marking(tx, mailbox_id, ranges, total, wanted)
    if total.messages:
        if not is_done:
            _update(tx, mailbox_id, ranges, wanted, renewed, modseq)
        _count(tx, mailbox_id, modseq, total, wanted)
        uids = _uids_changed(tx, mailbox_id, ranges, total, modseq)
    carried = ranges_of(uids)
    if guests is not None and guests.uids:
        seen.write(tx, mailbox_id, guests, modseq)
        uids = sorted({*uids, *guests.uids})
    marked = None if marking is None else marking.told()
    more = {} if marked is None else marked._asdict()
    tx.log(modseq, ChangeKind.KEYWORDS, mailbox_id, text_of(ranges_of(uids)), **more)
    if carries:
        _carry(tx.as_owner(), mailbox_id, carried, wanted)
    return uids, refused


def _marking(
    tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, total: Totals, wanted: Wanted
) -> Marking | None:
    """Of \\Deleted, where that may change."""
    deleted = int(Flags.DELETED)
    if wanted.add & deleted:
        changes = total.deleted < total.messages
    else:
        changes = total.deleted > 0 and not wanted.keep & deleted
    if not changes:
        return None
    return Marking.of(tx, mailbox_id, ranges, wanted.limit, hides=bool(wanted.add & deleted))


def _carry(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, wanted: Wanted) -> None:
    """The keywords of an email are the same in all its places (RFC 8621 §4.1.1), but for \\Deleted."""
    everywhere = wanted.within(~int(Flags.DELETED), keywords=True)._replace(unchanged_since=None)
    for other_id, uids in other_places(tx, mailbox_id, ranges).items():
        change(tx, other_id, ranges_of(uids), everywhere, carries=False)


def _refused(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, since: int | None) -> list[int]:
    if since is None:
        return []
    return [
        uid
        for first, last in ranges
        for (uid,) in tx.sql.rows(WRITING.refused, (tx.account_id, mailbox_id, first, last, since))
    ]


def _renewed_sets(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, wanted: Wanted) -> str:
    """JSON {old set: new set} for every keyword set in the ranges."""
    old = {
        text
        for first, last in ranges
        for (text,) in tx.sql.rows(WRITING.keyword_sets, (tx.account_id, mailbox_id, first, last))
    }
    return json.dumps({text: _renew(text, wanted) for text in old})


def _renew(text: str, wanted: Wanted) -> str:
    if wanted.replace:
        return normal_keywords(wanted.add_keywords)
    gone = {word.lower() for word in wanted.remove_keywords}
    kept = [word for word in text.split(" ") if word.lower() not in gone]
    return normal_keywords([*wanted.add_keywords, *kept])


def _parameters(
    tx: "Writing", mailbox_id: MailboxId, first: int, last: int, wanted: Wanted, renewed: str | None
) -> dict[str, int | str]:
    values: dict[str, int | str] = {
        "account_id": tx.account_id,
        "mailbox_id": mailbox_id,
        "first": first,
        "last": last,
        "unchanged_since": wanted.limit,
        "keep": wanted.keep,
        "touched": wanted.touched,
        "add": wanted.add,
    }
    return values if renewed is None else values | {"renewed": renewed}


def _totals(
    tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, wanted: Wanted, renewed: str | None
) -> Totals:
    """Of the messages that will change, as they are before."""
    statement = WRITING.flags_that_change if renewed is None else WRITING.states_that_change
    return summed(
        row
        for first, last in ranges
        for row in tx.sql.rows(statement, _parameters(tx, mailbox_id, first, last, wanted, renewed))
    )


def _uids_changed(
    tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, total: Totals, modseq: int
) -> Sequence[int]:
    """The messages that have changed are those that have the change's modseq now."""
    if total.is_dense:
        return total.all_uids
    return [
        uid
        for first, last in ranges
        for uid in json.loads(
            tx.sql.value(WRITING.uids_changed, (tx.account_id, mailbox_id, first, last, modseq))
        )
    ]


def _update_at_once(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, wanted: Wanted) -> Totals:
    """The change itself, without looking first (see `Wanted.sums_are_known`); returns what has changed.

    A second scan of 100,000 messages costs a third of the whole."""
    count = _update(tx, mailbox_id, ranges, wanted, None, tx.modseq() + 1)
    if not count:
        return Totals()
    place = (tx.account_id, mailbox_id, ranges[0][0], ranges[-1][1])
    bounds = tx.sql.row(WRITING.bounds, place)
    assert bounds is not None
    first_uid, last_uid = bounds
    return Totals(count, first_uid, last_uid, unseen=count if wanted.add & Flags.SEEN else 0)


def _update(
    tx: "Writing",
    mailbox_id: MailboxId,
    ranges: UidRanges,
    wanted: Wanted,
    renewed: str | None,
    modseq: int,
) -> int:
    """Returns how many messages have changed."""
    sets = {} if renewed is None else json.loads(renewed)
    steps: list[tuple[str, dict[str, str]]] = [(WRITING.change_states, {})]
    if renewed is None:
        steps = [(WRITING.change_flags, {})]
    elif len(sets) <= SETS_ONE_BY_ONE_MAX:
        steps = [(WRITING.change_set, {"old": old, "new": new}) for old, new in sets.items()]
    count = 0
    for first, last in ranges:
        values = _parameters(tx, mailbox_id, first, last, wanted, renewed) | {"modseq": modseq}
        for statement, more in steps:
            tx.sql.execute(statement, values | more)
            count += tx.sql.changed_rows
    return count


def _count(tx: "Writing", mailbox_id: MailboxId, modseq: int, total: Totals, wanted: Wanted) -> None:
    """Keep the mailbox's counters: how many became seen, how many lost DELETED."""
    kept_unseen = total.unseen if wanted.keep & 1 else total.messages
    kept_deleted = total.deleted if wanted.keep & 8 else 0
    seen = total.unseen - (0 if wanted.add & 1 else kept_unseen)
    deleted = total.deleted - (total.messages if wanted.add & 8 else kept_deleted)
    tx.sql.execute(WRITING.adjust, (modseq, 0, seen, deleted, 0, tx.account_id, mailbox_id))
