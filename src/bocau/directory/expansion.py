"""Where mail to an address goes: account, alias, group, subaddress, catch-all, postmaster. One read snapshot.

address → name of ours? ──account──→ account id
             │           └─alias, group──→ each target again (depth, loops and fan-out limited)
             └ no → user+tag → user → … → catch-all → … → postmaster, abuse → the admins
"""

from dataclasses import dataclass, field
from typing import Final

from bocau.base.errors import AccountDisabled, LimitReached, NoSuchAddress, NoSuchDomain, Refused
from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.directory.settings import ALIAS_DEPTH_MAX, EXPANSION_MAX
from bocau.directory.statements import SQL
from bocau.directory.values import Expansion
from bocau.formats.address import Address

DETAIL_MARK: Final = "+"
RESERVED_NAMES: Final = frozenset({"postmaster", "abuse"})
"""RFC 5321 §4.5.1, RFC 2142: these must reach a person."""

_DOMAIN: Final = SQL.domain
_ADDRESS: Final = SQL.address
_TARGETS: Final = SQL.targets


@dataclass(frozen=True, slots=True)
class Named:
    """A row of `addresses`: what a name of ours names."""

    address_id: int
    kind: str
    account_id: AccountId | None
    is_disabled: bool
    detail: str


def find(sql: Sql, address: Address) -> Named | None:
    """Look a name up, as it stands and then without its subaddress (`user+tag`)."""
    local_key, domain = address.key
    row = sql.row(_ADDRESS, {"domain": domain, "local_key": local_key})
    if row is not None:
        return Named(row[0], row[1], row[2], bool(row[3]), "")
    mark = local_key.find(DETAIL_MARK)
    if mark <= 0:
        return None
    row = sql.row(_ADDRESS, {"domain": domain, "local_key": local_key[:mark]})
    if row is None:
        return None
    return Named(row[0], row[1], row[2], bool(row[3]), address.local_part.partition(DETAIL_MARK)[2])


def expand(sql: Sql, address: Address) -> Expansion:
    """Follow everything. NoSuchDomain, NoSuchAddress, AccountDisabled, LimitReached (fan-out)."""
    walk = _Walk(sql)
    try:
        detail = walk.follow(address, 0)
    except (NoSuchAddress, AccountDisabled):
        if not walk.is_empty or not is_reserved(address):
            raise
        walk.add_admins()
        detail = ""
    return Expansion(tuple(walk.accounts), tuple(walk.remote), detail)


def is_reserved(address: Address) -> bool:
    """Whether the name must always reach a person."""
    return address.key[0] in RESERVED_NAMES


@dataclass(slots=True)
class _Walk:
    """One expansion under way; dicts keep the order and drop repetitions."""

    sql: Sql
    accounts: dict[AccountId, None] = field(default_factory=dict)
    remote: dict[Address, None] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        return not self.accounts and not self.remote

    def follow(self, address: Address, depth: int) -> str:
        """Returns the detail of the address asked for."""
        domain = self.sql.row(_DOMAIN, {"name": address.domain})
        if domain is None:
            self._add_remote(address, depth)
            return ""
        if domain[4]:
            raise AccountDisabled(f"the domain {address.domain} is disabled")
        named = find(self.sql, address)
        if named is not None:
            self._enter(named, address, depth)
            return named.detail
        if domain[2] is None or is_reserved(address):
            raise NoSuchAddress(str(address))
        self._follow_all([(domain[2], domain[3])], address, depth)
        return ""

    def _add_remote(self, address: Address, depth: int) -> None:
        if depth == 0:
            raise NoSuchDomain(address.domain)
        self.remote[address] = None

    def _enter(self, named: Named, address: Address, depth: int) -> None:
        if named.account_id is None:
            targets = self.sql.rows(_TARGETS, {"address_id": named.address_id})
            self._follow_all(targets, address, depth)
        elif named.is_disabled:
            raise AccountDisabled(str(address))
        else:
            self.accounts[named.account_id] = None

    def _follow_all(self, targets: list[tuple[str, str]], address: Address, depth: int) -> None:
        """Dead targets are left out as long as one lives."""
        if address.key in self.seen:
            return
        self.seen.add(address.key)
        if depth >= ALIAS_DEPTH_MAX:
            raise NoSuchAddress(f"{address}: more than {ALIAS_DEPTH_MAX} aliases in a row")
        failure: Refused = NoSuchAddress(f"{address}: leads nowhere")
        before = len(self.accounts) + len(self.remote)
        for local_part, domain in targets:
            try:
                self.follow(Address(local_part, domain), depth + 1)
            except (NoSuchAddress, AccountDisabled) as error:
                failure = error
            if len(self.accounts) + len(self.remote) > EXPANSION_MAX:
                raise LimitReached(f"{address}: more than {EXPANSION_MAX} destinations")
        if len(self.accounts) + len(self.remote) == before:
            raise failure

    def add_admins(self) -> None:
        """The last resort of postmaster@: the admins, else the first account."""
        rows = self.sql.rows(SQL.admins) or self.sql.rows(SQL.first_account)
        if not rows:
            raise NoSuchAddress("nobody is here yet")
        self.accounts.update((AccountId(row[0]), None) for row in rows)
