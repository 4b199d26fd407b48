"""Whom a login name names, and what would prove it; for a name that does not exist at the same cost."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from bocau.base.errors import BadCredentials
from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.directory.administration import GROUP, exactly
from bocau.directory.standings import parsed, words_of
from bocau.directory.statements import SQL
from bocau.directory.throttle import NAME_CHARACTERS_MAX
from bocau.formats.address import Address
from bocau.protocols.sasl import DerivedKeys
from bocau.rules.quirks import leaves_out_mechanism

NOBODY: Final = AccountId(0)
"""No account has this id."""


@dataclass(frozen=True, slots=True)
class ScramKeys:
    """What a SCRAM exchange needs (RFC 5802 §3): one salt, and the keys of each credential of the account."""

    salt: bytes
    iterations: int
    credential_ids: tuple[int, ...]
    keys: tuple[DerivedKeys, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """Whom a login name names, and the secrets that would prove it."""

    account_id: AccountId
    secrets: tuple[tuple[int, str, str], ...] = field(repr=False)
    """(credential_id, label, secret)"""


@lru_cache(maxsize=4_096)
def folded(name: str) -> str:
    """One spelling of a login name for counting, whether it exists or not."""
    address = parsed(name)
    text = "@".join(address.key) if address is not None else name[:NAME_CHARACTERS_MAX].casefold()
    return text.encode("utf-8", "replace").decode()


def account_claimed(sql: Sql, name: str) -> AccountId | None:
    address = parsed(name)
    return named_account(sql, address) if address is not None else None


def claim_of(sql: Sql, name: str) -> Claim | None:
    account_id = account_claimed(sql, name)
    if account_id is None:
        return None
    rows = sql.rows(SQL.secrets, {"account_id": account_id})
    return Claim(account_id, tuple((row[0], row[1], row[3]) for row in rows))


def named_account(sql: Sql, address: Address) -> AccountId | None:
    """The account that a login name names: its address, or an alias that leads to it alone."""
    named = exactly(sql, address)
    if named is None or named.kind == GROUP:
        return None
    if named.account_id is not None:
        return named.account_id
    targets = sql.rows(SQL.targets, {"address_id": named.address_id})
    target = exactly(sql, Address(*targets[0])) if len(targets) == 1 else None
    return target.account_id if target is not None else None


def scram_keys_of(sql: Sql, name: str, mechanism: str) -> ScramKeys | None:
    """None for who is not there; asks as much for such a name as for any other. BadCredentials for an account
    whose clients cannot do it: they go on to the next mechanism."""
    account_id = account_claimed(sql, name) or NOBODY
    account = sql.row(SQL.scram_of_account, {"account_id": account_id})
    rows = sql.rows(SQL.scram_keys, {"account_id": account_id, "mechanism": mechanism})
    if account is None or not rows:
        return None
    if leaves_out_mechanism(words_of(account[2]), mechanism):
        raise BadCredentials("this mechanism is switched off")
    keys = tuple(DerivedKeys(row[1], row[2]) for row in rows)
    return ScramKeys(account[0], account[1], tuple(row[0] for row in rows), keys)
