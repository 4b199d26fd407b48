"""The names and addresses that an account writes under (RFC 8621 §6)."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.errors import LimitReached
from bocau.database import Queries
from bocau.store.apart import log_apart
from bocau.store.values import ChangeKind

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

SENDING: Final = Queries("bocau.store", "sql/sqlite/sending.sql")
IDENTITIES_MAX: Final = 500
"""Of one account, with those that the server makes."""

People = list[dict[str, Any]]
"""EmailAddress objects (RFC 8621 §4.1.2.3)."""


class Identity(NamedTuple):
    identity_id: int
    """The modseq of its creation."""
    name: str
    email: str
    """Never changes."""
    reply_to: People | None = None
    bcc: People | None = None
    text_signature: str = ""
    html_signature: str = ""
    is_kept: bool = False
    """Made by the server for an address of the account: it cannot be removed."""


def identities(tx: "Reading") -> list[Identity]:
    """All, the oldest first."""
    return [_identity(row) for row in tx.sql.rows(SENDING.identities, (tx.account_id,))]


def identity(tx: "Reading", identity_id: int) -> Identity | None:
    row = tx.sql.row(SENDING.identity, (tx.account_id, identity_id))
    return None if row is None else _identity(row)


def add(tx: "Writing", new: Identity) -> Identity:
    """Keep a new identity under an id of its own. LimitReached."""
    if tx.sql.value(SENDING.count_identities, (tx.account_id,)) >= IDENTITIES_MAX:
        raise LimitReached(f"an account may have {IDENTITIES_MAX} identities")
    # The id is the modseq of its own row in the log, which names it.
    made = new._replace(identity_id=tx.modseq() + 1)
    _put(tx, made)
    return made


def change(tx: "Writing", changed: Identity) -> None:
    """Keep all but the address."""
    _put(tx, changed)


def remove(tx: "Writing", identity_id: int) -> bool:
    """False: there is none."""
    tx.sql.execute(SENDING.delete_identity, (tx.account_id, identity_id))
    if not tx.sql.changed_rows:
        return False
    log_apart(tx, ChangeKind.IDENTITY, str(identity_id))
    return True


def keep(tx: "Writing", wanted: Sequence[tuple[str, str]]) -> None:
    """Let there be one kept identity for each of these (address, name), and none for other addresses.

    What its owner has written into an identity stays as long as the address does."""
    have = {one.email: one for one in identities(tx) if one.is_kept}
    emails = {email for email, _ in wanted}
    for email, one in have.items():
        if email not in emails:
            remove(tx, one.identity_id)
    for email, name in wanted:
        if email not in have:
            add(tx, Identity(0, name, email, is_kept=True))


def are_kept(found: Iterable[Identity], wanted: Sequence[tuple[str, str]]) -> bool:
    """Whether `keep` would change nothing."""
    return {one.email for one in found if one.is_kept} == {email for email, _ in wanted}


def forget_account(tx: "Writing") -> None:
    """All of an account that goes."""
    tx.sql.execute(SENDING.forget_account_identities, {"account_id": tx.account_id})


def _put(tx: "Writing", one: Identity) -> None:
    values = one._asdict() | {
        "account_id": tx.account_id,
        "reply_to": None if one.reply_to is None else json.dumps(one.reply_to),
        "bcc": None if one.bcc is None else json.dumps(one.bcc),
        "is_kept": int(one.is_kept),
    }
    tx.sql.execute(SENDING.put_identity, values)
    log_apart(tx, ChangeKind.IDENTITY, str(one.identity_id))


def _identity(row: tuple[Any, ...]) -> Identity:
    identity_id, name, email, reply_to, bcc, text, html, is_kept = row
    return Identity(
        identity_id,
        name,
        email,
        None if reply_to is None else json.loads(reply_to),
        None if bcc is None else json.loads(bcc),
        text,
        html,
        bool(is_kept),
    )
