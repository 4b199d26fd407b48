"""`bocau account app-password`: passwords beside the main one, each for one program and some services."""

from typing import TYPE_CHECKING, Any

import click

from bocau.cli.addresses import address_of
from bocau.cli.failures import Failure
from bocau.cli.output import done, json_option, print_rows, when
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings
    from bocau.directory import Credential

SCOPES = ("imap", "pop", "smtp", "managesieve", "jmap")
COLUMNS = ("number", "label", "scopes", "created_at", "last_used_at")


@click.group("app-password")
def command() -> None:
    """Passwords beside the main one, each for one program.

    \b
    Example:  bocau account app-password add ann@example.org --label phone
    """


def row_of(credential: "Credential") -> dict[str, Any]:
    return {
        "number": credential.credential_id,
        "label": credential.label,
        "scopes": sorted(credential.scopes) if credential.scopes is not None else ["all"],
        "created_at": when(credential.created_at),
        "last_used_at": when(credential.last_used_at),
    }


@command.command()
@click.argument("address")
@click.option("--label", required=True, help="What it is for, as in 'phone'.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it opens; repeat it. Without: all.",
)
@where_options
@json_option
def add(settings: "Settings", address: str, label: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a new password; it is shown this once.

    \b
    Example:  bocau account app-password add ann@example.org --label phone
              bocau account app-password add ann@example.org --label printer \\
                  --scope smtp
    """
    from bocau.directory import Scope

    parsed = address_of(address)
    chosen = frozenset(map(Scope, scopes or SCOPES))

    async def job(rooms: "Rooms") -> tuple["Credential", str]:
        account = rooms.directory.account_named(parsed)
        return await rooms.directory.create_app_password(account.account_id, label, chosen)

    credential, secret = with_rooms(settings, job)
    done(secret, row_of(credential) | {"secret": secret}, as_json=as_json)


@command.command("list")
@click.argument("address")
@where_options
@json_option
def list_passwords(settings: "Settings", address: str, as_json: bool) -> None:
    """List an account's app passwords (never the secrets).

    \b
    Example:  bocau account app-password list ann@example.org
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> list["Credential"]:
        return _app_passwords(rooms, rooms.directory.account_named(parsed).account_id)

    print_rows(map(row_of, with_rooms(settings, job)), COLUMNS, as_json=as_json)


@command.command()
@click.argument("address")
@click.argument("number", type=int)
@where_options
@json_option
def remove(settings: "Settings", address: str, number: int, as_json: bool) -> None:
    """Remove an app password by its number.

    \b
    Example:  bocau account app-password remove ann@example.org 3
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> None:
        account_id = rooms.directory.account_named(parsed).account_id
        if number not in [credential.credential_id for credential in _app_passwords(rooms, account_id)]:
            raise Failure(
                f"{parsed} has no app password {number}; `bocau account app-password list` shows them"
            )
        await rooms.directory.remove_credential(account_id, number)

    with_rooms(settings, job)
    done(f"removed {number} of {parsed}", {"number": number, "removed": True}, as_json=as_json)


def _app_passwords(rooms: "Rooms", account_id: Any) -> list["Credential"]:
    found = rooms.directory.credentials(account_id)
    return [credential for credential in found if credential.label and not credential.is_token]
