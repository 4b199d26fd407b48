"""Mailboxes shared with other accounts: what each of them may do there (RFC 4314 §2).

    grants of a mailbox ─→ rights of a guest ─→ Deed done, or refused as if the mailbox were not there
    (an account or anyone; given or taken away)

The owner may do everything, always. A *guest* is a reader who is not the owner; what it asks for is done only
where a grant says so. Every verb of `Writing` and every read of messages asks here, in its own transaction: a
right that is taken away is gone with the commit.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.errors import LimitReached, NoSuchMailbox, NotPermitted
from bocau.base.ids import AccountId, MailboxId
from bocau.database import Queries
from bocau.store.names import parents
from bocau.store.values import ChangeKind, Mailbox

if TYPE_CHECKING:
    from bocau.store.reading import Reading
    from bocau.store.writing import Writing

ACCESS: Final = Queries("bocau.store", "sql/sqlite/access.sql")

Rights = frozenset[str]
LETTERS: Final = "lrswipkxtea"
"""RFC 4314 §2.1: lookup, read, seen, write, insert, post, create, delete mailbox, delete message, expunge,
administer."""
ALL_RIGHTS: Final[Rights] = frozenset(LETTERS)
NO_RIGHTS: Final[Rights] = frozenset()
ANYONE: Final = AccountId(0)
"""The grantee that stands for every account of the server."""
GRANTS_MAX: Final = 1000
"""Grants of one mailbox."""
_KNOWS: Final[Rights] = frozenset("lrikxa")
"""Who has none of these does not know that the mailbox exists (RFC 4314 §4, "Any")."""
_LOOKUP: Final = "l"


class Deed(Enum):
    """What a guest may want to do with a mailbox, and the rights that takes (RFC 4314 §4, RFC 6851 §3.3)."""

    READ = frozenset("r")
    INSERT = frozenset("i")
    TAKE_AWAY = frozenset("rte")
    """The source of a MOVE."""
    EXPUNGE = frozenset("e")
    CREATE_INSIDE = frozenset("k")
    REMOVE = frozenset("x")
    """DELETE, and the old name of RENAME."""
    ADMINISTER = frozenset("a")


class Grant(NamedTuple):
    """One entry of a mailbox's access control list."""

    grantee_id: AccountId
    is_negative: bool
    """The rights are taken away, whatever else gives them."""
    rights: Rights


class NamedGrant(NamedTuple):
    mailbox: str
    grant: Grant


def rights_text(rights: Rights) -> str:
    """The letters in the order of RFC 4314 §2.1."""
    return "".join(letter for letter in LETTERS if letter in rights)


# --- what a reader may do ---------------------------------------------------------------


def rights(tx: "Reading", mailbox_id: MailboxId) -> Rights:
    """What the reader may do; whether the mailbox exists is not asked."""
    if tx.is_owner:
        return ALL_RIGHTS
    if tx.reader_id == ANYONE:
        # Nobody has logged in.
        return NO_RIGHTS
    return _combined(tx.sql.rows(ACCESS.rights, (tx.account_id, mailbox_id, tx.reader_id)))


def _combined(rows: Iterable[tuple[int, str]]) -> Rights:
    given: set[str] = set()
    taken: set[str] = set()
    for is_negative, letters in rows:
        (taken if is_negative else given).update(letters)
    return frozenset(given - taken)


def rights_in_account(tx: "Reading") -> dict[MailboxId, Rights]:
    """What a guest may do in each mailbox of the account that says anything about it."""
    if tx.reader_id == ANYONE:
        return {}
    rows: dict[MailboxId, list[tuple[int, str]]] = {}
    for mailbox_id, is_negative, letters in tx.sql.rows(
        ACCESS.rights_in_account, (tx.account_id, tx.reader_id)
    ):
        rows.setdefault(mailbox_id, []).append((is_negative, letters))
    return {mailbox_id: _combined(found) for mailbox_id, found in rows.items()}


def knows(given: Rights) -> bool:
    """Whether the mailbox is there for who has these rights."""
    return bool(given & _KNOWS)


def known(tx: "Reading", mailboxes: Sequence[Mailbox]) -> list[Mailbox]:
    """Those that are there for the guest."""
    given = rights_in_account(tx)
    return [mailbox for mailbox in mailboxes if knows(given.get(mailbox.mailbox_id, NO_RIGHTS))]


def readable(tx: "Reading", rows: Iterable[tuple[Any, ...]], column: int) -> list[tuple[Any, ...]]:
    """The rows whose mailbox, its id in `column`, the guest may read."""
    given = rights_in_account(tx)
    return [row for row in rows if given.get(row[column], NO_RIGHTS) >= Deed.READ.value]


def require(tx: "Reading", mailbox_id: MailboxId, deed: Deed) -> None:
    """Refuse what the reader may not do: NotPermitted, or NoSuchMailbox where it may not look either."""
    if tx.is_owner:
        return
    given = rights(tx, mailbox_id)
    if deed.value <= given:
        return
    if _LOOKUP in given:
        raise NotPermitted("your rights to this mailbox do not reach that far")
    name = tx.sql.value(ACCESS.stored_name, (tx.account_id, mailbox_id))
    raise NoSuchMailbox(f"no mailbox {mailbox_id if name is None else repr(name)}")


def require_owner(tx: "Reading") -> None:
    """For what no grant gives. NotPermitted."""
    if not tx.is_owner:
        raise NotPermitted("only the owner can do that")


def require_place(tx: "Reading", name: str) -> None:
    """Whether the reader may make a mailbox of this name: "k" on the nearest one above that exists.

    One answer for every refusal: it must not tell what is there.
    """
    if tx.is_owner:
        return
    for parent in reversed(parents(name)):
        mailbox_id = tx.sql.value(ACCESS.id_of_name, (tx.account_id, parent))
        if mailbox_id is not None:
            if Deed.CREATE_INSIDE.value <= rights(tx, mailbox_id):
                return
            break
    raise NotPermitted("mailboxes cannot be made here")


def accounts_that_share(tx: "Reading") -> list[AccountId]:
    """The accounts, other than the reader's own, that have granted it anything."""
    if tx.reader_id == ANYONE:
        return []
    rows = tx.sql.rows(ACCESS.accounts_that_share, (tx.reader_id,))
    return [account_id for (account_id,) in rows if account_id != tx.reader_id]


# --- grants -----------------------------------------------------------------------------


def grants(tx: "Reading", mailbox_id: MailboxId) -> list[Grant]:
    """The mailbox's list. NotPermitted, NoSuchMailbox."""
    require(tx, mailbox_id, Deed.ADMINISTER)
    return [_grant(*row) for row in tx.sql.rows(ACCESS.grants, (tx.account_id, mailbox_id))]


def grants_of_account(tx: "Reading") -> list[NamedGrant]:
    """Of all mailboxes, by name. NotPermitted."""
    require_owner(tx)
    rows = tx.sql.rows(ACCESS.grants_of_account, (tx.account_id,))
    return [NamedGrant(name, _grant(*row)) for name, *row in rows]


def _grant(grantee_id: int, is_negative: int, letters: str) -> Grant:
    return Grant(AccountId(grantee_id), bool(is_negative), frozenset(letters))


def set_grant(tx: "Writing", mailbox_id: MailboxId, grant: Grant) -> None:
    """See Writing.set_grant."""
    require(tx, mailbox_id, Deed.ADMINISTER)
    tx.mailbox(mailbox_id)
    if grant.grantee_id == tx.account_id:
        raise NotPermitted("the owner's rights do not change")
    if not grant.rights <= ALL_RIGHTS:
        raise NotPermitted("no such right")
    present = {(found.grantee_id, found.is_negative): found.rights for found in _all(tx, mailbox_id)}
    key = (grant.grantee_id, grant.is_negative)
    if present.get(key, NO_RIGHTS) == grant.rights:
        return
    if grant.rights:
        if key not in present and len(present) >= GRANTS_MAX:
            raise LimitReached(f"a mailbox may be shared with {GRANTS_MAX}")
        letters = "".join(sorted(grant.rights))
        tx.sql.execute(ACCESS.set_grant, (tx.account_id, mailbox_id, *key, letters))
    else:
        tx.sql.execute(ACCESS.delete_grant, (tx.account_id, mailbox_id, *key))
    _tell(tx, mailbox_id, grant.grantee_id)


def _all(tx: "Writing", mailbox_id: MailboxId) -> list[Grant]:
    return [_grant(*row) for row in tx.sql.rows(ACCESS.grants, (tx.account_id, mailbox_id))]


def _tell(tx: "Writing", mailbox_id: MailboxId, grantee_id: AccountId) -> None:
    """Log it, and ring where it is heard: at the owner's bell by whoever has the mailbox open, at the
    grantee's by whoever watches the list of mailboxes."""
    tx.log(tx.next_modseq(), ChangeKind.MAILBOX_CHANGED, mailbox_id)
    if grantee_id != ANYONE:
        tx.job.changed.add(grantee_id)


# --- as mailboxes and accounts come and go ------------------------------------------------


def inherit(tx: "Writing", mailbox_id: MailboxId, name: str) -> None:
    """A new mailbox is shared as the one above it (RFC 4314 §4: CREATE)."""
    above = parents(name)
    if above:
        tx.sql.execute(ACCESS.inherit, (mailbox_id, tx.account_id, above[-1]))


def forget_mailbox(tx: "Writing", mailbox_id: MailboxId) -> None:
    """RFC 4314 §4: DELETE takes the list along."""
    tx.sql.execute(ACCESS.delete_grants_of_mailbox, (tx.account_id, mailbox_id))


def forget_account(tx: "Writing") -> None:
    """The grants of an account that goes, and those to it."""
    tx.sql.execute(ACCESS.delete_grants_of_account, (tx.account_id,))
    for account_id, mailbox_id in tx.sql.rows(ACCESS.granted_to, (tx.account_id,)):
        owner = tx.of(account_id)
        owner.log(owner.next_modseq(), ChangeKind.MAILBOX_CHANGED, mailbox_id)
    tx.sql.execute(ACCESS.delete_grants_to, (tx.account_id,))
