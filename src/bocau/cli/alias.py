"""`bocau alias`: other names for addresses."""

from typing import TYPE_CHECKING, Any

import click

from bocau.base.errors import AlreadyExists, NoSuchAddress
from bocau.cli.addresses import address_of, domain_of, warn_of_missing
from bocau.cli.output import done, json_option, print_one, print_rows
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings
    from bocau.directory import Alias
    from bocau.formats.address import Address

COLUMNS = ("address", "targets")


@click.group()
def command() -> None:
    """Other names for addresses: mail to an alias goes to each of its targets, here or elsewhere.

    \b
    Example:  bocau alias add info@example.org ann@example.org bob@example.org
    """


def row_of(alias: "Alias") -> dict[str, Any]:
    return {"address": str(alias.address), "targets": [str(target) for target in alias.targets]}


def found(rooms: "Rooms", address: "Address") -> "Alias | None":
    return next((a for a in rooms.directory.aliases(address.domain) if a.address.key == address.key), None)


def existing(rooms: "Rooms", address: "Address") -> "Alias":
    alias = found(rooms, address)
    if alias is None:
        raise NoSuchAddress(f"no alias {address}; `bocau alias list` shows them")
    return alias


@command.command()
@click.argument("address")
@click.argument("targets", nargs=-1, required=True)
@where_options
@json_option
def add(settings: "Settings", address: str, targets: tuple[str, ...], as_json: bool) -> None:
    """Create an alias.

    \b
    Example:  bocau alias add info@example.org ann@example.org bob@example.org
    """
    parsed, parsed_targets = address_of(address), [address_of(target) for target in targets]

    async def job(rooms: "Rooms") -> "Alias":
        if found(rooms, parsed):
            raise AlreadyExists(f"alias {parsed} exists; `bocau alias set` changes it")
        warn_of_missing(rooms, parsed_targets)
        return await rooms.directory.set_alias(parsed, parsed_targets)

    alias = with_rooms(settings, job)
    done(f"added {alias.address}", row_of(alias), as_json=as_json)


@command.command("list")
@click.option("--domain", help="Only those of this domain.")
@where_options
@json_option
def list_aliases(settings: "Settings", domain: str | None, as_json: bool) -> None:
    """List the aliases.

    \b
    Example:  bocau alias list
    """
    name = domain_of(domain) if domain else None

    async def job(rooms: "Rooms") -> list["Alias"]:
        return rooms.directory.aliases(name)

    print_rows(map(row_of, with_rooms(settings, job)), COLUMNS, as_json=as_json)


@command.command()
@click.argument("address")
@where_options
@json_option
def show(settings: "Settings", address: str, as_json: bool) -> None:
    """Show one alias.

    \b
    Example:  bocau alias show info@example.org
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> "Alias":
        return existing(rooms, parsed)

    print_one(row_of(with_rooms(settings, job)), as_json=as_json)


@command.command("set")
@click.argument("address")
@click.argument("targets", nargs=-1, required=True)
@where_options
@json_option
def set_alias(settings: "Settings", address: str, targets: tuple[str, ...], as_json: bool) -> None:
    """Give an alias these targets in place of its old ones.

    \b
    Example:  bocau alias set info@example.org bob@example.org
    """
    parsed, parsed_targets = address_of(address), [address_of(target) for target in targets]

    async def job(rooms: "Rooms") -> "Alias":
        existing(rooms, parsed)
        warn_of_missing(rooms, parsed_targets)
        return await rooms.directory.set_alias(parsed, parsed_targets)

    alias = with_rooms(settings, job)
    done(f"changed {alias.address}", row_of(alias), as_json=as_json)


@command.command()
@click.argument("address")
@where_options
@json_option
def remove(settings: "Settings", address: str, as_json: bool) -> None:
    """Remove an alias.

    \b
    Example:  bocau alias remove info@example.org
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> None:
        existing(rooms, parsed)
        await rooms.directory.remove_alias(parsed)

    with_rooms(settings, job)
    done(f"removed {parsed}", {"address": str(parsed), "removed": True}, as_json=as_json)
