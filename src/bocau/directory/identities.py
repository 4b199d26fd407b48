"""Which account a name stands for, where it must be one person: whom a mailbox is shared with."""

from bocau.base.errors import NoSuchAccount, NotPermitted
from bocau.database import Sql
from bocau.directory.administration import account_with_id, exactly
from bocau.directory.expansion import expand
from bocau.directory.values import Account
from bocau.formats.address import Address


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
