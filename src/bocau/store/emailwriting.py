"""Changing emails wherever they lie (RFC 8621 §4.6): a thousand at once by the verbs for ranges of uids.

    patches by email → groups of uids that want the same in the same mailbox → one verb for each group

The verbs log what they do, so IMAP hears of it as of its own commands. A verb that refuses does so before it
writes; only the emails of its group stay as they were.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from bocau.base.errors import BadName, LimitReached, NoSuchMailbox, NoSuchMessage, Refused
from bocau.base.ids import EmailId, MailboxId
from bocau.store import access, keywords, transfer
from bocau.store.emails import Place, all_places_of
from bocau.store.keywords import Wanted, note_keywords
from bocau.store.uidranges import ranges_of
from bocau.store.values import Flags

if TYPE_CHECKING:
    from bocau.store.writing import Writing

G = TypeVar("G")
Mailboxes = frozenset[MailboxId]
_NONE: Mailboxes = frozenset()


class EmailPatch(NamedTuple):
    """What is to become of one email."""

    keywords: Wanted | None = None
    """Without \\Deleted, which no verb here touches."""
    mailboxes: Mailboxes | None = None
    """Exactly these; None: those that it has."""
    into: Mailboxes = _NONE
    """And these."""
    out_of: Mailboxes = _NONE
    """But not these."""

    def wanted(self, current: Mailboxes) -> Mailboxes:
        """Where the email lies then."""
        return ((current if self.mailboxes is None else self.mailboxes) | self.into) - self.out_of


Failures = dict[EmailId, Refused]


def change_emails(tx: "Writing", patches: Mapping[EmailId, EmailPatch]) -> Failures:
    """Change each email as its patch says; returns those that stay as they were, and why: NoSuchMessage,
    NoSuchMailbox (also when none would be left), LimitReached (too many keywords)."""
    access.require_owner(tx)
    everywhere = all_places_of(tx, list(patches))
    places = _by_email(place for place in everywhere if not place.flags & Flags.DELETED)
    hidden = _by_email(place for place in everywhere if place.flags & Flags.DELETED)
    failures: Failures = {one: NoSuchMessage("no such email") for one in patches if one not in places}
    moves = _Moves(tx, failures)
    for email_id, found in places.items():
        wanted = patches[email_id].wanted(frozenset(place.mailbox_id for place in found))
        moves.plan(found, hidden.get(email_id, ()), wanted)
    _change_keywords(tx, places, patches, failures)
    moves.carry_out()
    return failures


def destroy_emails(tx: "Writing", email_ids: Collection[EmailId]) -> Failures:
    """Remove emails from wherever they lie; returns those that do not exist."""
    access.require_owner(tx)
    everywhere = all_places_of(tx, list(email_ids))
    known = {place.email_id for place in everywhere if not place.flags & Flags.DELETED}
    places = [place for place in everywhere if place.email_id in known]
    for (mailbox_id,), some in _grouped(places, lambda place: (place.mailbox_id,)).items():
        tx.expunge(mailbox_id, ranges_of(some), only_deleted=False)
    return {one: NoSuchMessage("no such email") for one in email_ids if one not in known}


def _by_email(places: Iterable[Place]) -> dict[EmailId, list[Place]]:
    found: dict[EmailId, list[Place]] = {}
    for place in places:
        found.setdefault(place.email_id, []).append(place)
    return found


def _grouped(places: Iterable[Place], key: Callable[[Place], G]) -> dict[G, list[int]]:
    """The uids of places by what they have in common, ascending."""
    found: dict[G, list[int]] = {}
    for place in places:
        found.setdefault(key(place), []).append(place.uid)
    return {group: sorted(uids) for group, uids in found.items()}


# --- keywords -----------------------------------------------------------------------------------


def _change_keywords(
    tx: "Writing",
    places: Mapping[EmailId, list[Place]],
    patches: Mapping[EmailId, EmailPatch],
    failures: Failures,
) -> None:
    groups: dict[tuple[MailboxId, Wanted], list[Place]] = {}
    for email_id, found in places.items():
        wanted = patches[email_id].keywords
        if wanted is not None and email_id not in failures:
            for place in found:
                groups.setdefault((place.mailbox_id, wanted), []).append(place)
    for (mailbox_id, wanted), some in groups.items():
        _change_group(tx, mailbox_id, wanted, some, failures)


def _change_group(
    tx: "Writing", mailbox_id: MailboxId, wanted: Wanted, places: list[Place], failures: Failures
) -> None:
    uids = sorted(place.uid for place in places if place.email_id not in failures)
    try:
        keywords.change(tx, mailbox_id, ranges_of(uids), wanted)
    except (BadName, LimitReached) as error:
        if len(places) == 1:
            failures[places[0].email_id] = error
        else:  # one of them has too many already: the others shall not suffer
            for place in places:
                _change_group(tx, mailbox_id, wanted, [place], failures)


# --- mailboxes ----------------------------------------------------------------------------------


class _Moves:
    """What emails leave, and where they go."""

    def __init__(self, tx: "Writing", failures: Failures) -> None:
        self._tx = tx
        self._failures = failures
        self._mailboxes = {mailbox.mailbox_id for mailbox in tx.mailboxes()}
        self._ready: dict[tuple[MailboxId, MailboxId], LimitReached | None] = {}
        self._shared: dict[tuple[MailboxId, MailboxId], list[Place]] = {}
        self._moved: dict[tuple[MailboxId, MailboxId], list[Place]] = {}
        self._left: dict[MailboxId, list[Place]] = {}
        self._restored: dict[MailboxId, list[Place]] = {}

    def plan(self, places: list[Place], hidden: Sequence[Place], wanted: Mailboxes) -> None:
        """One step for each mailbox that is new: a move from one that is left, else a second place. `hidden`:
        places that are \\Deleted; they come back where the email is wanted."""
        deleted = {place.mailbox_id: place for place in hidden}
        current = {place.mailbox_id: place for place in places}
        new = sorted(wanted.difference(current))
        left = [current[mailbox_id] for mailbox_id in sorted(set(current).difference(wanted))]
        source = places[0]
        error = self._refusal(list(current), wanted, new)
        if error is not None:
            self._failures[source.email_id] = error
            return
        for target in new:
            if target in deleted:
                self._restored.setdefault(target, []).append(deleted[target])
            elif left:
                place = left.pop()
                self._moved.setdefault((place.mailbox_id, target), []).append(place)
            else:
                self._shared.setdefault((source.mailbox_id, target), []).append(source)
        for place in left:
            self._left.setdefault(place.mailbox_id, []).append(place)

    def _refusal(self, current: list[MailboxId], wanted: Mailboxes, new: list[MailboxId]) -> Refused | None:
        if not wanted:
            return NoSuchMailbox("an email belongs to at least one mailbox")
        if not self._mailboxes.issuperset(new):
            return NoSuchMailbox("no such mailbox")
        ways = product(current, new)
        return next((error for source, target in ways if (error := self._prepared(source, target))), None)

    def _prepared(self, source: MailboxId, target: MailboxId) -> LimitReached | None:
        """Make the source's keywords known in the target, which the verbs would do too late to refuse."""
        if (source, target) not in self._ready:
            self._ready[source, target] = None
            try:
                note_keywords(self._tx, target, self._tx.keywords_used(source))
            except LimitReached as error:
                self._ready[source, target] = error
        return self._ready[source, target]

    def carry_out(self) -> None:
        tx = self._tx
        for (source, target), places in self._shared.items():
            transfer.share(tx, source, self._ranges(places), target)
        for (source, target), places in self._moved.items():
            tx.move(source, self._ranges(places), target)
        for mailbox_id, places in self._restored.items():
            tx.change_keywords(mailbox_id, self._ranges(places), remove=Flags.DELETED)
        for source, places in self._left.items():
            tx.expunge(source, self._ranges(places), only_deleted=False)

    def _ranges(self, places: list[Place]) -> list[tuple[int, int]]:
        return ranges_of(sorted(place.uid for place in places if place.email_id not in self._failures))
