"""Whom an account knows: those it has written to, and those it has had mail from before."""

from typing import Final

from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.formats.address import Address
from bocau.formats.casemap import casemap
from bocau.store import MailStore, Reading
from bocau.store.correspondents import has_written_to

FREQUENT_MAX: Final = 200
"""Correspondents whose domains are looked at, those written to most."""
# CROSS JOIN: the narrow rows first; left to itself SQLite walks the wide ones.
_BEFORE: Final = """
SELECT 1 FROM email_key AS k CROSS JOIN email AS o ON o.email_id = k.email_id
CROSS JOIN email AS e ON e.email_id = coalesce(o.content_id, o.email_id)
WHERE k.email_id BETWEEN :first AND :last AND k.from_key = :local AND lower(e.sender) = lower(:sender)
    AND EXISTS (SELECT 1 FROM message AS m WHERE m.email_id = k.email_id)
LIMIT 1
"""
_FREQUENT: Final = """
SELECT address FROM correspondent WHERE account_id = :account ORDER BY sent_count DESC LIMIT :count
"""


async def is_known(store: MailStore, account: AccountId, email_id: int, address: Address | None) -> bool:
    """Whether the account has written to this address, or had mail from it before this email."""
    if address is None:
        return False
    if store.glance(account, lambda tx: has_written_to(tx, address)):
        return True
    return await store.read(account, lambda tx: _has_heard_from(tx, email_id, address))


def _has_heard_from(tx: Reading, email_id: int, address: Address) -> bool:
    """One pass over the keys of the older emails: some 10 ms for 100,000, in the reader thread."""
    values = {
        "first": tx.account_id << 32,
        "last": email_id - 1,
        "local": casemap(address.local_part),
        "sender": str(address),
    }
    return tx.sql.value(_BEFORE, values) is not None


def frequent_domains(store: MailStore, account: AccountId) -> list[str]:
    """The domains that the account writes to most, each once."""

    def job(tx: Reading) -> list[str]:
        return _domains(tx.sql, account)

    return store.glance(account, job)


def _domains(sql: Sql, account: AccountId) -> list[str]:
    rows = sql.rows(_FREQUENT, {"account": account, "count": FREQUENT_MAX})
    return list(dict.fromkeys(address.rpartition("@")[2] for (address,) in rows))
