"""Accounts as a whole: a row in the directory and mailboxes in the store, two writes that a crash may part.

make:    directory row → mailboxes        parted: finish_accounts() makes the mailboxes at the next start
remove:  disable → mail → directory row   parted: a disabled account without mail is left; remove it again
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from bocau.app.rooms import Rooms
from bocau.directory import Account
from bocau.formats.address import Address
from bocau.store import Writing

AT_ONCE: Final = 200
"""Accounts finished at the same time; they share commits."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    address: Address
    password: str = field(repr=False)
    display_name: str = ""
    quota_bytes: int | None = None
    is_admin: bool = False


async def create_account(rooms: Rooms, new: NewAccount) -> Account:
    """Make the account and its mailboxes. NoSuchDomain, AlreadyExists, BadName, NotPermitted."""
    account = await rooms.directory.create_account(
        new.address,
        new.password,
        display_name=new.display_name,
        quota_bytes=new.quota_bytes,
        is_admin=new.is_admin,
    )
    await _create_mailboxes(rooms, account)
    return account


async def _create_mailboxes(rooms: Rooms, account: Account) -> None:
    def job(writing: Writing) -> None:
        if not writing.mailboxes():
            writing.create_account(limit_bytes=account.quota_bytes)

    await rooms.store.write(account.account_id, job)


def accounts_without_mailboxes(rooms: Rooms) -> list[Account]:
    """Those whose making was interrupted."""
    return [
        account
        for account in rooms.directory.accounts()
        if not rooms.store.glance(account.account_id, lambda reading: reading.mailboxes())
    ]


async def finish_accounts(rooms: Rooms) -> int:
    """Make the mailboxes of accounts whose making was interrupted; returns how many."""
    unfinished = accounts_without_mailboxes(rooms)
    for start in range(0, len(unfinished), AT_ONCE):
        some = unfinished[start : start + AT_ONCE]
        await asyncio.gather(*(_create_mailboxes(rooms, account) for account in some))
    return len(unfinished)


async def remove_account(rooms: Rooms, address: Address) -> None:
    """Remove the account with all its mail. NoSuchAccount."""
    account = await rooms.directory.set_account(address, is_disabled=True)
    await rooms.store.write(account.account_id, lambda writing: writing.delete_account(), heavy=True)
    await rooms.directory.remove_account(address)
