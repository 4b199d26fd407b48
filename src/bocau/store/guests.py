"""What the verbs of `Writing` do for a guest, who is not the owner of the mailbox (RFC 4314 §4).

First the right is asked for; flags that the guest may not set are dropped; its \\Seen is its own (`seen`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bocau.base.errors import NotPermitted
from bocau.base.ids import EmailId, MailboxId, Uid
from bocau.store import addition, keywords, seen, transfer
from bocau.store.access import Deed, Rights, require, rights
from bocau.store.keywords import Wanted
from bocau.store.uidranges import UidRanges, ranges_of
from bocau.store.values import Flags

if TYPE_CHECKING:
    from bocau.store.writing import Writing

_SEEN: Final = int(Flags.SEEN)
_BITS: Final = {
    "s": _SEEN,
    "t": int(Flags.DELETED),
    "w": int(Flags.ANSWERED | Flags.FLAGGED | Flags.DRAFT),
}
"""RFC 4314 §4: which flags a right is about; "w" also about all keywords."""
_CLEARED: Final = Wanted(0, 0, (), (), True, None)


def flags_within(given: Rights) -> int:
    """The flags that these rights let one change."""
    return sum(bits for letter, bits in _BITS.items() if letter in given)


def change_keywords(
    tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, wanted: Wanted
) -> tuple[Sequence[int], list[int]]:
    """STORE: what the guest may change of what is asked. NotPermitted when that is nothing."""
    require(tx, mailbox_id, Deed.READ)
    given = rights(tx, mailbox_id)
    asked = _asked(wanted)
    if asked and not asked & given:
        raise NotPermitted("you may not change these flags")
    limited = wanted.within(flags_within(given), keywords="w" in given)
    return keywords.change(tx, mailbox_id, ranges, limited)


def _asked(wanted: Wanted) -> Rights:
    """The rights that the flags named are about."""
    if wanted.replace:
        return frozenset(_BITS)
    named = wanted.add | wanted.remove
    letters = {letter for letter, bits in _BITS.items() if named & bits}
    if wanted.add_keywords or wanted.remove_keywords:
        letters.add("w")
    return frozenset(letters)


def add(
    tx: "Writing", mailbox_id: MailboxId, emails: Sequence[addition.Addition]
) -> list[tuple[Uid, EmailId]]:
    """APPEND: with the flags that the guest may set."""
    require(tx, mailbox_id, Deed.INSERT)
    given = rights(tx, mailbox_id)
    shared = flags_within(given) & ~_SEEN
    limited = [
        (email, Flags(int(flags) & shared), words if "w" in given else "") for email, flags, words in emails
    ]
    added = addition.add(tx.as_owner(), mailbox_id, limited)
    if "s" in given:
        seen_uids = [uid for (uid, _), (_, flags, _) in zip(added, emails, strict=True) if int(flags) & _SEEN]
        seen.mark_new(tx, mailbox_id, seen_uids)
    return added


def copy(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
    """COPY within the owner's account."""
    require(tx, mailbox_id, Deed.READ)
    require(tx, target, Deed.INSERT)
    pairs = transfer.copy(tx.as_owner(), mailbox_id, ranges, target)
    _limit_copies(tx, target, pairs)
    return pairs


def move(tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, target: MailboxId) -> list[tuple[Uid, Uid]]:
    """MOVE within the owner's account."""
    require(tx, mailbox_id, Deed.TAKE_AWAY)
    require(tx, target, Deed.INSERT)
    pairs = transfer.move(tx.as_owner(), mailbox_id, ranges, target)
    _limit_copies(tx, target, pairs)
    return pairs


def _limit_copies(tx: "Writing", target: MailboxId, pairs: Sequence[tuple[Uid, Uid]]) -> None:
    """Take from the copies the flags that the guest may not set there."""
    given = rights(tx, target)
    new = ranges_of(sorted(copy for _, copy in pairs))
    if not new or given >= frozenset(_BITS):
        return
    # The owner's \\Seen is none of the guest's business.
    forbidden = ~(flags_within(given) | _SEEN)
    keywords.change(tx.as_owner(), target, new, _CLEARED.within(forbidden, keywords="w" not in given))
    if "s" not in given:
        seen.unmark(tx, target, new)
