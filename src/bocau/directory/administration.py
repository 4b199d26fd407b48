"""Changes of domains, accounts, aliases and groups: plain functions of one write transaction.

Each change bumps the directory's version in the same transaction (`Directory` calls them through one place).
"""

from collections.abc import Sequence
from typing import Any, Final

from bocau.base.errors import (
    AlreadyExists,
    BadName,
    InUse,
    LimitReached,
    NoSuchAccount,
    NoSuchAddress,
    NoSuchDomain,
)
from bocau.base.ids import AccountId, DomainId
from bocau.database import Sql
from bocau.directory.expansion import DETAIL_MARK, Named, find
from bocau.directory.settings import TARGETS_MAX
from bocau.directory.statements import SQL, WEB
from bocau.directory.values import Account, Alias, Domain, Group
from bocau.formats.address import Address

ACCOUNT: Final = "account"
ALIAS: Final = "alias"
GROUP: Final = "group"


# --- reading rows ----------------------------------------------------------------


def domain_of(row: Sequence[Any]) -> Domain:
    catch_all = Address(row[2], row[3]) if row[2] is not None else None
    return Domain(DomainId(row[0]), row[1], catch_all, bool(row[4]))


def account_of(row: Sequence[Any]) -> Account:
    return Account(
        account_id=AccountId(row[0]),
        address=Address(row[1], row[2]),
        display_name=row[3],
        is_disabled=bool(row[4]),
        is_admin=bool(row[5]),
        quota_bytes=row[6],
        created_at=row[7],
    )


def targets_of(sql: Sql, address_id: int) -> tuple[Address, ...]:
    return tuple(Address(*row) for row in sql.rows(SQL.targets, {"address_id": address_id}))


def senders_of(sql: Sql, address_id: int) -> tuple[AccountId, ...]:
    return tuple(AccountId(row[0]) for row in sql.rows(SQL.senders, {"address_id": address_id}))


def domain_named(sql: Sql, name: str) -> Domain:
    row = sql.row(SQL.domain, {"name": name})
    if row is None:
        raise NoSuchDomain(name)
    return domain_of(row)


def account_with_id(sql: Sql, account_id: AccountId) -> Account:
    row = sql.row(SQL.account, {"account_id": account_id})
    if row is None:
        raise NoSuchAccount(str(account_id))
    return account_of(row)


def account_named(sql: Sql, address: Address) -> Account:
    """By its own address, not by an alias."""
    named = exactly(sql, address)
    if named is None or named.account_id is None:
        raise NoSuchAccount(str(address))
    return account_with_id(sql, named.account_id)


def exactly(sql: Sql, address: Address) -> Named | None:
    """The owner of a name itself; a subaddress is not a name."""
    named = find(sql, address)
    return named if named is not None and DETAIL_MARK not in address.key[0] else None


# --- domains ---------------------------------------------------------------------


def create_domain(sql: Sql, name: str) -> Domain:
    if sql.row(SQL.domain, {"name": name}) is not None:
        raise AlreadyExists(name)
    sql.execute(SQL.insert_domain, {"name": name})
    return domain_named(sql, name)


def set_domain(sql: Sql, name: str, catch_all: Address | None, is_disabled: bool) -> Domain:
    domain_named(sql, name)
    local, domain = (catch_all.local_part, catch_all.domain) if catch_all else (None, None)
    sql.execute(
        SQL.update_domain, {"local": local, "domain": domain, "is_disabled": int(is_disabled), "name": name}
    )
    return domain_named(sql, name)


def remove_domain(sql: Sql, name: str) -> None:
    domain_named(sql, name)
    if sql.row(SQL.domain_in_use, {"name": name}) is not None:
        raise InUse(f"{name} still has accounts, aliases or groups")
    sql.execute(SQL.delete_domain, {"name": name})


# --- names -----------------------------------------------------------------------


def claim(sql: Sql, address: Address, kind: str) -> int:
    """Take a name; one owner over accounts, aliases and groups. NoSuchDomain, BadName, AlreadyExists."""
    local_key, domain = address.key
    if sql.row(SQL.domain, {"name": domain}) is None:
        raise NoSuchDomain(domain)
    if DETAIL_MARK in local_key:
        raise BadName(f"{address}: {DETAIL_MARK} marks a subaddress and cannot be part of a name")
    if sql.row(SQL.address, {"domain": domain, "local_key": local_key}) is not None:
        raise AlreadyExists(str(address))
    row = {"domain": domain, "local_key": local_key, "local_part": address.local_part, "kind": kind}
    sql.execute(SQL.insert_address, row)
    return int(sql.value(SQL.last_id))


def claim_or_keep(sql: Sql, address: Address, kind: str) -> int:
    """Take a name, or go on with one of the same kind. AlreadyExists when it is of another kind."""
    named = exactly(sql, address)
    if named is None:
        return claim(sql, address, kind)
    if named.kind != kind:
        raise AlreadyExists(
            f"{address} is an {named.kind}" if named.kind != GROUP else f"{address} is a group"
        )
    return named.address_id


def release(sql: Sql, address: Address, kind: str) -> None:
    """Give a name of this kind up. NoSuchAddress."""
    named = exactly(sql, address)
    if named is None or named.kind != kind:
        raise NoSuchAddress(str(address))
    owner = {"address_id": named.address_id}
    sql.execute(SQL.delete_targets, owner)
    sql.execute(SQL.delete_senders, owner)
    sql.execute(SQL.delete_address, owner)


def _point(sql: Sql, address_id: int, targets: Sequence[Address]) -> None:
    unique = list({target.key: target for target in targets}.values())
    if len(unique) > TARGETS_MAX:
        raise LimitReached(f"more than {TARGETS_MAX} targets")
    sql.execute(SQL.delete_targets, {"address_id": address_id})
    rows = [(address_id, position, t.local_part, t.domain) for position, t in enumerate(unique)]
    sql.many(SQL.insert_target, rows)


def set_alias(sql: Sql, address: Address, targets: Sequence[Address]) -> Alias:
    if not targets:
        raise BadName(f"{address}: an alias needs a target")
    address_id = claim_or_keep(sql, address, ALIAS)
    _point(sql, address_id, targets)
    return Alias(address, targets_of(sql, address_id))


def set_group(sql: Sql, address: Address, members: Sequence[Address], senders: Sequence[AccountId]) -> Group:
    address_id = claim_or_keep(sql, address, GROUP)
    _point(sql, address_id, members)
    sql.execute(SQL.delete_senders, {"address_id": address_id})
    for account_id in sorted(set(senders)):
        account_with_id(sql, account_id)
        sql.execute(SQL.insert_sender, (address_id, account_id))
    return Group(address, targets_of(sql, address_id), senders_of(sql, address_id))


def aliases(sql: Sql, domain: str | None) -> list[Alias]:
    rows = sql.rows(SQL.named, {"kind": ALIAS, "domain": domain})
    return [Alias(Address(row[1], row[2]), targets_of(sql, row[0])) for row in rows]


def groups(sql: Sql, domain: str | None) -> list[Group]:
    rows = sql.rows(SQL.named, {"kind": GROUP, "domain": domain})
    return [Group(Address(row[1], row[2]), targets_of(sql, row[0]), senders_of(sql, row[0])) for row in rows]


# --- accounts --------------------------------------------------------------------


def update_account(sql: Sql, account: Account) -> None:
    sql.execute(
        SQL.update_account,
        {
            "display_name": account.display_name,
            "quota_bytes": account.quota_bytes,
            "is_disabled": int(account.is_disabled),
            "is_admin": int(account.is_admin),
            "account_id": account.account_id,
        },
    )


def remove_account(sql: Sql, address: Address) -> AccountId:
    account = account_named(sql, address)
    owner = {"account_id": account.account_id}
    sql.execute(SQL.delete_scram_keys_of_account, owner)
    sql.execute(SQL.delete_credentials, owner)
    for statement in (
        WEB.delete_sessions_of_account,
        WEB.delete_factor,
        WEB.delete_recovery_codes,
        WEB.delete_sign_ins_of_account,
    ):
        sql.execute(statement, owner)
    sql.execute(SQL.delete_sender_account, owner)
    sql.execute(SQL.delete_account, owner)
    release(sql, account.address, ACCOUNT)
    return account.account_id
