"""Taking emails out of `email` and `email_key` once their last place has gone.

    few  → at once, in the same transaction
    many → rows of `purge`, one a portion → doorbell "purge" → background process (`purger`)

An email's rows are a kilobyte and more, that of its place a tenth of it: who removes 10,000 messages waits
for the narrow ones only. Whoever reads emails asks for a place, so meanwhile the wide ones are there for
nobody. What is still to be done stands in the database, and outlives whoever was at it.

A row that copies share stays, for them alone, and goes with the last of them (`transfer.copy`).
"""

import json
from typing import TYPE_CHECKING, Final

from bocau.base.ids import AccountId
from bocau.database import Queries, Sql
from bocau.store.uidranges import parse_text, ranges_of, text_of, uids_in

if TYPE_CHECKING:
    from bocau.store.writing import Writing

PURGE: Final = Queries("bocau.store", "sql/sqlite/purge.sql")
BELL: Final = "purge"
"""Rings when there is something to do."""
PORTION_EMAILS: Final = 1000
"""Emails of one row, and of one transaction: some milliseconds of the writer."""
AT_ONCE_MAX: Final = 200
"""So many are not worth a second transaction."""


def purge(tx: "Writing", serials: list[int]) -> None:
    """Take emails out that have no place any more, now or soon; serials ascending."""
    if len(serials) <= AT_ONCE_MAX:
        _delete(tx.sql, tx.account_id, serials)
        return
    for start in range(0, len(serials), PORTION_EMAILS):
        text = text_of(ranges_of(serials[start : start + PORTION_EMAILS]))
        tx.sql.execute(PURGE.note, (tx.account_id, text))
    tx.job.bells.add(BELL)


def purge_portion(tx: "Writing") -> bool:
    """Do what has waited longest, of any account; whether there was anything."""
    row = tx.sql.row(PURGE.next)
    if row is None:
        return False
    purge_id, account_id, emails = row
    _delete(tx.sql, AccountId(account_id), uids_in(parse_text(emails)))
    tx.sql.execute(PURGE.done, (purge_id,))
    return True


def is_purge_due(sql: Sql) -> bool:
    """Whether anything waits."""
    return sql.row(PURGE.next) is not None


def kept_for_copies(sql: Sql, account_id: AccountId) -> set[int]:
    """Serials of the emails that have gone, while copies share their rows; for who checks the rows."""
    return {serial for (serial,) in sql.rows(PURGE.kept_for_copies, (account_id,))}


def purged_soon(sql: Sql, account_id: AccountId) -> set[int]:
    """Serials of the emails that wait, for who checks the rows."""
    return {
        serial
        for (text,) in sql.rows(PURGE.of_account, (account_id,))
        for serial in uids_in(parse_text(text))
    }


def forget_account(tx: "Writing") -> None:
    """With the account."""
    tx.sql.execute(PURGE.forget_account, (tx.account_id,))


def _delete(sql: Sql, account_id: AccountId, serials: list[int]) -> None:
    if not serials:
        return
    values = (account_id, json.dumps(serials))
    contents = json.loads(sql.value(PURGE.contents, values))
    if contents:
        sql.execute(PURGE.delete_copies, values)
        values = (account_id, json.dumps(sorted({*serials, *contents})))
    sql.execute(PURGE.delete_emails, values)
    sql.execute(PURGE.delete_keys, values)
