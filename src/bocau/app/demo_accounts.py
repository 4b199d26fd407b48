"""Many accounts with one password, for demos and benches: one hash is computed and every account gets a copy.

Never for real people: equal salts show that passwords are equal.
"""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final

from bocau.app.accounts import finish_accounts
from bocau.app.rooms import Rooms
from bocau.base.ids import AccountId
from bocau.database import Sql
from bocau.directory import administration, credentials
from bocau.directory.passwords import SALT_BYTES, Passwords, Secret, check_new_password
from bocau.directory.statements import SQL
from bocau.formats.address import Address

PER_WRITE: Final = 500


async def create_demo_accounts(
    rooms: Rooms, addresses: Sequence[Address], admins: frozenset[Address], password: str
) -> None:
    """Make the accounts with their mailboxes. NotPermitted (an unusable password), AlreadyExists."""
    if not addresses:
        return
    settings = rooms.settings.directory.passwords
    salt, iterations = secrets.token_bytes(SALT_BYTES), settings.scram_iterations
    secret = await Passwords(settings).make(check_new_password(password), salt, iterations)
    now = int(rooms.clock.now())

    def rows(sql: Sql, some: Sequence[Address]) -> None:
        for address in some:
            _insert(sql, address, address in admins, (salt, iterations), secret, now)
        sql.execute(SQL.bump_version)

    for start in range(0, len(addresses), PER_WRITE):
        some = addresses[start : start + PER_WRITE]
        await rooms.database.write(lambda sql, some=some: rows(sql, some), heavy=True)  # type: ignore[misc]
        await asyncio.sleep(0)
    rooms.doorbell.ring(("directory",))
    await finish_accounts(rooms)


def _insert(
    sql: Sql, address: Address, is_admin: bool, salt: tuple[bytes, int], secret: Secret, now: int
) -> None:
    row = {
        "address_id": administration.claim(sql, address, administration.ACCOUNT),
        "display_name": "",
        "quota_bytes": None,
        "is_admin": int(is_admin),
        "created_at": now,
        "scram_salt": salt[0],
        "scram_iterations": salt[1],
    }
    sql.execute(SQL.insert_account, row)
    account_id = AccountId(sql.value(SQL.last_id))
    credentials.add(sql, account_id, credentials.MAIN_LABEL, None, secret, now)
