"""`bocau account`: people and programs with mailboxes and passwords."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bocau.cli import app_password, second_factor, sharing, web_sessions
from bocau.cli.addresses import address_of, domain_of
from bocau.cli.failures import Failure
from bocau.cli.output import done, json_option, print_one, print_rows, size, when
from bocau.cli.passwords import file_option, read_password
from bocau.cli.running import with_rooms
from bocau.cli.sizes import SIZE
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings
    from bocau.directory import Account

NOTHING = "nothing"
COLUMNS = ("address", "name", "used", "quota", "is_admin", "is_disabled")


@click.group()
def command() -> None:
    """People and programs with mailboxes and passwords.

    \b
    Example:  bocau account add ann@example.org --name 'Ann Le'
    """


command.add_command(app_password.command)
command.add_command(second_factor.command)
command.add_command(web_sessions.command)
command.add_command(sharing.share)
command.add_command(sharing.shares)


def row_of(rooms: "Rooms", account: "Account") -> dict[str, Any]:
    usage = rooms.store.glance(account.account_id, lambda reading: reading.usage())
    return {
        "address": str(account.address),
        "name": account.display_name,
        "used_bytes": usage.used_bytes,
        "message_count": usage.message_count,
        "quota_bytes": account.quota_bytes,
        "is_admin": account.is_admin,
        "is_disabled": account.is_disabled,
        "created_at": when(account.created_at),
    }


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Bytes as people read them."""
    quota = row["quota_bytes"]
    return row | {"used": size(row["used_bytes"]), "quota": "-" if quota is None else size(quota)}


@command.command()
@click.argument("address")
@click.option("--name", default="", help="The person's name.")
@click.option("--quota", type=SIZE, help="The most it may hold, as in 500M or 2G; without: no limit.")
@click.option(
    "--admin", is_flag=True, help="May administer the server; gets mail for postmaster@ and abuse@."
)
@file_option
@where_options
@json_option
def add(
    settings: "Settings",
    address: str,
    name: str,
    quota: int | None,
    admin: bool,
    password_file: Path | None,
    as_json: bool,
) -> None:
    """Create an account with its mailboxes. The password is asked for, or read from standard input.

    \b
    Example:  bocau account add ann@example.org --name 'Ann Le' --quota 2G
    """
    from bocau.app.accounts import NewAccount, create_account

    parsed = address_of(address)
    password = read_password(password_file)
    new = NewAccount(parsed, password, display_name=name, quota_bytes=quota, is_admin=admin)

    async def job(rooms: "Rooms") -> dict[str, Any]:
        return row_of(rooms, await create_account(rooms, new))

    row = with_rooms(settings, job)
    done(f"added {row['address']}", row, as_json=as_json)


@command.command("list")
@click.option("--domain", help="Only those of this domain.")
@where_options
@json_option
def list_accounts(settings: "Settings", domain: str | None, as_json: bool) -> None:
    """List the accounts and what they hold.

    \b
    Example:  bocau account list --domain example.org
    """
    name = domain_of(domain) if domain else None

    async def job(rooms: "Rooms") -> list[dict[str, Any]]:
        return [row_of(rooms, account) for account in rooms.directory.accounts(name)]

    rows = with_rooms(settings, job)
    print_rows(rows if as_json else map(shown, rows), COLUMNS, as_json=as_json)


@command.command()
@click.argument("address")
@where_options
@json_option
def show(settings: "Settings", address: str, as_json: bool) -> None:
    """Show one account with its mailboxes.

    \b
    Example:  bocau account show ann@example.org
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> dict[str, Any]:
        account = rooms.directory.account_named(parsed)
        boxes = rooms.store.glance(account.account_id, lambda reading: reading.mailboxes())
        return row_of(rooms, account) | {
            "without": sorted(rooms.directory.without(account.account_id)),
            "mailboxes": [{"name": box.name, "message_count": box.message_count} for box in boxes],
        }

    row = with_rooms(settings, job)
    if not as_json:
        row = shown(row) | {
            "mailboxes": [f"{box['name']} ({box['message_count']})" for box in row["mailboxes"]]
        }
        row = {name: row[name] for name in (*COLUMNS, "message_count", "without", "mailboxes", "created_at")}
    print_one(row, as_json=as_json)


@command.command("set")
@click.argument("address")
@click.option("--name", help="The person's name.")
@click.option("--quota", type=SIZE, help="The most it may hold, as in 500M or 2G; 0: no limit.")
@click.option("--admin/--no-admin", default=None, help="May administer the server.")
@click.option("--enable/--disable", "enabled", default=None, help="Let it log in and receive mail, or not.")
@click.option("--password", "ask_password", is_flag=True, help="Ask for a new password.")
@click.option(
    "--without",
    help="Capabilities that its clients shall not see, as in SCRAM-SHA-256,COMPRESS; 'nothing': see all.",
)
@file_option
@where_options
@json_option
def set_account(
    settings: "Settings",
    address: str,
    name: str | None,
    quota: int | None,
    admin: bool | None,
    enabled: bool | None,
    ask_password: bool,
    without: str | None,
    password_file: Path | None,
    as_json: bool,
) -> None:
    """Change an account.

    \b
    Example:  bocau account set ann@example.org --quota 5G
              bocau account set ann@example.org --password
              bocau account set ann@example.org --without SCRAM-SHA-256,COMPRESS
    """
    changes_password = ask_password or password_file is not None
    if not changes_password and (name, quota, admin, enabled, without) == (None,) * 5:
        raise click.UsageError("Say what to change.")
    parsed = address_of(address)
    password = read_password(password_file) if changes_password else None

    async def job(rooms: "Rooms") -> dict[str, Any]:
        if without is not None:
            account_id = rooms.directory.account_named(parsed).account_id
            await rooms.directory.set_without(account_id, "" if without == NOTHING else without)
        changed = await rooms.directory.set_account(
            parsed,
            display_name=name,
            quota_bytes=quota or None,
            clear_quota=quota == 0,
            is_disabled=None if enabled is None else not enabled,
            is_admin=admin,
            password=password,
        )
        if quota is not None:
            await rooms.store.write(changed.account_id, lambda writing: writing.set_limit(quota or None))
        return row_of(rooms, changed)

    row = with_rooms(settings, job)
    done(f"changed {row['address']}", row, as_json=as_json)


@command.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@where_options
@json_option
def remove(settings: "Settings", address: str, yes: bool, as_json: bool) -> None:
    """Remove an account and all its mail.

    \b
    Example:  bocau account remove ann@example.org --yes
    """
    from bocau.app.accounts import remove_account

    parsed = address_of(address)
    if not yes and not sys.stdin.isatty():
        raise Failure(f"removing {parsed} deletes all its mail; say --yes if that is meant")
    if not yes:
        click.confirm(f"Delete {parsed} and all its mail?", abort=True, err=True)
    with_rooms(settings, lambda rooms: remove_account(rooms, parsed))
    done(f"removed {parsed}", {"address": str(parsed), "removed": True}, as_json=as_json)
