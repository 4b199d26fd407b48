"""Accounts as a whole: a row in the directory and mailboxes in the store."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bocau.app import Rooms
from bocau.directory import Account
from bocau.formats.address import Address


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
    await rooms.store.write(
        account.account_id, lambda writing: writing.create_account(limit_bytes=account.quota_bytes)
    )


async def create_accounts(rooms: Rooms, new: Sequence[NewAccount]) -> None:
    """Make many at once: they share commits."""
    await asyncio.gather(*(create_account(rooms, one) for one in new))


async def remove_account(rooms: Rooms, address: Address) -> None:
    """Remove the account, then its mail."""
    account_id = await rooms.directory.remove_account(address)
    await rooms.store.write(account_id, lambda writing: writing.delete_account(), heavy=True)
