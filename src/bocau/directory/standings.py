"""What rows say of a credential now: whom it names, what it opens, whether it still does."""

from functools import lru_cache
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.directory.administration import exactly
from bocau.directory.statements import SQL
from bocau.directory.throttle import NAME_CHARACTERS_MAX
from bocau.directory.values import Certified, Login, Scope
from bocau.directory.warm import Standing
from bocau.formats.address import Address, parse_address
from bocau.rules.quirks import words

NO_CREDENTIAL: Final = 0
"""In a login by certificate: there is no row of it."""
CERTIFICATE_SCOPES: Final = frozenset(Scope) - {Scope.ADMIN, Scope.WEB}
"""A certificate reads and sends mail; to administer takes a password."""
CERTIFICATE_NAMES_MAX: Final = 20

_CREDENTIAL_STATE: Final = SQL.credential_state


def parsed(name: str) -> Address | None:
    """A login name as an address; None when it is none."""
    if len(name) > NAME_CHARACTERS_MAX:
        return None
    try:
        return parse_address(name)
    except SyntaxFault:
        return None


def current(sql: Sql, credential_id: int, now: float) -> Standing | None:
    """The credential as it is now; None when it is gone, or its time is over."""
    row = sql.row(_CREDENTIAL_STATE, {"credential_id": credential_id})
    if row is None or (row[6] is not None and row[6] <= now):
        return None
    login = Login(
        AccountId(row[0]), Address(row[2], row[3]), scopes_of(row[1]), credential_id, row[6], words_of(row[5])
    )
    return Standing(login, bool(row[4]), bool(row[7]))


def renewed(sql: Sql, login: Login, now: float) -> Standing | None:
    """What a login of a running session stands for now; None when it would not be given again."""
    if login.credential_id != NO_CREDENTIAL:
        return current(sql, login.credential_id, now)
    return None if login.has_expired(now) else _of_account(sql, login.account_id, login.expires_at)


def token_holder(sql: Sql, digest: str, now: float) -> Standing | None:
    credential_id = sql.value(SQL.token, {"secret": digest})
    return current(sql, credential_id, now) if credential_id is not None else None


def certificate_holder(sql: Sql, certified: Certified, name: str, now: float) -> Standing | None:
    """The one account whose own address the certificate names; of several, the one that is asked for.

    An alias does not count: whom it leads to may change while the certificate goes on.
    """
    addresses = [parsed(one) for one in certified.names[:CERTIFICATE_NAMES_MAX]]
    wanted = parsed(name)
    if certified.expires_at <= now or (name and wanted is None):
        return None
    keys = {address.key: address for address in addresses if address is not None}
    if wanted is not None:
        keys = {key: address for key, address in keys.items() if key == wanted.key}
    named = [exactly(sql, address) for address in keys.values()]
    found = {one.account_id for one in named if one is not None and one.account_id is not None}
    return _of_account(sql, found.pop(), certified.expires_at) if len(found) == 1 else None


def _of_account(sql: Sql, account_id: AccountId, expires_at: float | None) -> Standing | None:
    row = sql.row(SQL.account_state, {"account_id": account_id})
    if row is None:
        return None
    login = Login(
        account_id, Address(row[0], row[1]), CERTIFICATE_SCOPES, NO_CREDENTIAL, expires_at, words_of(row[3])
    )
    return Standing(login, bool(row[2]))


def scopes_of(text: str | None) -> frozenset[Scope] | None:
    return None if text is None else frozenset(Scope(part) for part in text.split(",") if part)


@lru_cache(maxsize=1_024)
def words_of(text: str) -> frozenset[str]:
    return words(text)
