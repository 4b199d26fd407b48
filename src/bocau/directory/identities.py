"""Which account a name stands for, as far as it is one person: to share with, to send as."""

from typing import Final

from bocau.base.errors import NoSuchAccount, NotPermitted, Refused
from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.directory import administration
from bocau.directory.administration import account_with_id, exactly
from bocau.directory.expansion import expand, find, is_reserved
from bocau.directory.settings import ALIAS_DEPTH_MAX
from bocau.directory.statements import SQL
from bocau.directory.values import Account
from bocau.formats.address import Address

OWN_ADDRESSES_MAX: Final = 200
"""Names of one account that are told; it may use more."""


def known_as(sql: Sql, address: Address) -> Account:
    """The account with this address or alias. A catch-all is nobody's name. NoSuchAccount, NotPermitted."""
    named = exactly(sql, address)
    if named is None:
        raise NoSuchAccount(str(address))
    if named.account_id is not None:
        return account_with_id(sql, named.account_id)
    found = expand(sql, address)
    if len(found.accounts) != 1 or found.remote:
        raise NotPermitted(f"{address} does not stand for one account of this server")
    return account_with_id(sql, found.accounts[0])


def may_send_as(sql: Sql, account_id: AccountId, address: Address) -> bool:
    """Whether an account may write under an address."""
    named = find(sql, address)
    if named is not None and named.kind == administration.GROUP:
        return account_id in administration.senders_of(sql, named.address_id)
    try:
        expansion = expand(sql, address)
    except Refused:
        return False
    if named is None and is_reserved(address):
        return account_id in expansion.accounts
    return expansion.accounts == (account_id,) and not expansion.remote


def own_addresses(sql: Sql, account_id: AccountId) -> tuple[Address, ...]:
    """The account's address, the aliases that lead to it alone, the groups it may send as. NoSuchAccount."""
    own = account_with_id(sql, account_id).address
    found = {own: None}
    layer = [own]
    for _ in range(ALIAS_DEPTH_MAX):
        layer = [alias for address in layer for alias in _aliases_to(sql, address) if alias not in found]
        found |= dict.fromkeys(layer)
        if not layer or len(found) > OWN_ADDRESSES_MAX:
            break
    rows = sql.rows(SQL.groups_sendable, {"account_id": account_id, "limit": OWN_ADDRESSES_MAX})
    found |= dict.fromkeys(Address(*row) for row in rows)
    kept = [address for address in found if may_send_as(sql, account_id, address)]
    return tuple(kept[:OWN_ADDRESSES_MAX])


def _aliases_to(sql: Sql, address: Address) -> list[Address]:
    values = {"local_part": address.local_part, "domain": address.domain, "limit": OWN_ADDRESSES_MAX}
    return [Address(*row) for row in sql.rows(SQL.aliases_to, values)]
