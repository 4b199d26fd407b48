"""`bocau account second-factor`: for who has lost the telephone with the codes."""

from typing import TYPE_CHECKING, Any

import click

from bocau.cli.addresses import address_of
from bocau.cli.failures import Failure
from bocau.cli.output import done, json_option, print_one
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings


@click.group("second-factor")
def command() -> None:
    """The code that an account asks for beside its password.

    \b
    Example:  bocau account second-factor show ann@example.org
    """


@command.command()
@click.argument("address")
@where_options
@json_option
def show(settings: "Settings", address: str, as_json: bool) -> None:
    """Show whether an account has one, and how many recovery codes are left.

    \b
    Example:  bocau account second-factor show ann@example.org
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> dict[str, Any]:
        account = rooms.directory.account_named(parsed)
        factor = rooms.directory.second_factors.of_account(account.account_id)
        return {
            "address": str(account.address),
            "is_enabled": factor.is_enabled,
            "is_pending": factor.is_pending,
            "recovery_codes_left": factor.recovery_codes_left,
        }

    print_one(with_rooms(settings, job), as_json=as_json)


@command.command()
@click.argument("address")
@where_options
@json_option
def remove(settings: "Settings", address: str, as_json: bool) -> None:
    """Remove it with its recovery codes: the password alone opens the account again. Make sure first that
    who asks for this is who they say.

    \b
    Example:  bocau account second-factor remove ann@example.org
    """
    from bocau.base.errors import NotPermitted

    parsed = address_of(address)

    async def job(rooms: "Rooms") -> None:
        account_id = rooms.directory.account_named(parsed).account_id
        try:
            await rooms.directory.second_factors.turn_off(account_id)
        except NotPermitted:
            raise Failure(f"{parsed} has no second factor") from None

    with_rooms(settings, job)
    done(
        f"removed the second factor of {parsed}",
        {"address": str(parsed), "removed": True},
        as_json=as_json,
    )
