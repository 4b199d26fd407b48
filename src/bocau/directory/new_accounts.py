"""Rows of a new account: functions of one write transaction."""

from dataclasses import dataclass

from bocau.base.errors import BadName
from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.directory import administration, credentials
from bocau.directory.credentials import ScramSalt
from bocau.directory.passwords import Secret
from bocau.directory.settings import DISPLAY_NAME_CHARACTERS_MAX
from bocau.directory.statements import SQL
from bocau.directory.values import Account
from bocau.formats.address import Address


@dataclass(frozen=True, slots=True)
class NewAccount:
    address: Address
    display_name: str = ""
    quota_bytes: int | None = None
    is_admin: bool = False


def insert_account(sql: Sql, new: NewAccount, salt: ScramSalt, secret: Secret, now: int) -> Account:
    sql.execute(
        SQL.insert_account,
        {
            "address_id": administration.claim(sql, new.address, administration.ACCOUNT),
            "display_name": new.display_name,
            "quota_bytes": new.quota_bytes,
            "is_admin": int(new.is_admin),
            "created_at": now,
            "scram_salt": salt.salt,
            "scram_iterations": salt.iterations,
        },
    )
    account_id = AccountId(sql.value(SQL.last_id))
    credentials.add(sql, account_id, credentials.MAIN_LABEL, None, secret, now)
    return administration.account_with_id(sql, account_id)


def check_display_name(text: str) -> None:
    if len(text) > DISPLAY_NAME_CHARACTERS_MAX or not text.isprintable():
        raise BadName(f"a display name is at most {DISPLAY_NAME_CHARACTERS_MAX} printable characters")
