"""What \\Deleted does to emails: IMAP marks messages to remove them later; others do not see them meanwhile
(RFC 8621 §4.1.1).

    messages that get or lose \\Deleted → their emails; those seen nowhere → the row of the change log

The row is that of the change of flags; to who follows emails it is as if these had gone, or come back.
"""

import json
from typing import TYPE_CHECKING, NamedTuple, Self

from bocau.base.ids import MailboxId
from bocau.store.emailchanges import EMAIL_CHANGES, HIDDEN, SHOWN, rows_for
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

    def __init__(self, tx: "Writing", serials: list[int], *, hides: bool) -> None:
        self._tx = tx.as_owner()
        self._serials = serials
        self._hides = hides
        # What comes back is unseen now; what is hidden will be.
        self._unseen = [] if hides else self._unseen_now()

    @classmethod
    def of(
        cls, tx: "Writing", mailbox_id: MailboxId, ranges: UidRanges, modseq_max: int, *, hides: bool
    ) -> Self:
        """Of the messages of these ranges that will change."""
        state, found = 0 if hides else _DELETED, set[int]()
        for first, last in ranges:
            place = (tx.account_id, mailbox_id, first, last, state, modseq_max)
            found.update(serial for (serial,) in tx.sql.rows(EMAIL_CHANGES.deleted_at, place))
        return cls(tx, sorted(found), hides=hides)

    def told(self) -> Marked | None:
        """None: no message was marked, or unmarked."""
        if not self._serials:
            return None
        unseen = self._unseen_now() if self._hides else self._unseen
        gone = json.dumps(unseen, separators=(",", ":")) if unseen else None
        return Marked(HIDDEN if self._hides else SHOWN, text_of(ranges_of(self._serials)), gone)

    def _unseen_now(self) -> list[tuple[int, ...]]:
        return rows_for(self._tx, EMAIL_CHANGES.unseen, self._serials)
