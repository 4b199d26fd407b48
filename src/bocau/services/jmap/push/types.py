"""Which types a row of the change log concerns, and the states of types (RFC 8620 §7.1)."""

from collections.abc import Collection, Iterable
from typing import Final

from bocau.database import Queries
from bocau.services.jmap.quota_state import held
from bocau.services.jmap.states import MailState
from bocau.store import Reading
from bocau.store.apart import last_change
from bocau.store.emails import mail_state
from bocau.store.values import ChangeKind

PUSH: Final = Queries("bocau.store", "sql/sqlite/push.sql")
ROWS_MAX: Final = 10_000
"""Whoever has missed more is told of every type."""

EMAIL_DELIVERY: Final = "EmailDelivery"
"""RFC 8621 §1.5: changes only when an email is new."""
_MAIL: Final = ("Email", "Thread", "Mailbox")
QUOTA: Final = "Quota"
"""RFC 9425 §5: what comes and goes changes what is used."""
_OF_KIND: Final[dict[ChangeKind, tuple[str, ...]]] = {
    ChangeKind.ADDED: (*_MAIL, EMAIL_DELIVERY, QUOTA),
    ChangeKind.KEYWORDS: ("Email", "Mailbox"),
    ChangeKind.EXPUNGED: (*_MAIL, QUOTA),
    ChangeKind.MAILBOX_CREATED: ("Mailbox", QUOTA),
    ChangeKind.MAILBOX_CHANGED: ("Mailbox",),
    ChangeKind.MAILBOX_DELETED: (*_MAIL, QUOTA),
    ChangeKind.SUBSCRIPTION: ("Mailbox",),
    ChangeKind.ANNOTATION: (),
    ChangeKind.IDENTITY: ("Identity",),
    ChangeKind.SUBMISSION: ("EmailSubmission",),
    ChangeKind.VACATION: ("VacationResponse",),
    ChangeKind.PUSH_SUBSCRIPTION: (),
    ChangeKind.PREFERENCE: ("Preferences",),
    ChangeKind.BATCH: ("EmailBatch",),
    ChangeKind.QUOTA: (QUOTA,),
}
_APART: Final = {
    names[0]: kind
    for kind, names in _OF_KIND.items()
    if kind >= ChangeKind.IDENTITY and names and kind is not ChangeKind.QUOTA
}
TYPES: Final = frozenset((*_MAIL, EMAIL_DELIVERY, QUOTA, *_APART))


def types_of(kinds: Iterable[ChangeKind]) -> frozenset[str]:
    return frozenset(name for kind in kinds for name in _OF_KIND[kind])


def changed_since(reading: Reading, modseq: int) -> frozenset[str]:
    """The types that have changed after `modseq`."""
    if reading.modseq() - modseq > ROWS_MAX:
        return TYPES
    rows = reading.sql.rows(PUSH.kinds, (reading.account_id, modseq))
    return types_of(ChangeKind(kind) for (kind,) in rows)


def states(reading: Reading, types: Collection[str]) -> dict[str, str]:
    """The state of each of these types, as its /get tells it."""
    mail = MailState(*mail_state(reading))
    found = {name: str(mail) for name in _MAIL if name in types}
    if EMAIL_DELIVERY in types:
        found[EMAIL_DELIVERY] = str(mail.serial)
    if QUOTA in types:
        found[QUOTA] = str(held(reading))
    for name, kind in _APART.items():
        if name in types:
            found[name] = str(last_change(reading, kind))
    return found


def news_since(reading: Reading, modseq: int, quota: str | None) -> dict[str, str]:
    """The states of the types that have changed after `modseq`, but Quota when it is still as `quota` says: a
    message that moves comes and goes, and without a limit nothing is counted."""
    found = states(reading, changed_since(reading, modseq))
    if found.get(QUOTA) == quota:
        found.pop(QUOTA, None)
    return found
