"""`bocau index`: the full-text index that searches answer from."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

import click

from bocau.cli.addresses import address_of
from bocau.cli.output import counted, done, json_option, print_rows, size
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings
    from bocau.directory import Account

COLUMNS: Final = ("address", "emails", "waiting", "files", "size", "faults")
POLL_SECONDS: Final = 0.2


@click.group()
def command() -> None:
    """The full-text index that searches answer from.

    It is kept by the running server and can be made anew from the mail at any time. Emails that wait for it
    are found nevertheless: a search reads them itself.

    \b
    Example:  bocau index status
              bocau index rebuild ann@example.org
    """


@command.command()
@click.argument("address", required=False)
@where_options
@json_option
def status(settings: "Settings", address: str | None, as_json: bool) -> None:
    """Say how far the index has come, for ADDRESS or all accounts.

    \b
    Example:  bocau index status ann@example.org
    """

    async def job(rooms: "Rooms") -> list[dict[str, Any]]:
        return [_status_row(rooms, account) for account in _accounts(rooms, address)]

    rows = with_rooms(settings, job)
    if not as_json:
        rows = [_shown(row) for row in rows]
    print_rows(rows, COLUMNS, as_json=as_json, none="no accounts")


def _status_row(rooms: "Rooms", account: "Account") -> dict[str, Any]:
    from bocau.store.search.checking import index_status

    found = rooms.store.glance(account.account_id, lambda tx: index_status(rooms.store.search, tx))
    return {
        "address": str(account.address),
        "email_count": found.email_count,
        "waiting_count": found.waiting_count,
        "file_count": found.file_count,
        "size_bytes": found.size_bytes,
        "fault_count": found.fault_count,
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": row["address"],
        "emails": row["email_count"],
        "waiting": row["waiting_count"],
        "files": row["file_count"],
        "size": size(row["size_bytes"]),
        "faults": row["fault_count"],
    }


@command.command()
@click.argument("address", required=False)
@where_options
@json_option
def rebuild(settings: "Settings", address: str | None, as_json: bool) -> None:
    """Make the index anew, of ADDRESS or all accounts, and wait until it is done.

    The running server does it, beside its other work; when none is running, this command does.

    \b
    Example:  bocau index rebuild ann@example.org
    """

    async def job(rooms: "Rooms") -> int:
        accounts = _accounts(rooms, address)
        await _rebuild(rooms, [account.account_id for account in accounts])
        return len(accounts)

    count = with_rooms(settings, job)
    done(f"the index of {counted(count, 'account')} is new", {"account_count": count}, as_json=as_json)


async def _rebuild(rooms: "Rooms", account_ids: list[Any]) -> None:
    from bocau.base.errors import StoreBusy
    from bocau.store.search.indexer import Indexer

    index = rooms.store.search
    for account_id in account_ids:
        index.want(account_id)
    while not set(account_ids).isdisjoint(index.wanted()):
        indexer = Indexer(rooms.store)
        try:
            with indexer.sole():
                await indexer.look()
        except StoreBusy:
            await asyncio.sleep(POLL_SECONDS)


def _accounts(rooms: "Rooms", address: str | None) -> "list[Account]":
    if address is None:
        return rooms.directory.accounts()
    return [rooms.directory.account_named(address_of(address))]
