"""Accounts as a whole: a row in the directory and mailboxes in the store, two writes that a crash may part.

make:    directory row → mailboxes        parted: finish_accounts() makes the mailboxes at the next start
remove:  disable → mail → directory row   parted: a disabled account without mail is left; remove it again
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bocau.app.rooms import Rooms
from bocau.directory import Account
from bocau.formats.address import Address
from bocau.store import Writing


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


async def create_accounts(rooms: Rooms, new: Sequence[NewAccount]) -> None:
    """Make many at once: they share commits."""
    await asyncio.gather(*(create_account(rooms, one) for one in new))


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
    for account in unfinished:
        await _create_mailboxes(rooms, account)
    return len(unfinished)


async def remove_account(rooms: Rooms, address: Address) -> None:
    """Remove the account with all its mail. NoSuchAccount."""
    account = await rooms.directory.set_account(address, is_disabled=True)
    await rooms.store.write(account.account_id, lambda writing: writing.delete_account(), heavy=True)
    await rooms.directory.remove_account(address)
