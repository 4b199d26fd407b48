"""What \\Deleted does to emails: IMAP marks messages to remove them later; others do not see them meanwhile
(RFC 8621 §4.1.1).

    messages that get or lose \\Deleted → their emails; those seen nowhere → the row of the change log

The row is that of the change of flags; to who follows emails it is as if these had gone, or come back.
"""

import json
from typing import TYPE_CHECKING, NamedTuple, Self

from bocau.base.ids import MailboxId
from bocau.store.emailchanges import EMAIL_CHANGES, HIDDEN, SHOWN, rows_for
from bocau.store.places import has_shared
from bocau.store.uidranges import UidRanges, ranges_of, text_of
from bocau.store.values import Flags

if TYPE_CHECKING:
    from bocau.store.writing import Writing

_DELETED = int(Flags.DELETED)


class Marked(NamedTuple):
    """What the row says beside the messages that have changed."""

    name: str
    """HIDDEN or SHOWN."""
    emails: str
    """The serials of all whose \\Deleted has changed somewhere, as ranges."""
    gone: str | None
    """Those that are seen nowhere now, or were not before: JSON as in `expunging.Removed`."""


class Marking:
    """One change of \\Deleted: made before the messages change, told after it."""

    def __init__(self, tx: "Writing", serials: list[int], pairs: str, *, hides: bool) -> None:
        """`pairs`: of each email and its thread, JSON without brackets."""
        self._tx = tx.as_owner()
        self._serials = serials
        self._hides = hides
        self._unseen: str | None = None
        if not has_shared(self._tx):
            self._unseen = f"[{pairs}]"
        elif not hides:  # what comes back is unseen now; what is hidden will be
            self._unseen = self._unseen_now()

    @classmethod
    def of(
        cls, tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, modseq_max: int, *, hides: bool
    ) -> Self:
        """Of the messages of these ranges that will change."""
        state, found, pairs = 0 if hides else _DELETED, set[int](), []
        for first, last in ranges:
            place = (tx.account_id, mailbox_id, first, last, state, modseq_max)
            row = tx.sql.row(EMAIL_CHANGES.deleted_at, place)
            if row is not None and row[1] is not None:
                found.update(json.loads(row[0]))
                pairs.append(row[1])
        return cls(tx, sorted(found), ",".join(pairs), hides=hides)

    def told(self) -> Marked | None:
        """None: no message was marked, or unmarked."""
        if not self._serials:
            return None
        unseen = self._unseen_now() if self._unseen is None else self._unseen
        name = HIDDEN if self._hides else SHOWN
        return Marked(name, text_of(ranges_of(self._serials)), None if unseen == "[]" else unseen)

    def _unseen_now(self) -> str:
        """Emails may have other places, which are not \\Deleted: each is looked at."""
        return json.dumps(rows_for(self._tx, EMAIL_CHANGES.unseen, self._serials), separators=(",", ":"))
