"""`bocau group`: one address for several people, some of whom may send as it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from bocau.base.errors import AlreadyExists, NoSuchAddress
from bocau.cli.addresses import address_of, domain_of, warn_of_missing
from bocau.cli.output import done, json_option, print_one, print_rows
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.base.ids import AccountId
    from bocau.config import Settings
    from bocau.directory import Group
    from bocau.formats.address import Address

COLUMNS = ("address", "members", "senders")


@click.group()
def command() -> None:
    """One address for several people.

    \b
    Example:  bocau group add sales@example.org ann@example.org bob@example.org \\
                  --sender ann@example.org
    """


def row_of(rooms: "Rooms", group: "Group") -> dict[str, Any]:
    return {
        "address": str(group.address),
        "members": [str(member) for member in group.members],
        "senders": [str(rooms.directory.account(sender).address) for sender in group.senders],
    }


def found(rooms: "Rooms", address: "Address") -> "Group | None":
    return next((g for g in rooms.directory.groups(address.domain) if g.address.key == address.key), None)


def existing(rooms: "Rooms", address: "Address") -> "Group":
    group = found(rooms, address)
    if group is None:
        raise NoSuchAddress(f"no group {address}; `bocau group list` shows them")
    return group


def _account_ids(rooms: "Rooms", addresses: Sequence["Address"]) -> list["AccountId"]:
    return [rooms.directory.account_named(address).account_id for address in addresses]


@command.command()
@click.argument("address")
@click.argument("members", nargs=-1, required=True)
@click.option(
    "--sender", "senders", multiple=True, metavar="ADDRESS", help="An account that may send as the group."
)
@where_options
@json_option
def add(
    settings: "Settings", address: str, members: tuple[str, ...], senders: tuple[str, ...], as_json: bool
) -> None:
    """Create a group.

    \b
    Example:  bocau group add sales@example.org ann@example.org bob@example.org \\
                  --sender ann@example.org
    """
    parsed, parsed_members = address_of(address), [address_of(member) for member in members]
    parsed_senders = [address_of(sender) for sender in senders]

    async def job(rooms: "Rooms") -> dict[str, Any]:
        if found(rooms, parsed):
            raise AlreadyExists(f"group {parsed} exists; `bocau group set` changes it")
        ids = _account_ids(rooms, parsed_senders)
        warn_of_missing(rooms, parsed_members)
        return row_of(rooms, await rooms.directory.set_group(parsed, parsed_members, ids))

    row = with_rooms(settings, job)
    done(f"added {row['address']}", row, as_json=as_json)


@command.command("list")
@click.option("--domain", help="Only those of this domain.")
@where_options
@json_option
def list_groups(settings: "Settings", domain: str | None, as_json: bool) -> None:
    """List the groups.

    \b
    Example:  bocau group list
    """
    name = domain_of(domain) if domain else None

    async def job(rooms: "Rooms") -> list[dict[str, Any]]:
        return [row_of(rooms, group) for group in rooms.directory.groups(name)]

    print_rows(with_rooms(settings, job), COLUMNS, as_json=as_json)


@command.command()
@click.argument("address")
@where_options
@json_option
def show(settings: "Settings", address: str, as_json: bool) -> None:
    """Show one group.

    \b
    Example:  bocau group show sales@example.org
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> dict[str, Any]:
        return row_of(rooms, existing(rooms, parsed))

    print_one(with_rooms(settings, job), as_json=as_json)


@command.command("set")
@click.argument("address")
@click.option("--add", "joining", multiple=True, metavar="ADDRESS", help="A new member.")
@click.option("--remove", "leaving", multiple=True, metavar="ADDRESS", help="A member that leaves.")
@click.option(
    "--sender", "senders", multiple=True, metavar="ADDRESS", help="An account that may send as it now."
)
@click.option("--no-sender", "silenced", multiple=True, metavar="ADDRESS", help="One that may not any more.")
@where_options
@json_option
def set_group(
    settings: "Settings",
    address: str,
    joining: tuple[str, ...],
    leaving: tuple[str, ...],
    senders: tuple[str, ...],
    silenced: tuple[str, ...],
    as_json: bool,
) -> None:
    """Change who belongs to a group and who may send as it.

    \b
    Example:  bocau group set sales@example.org --add cat@example.org
              bocau group set sales@example.org --no-sender bob@example.org
    """
    if not (joining or leaving or senders or silenced):
        raise click.UsageError("Say what to change.")
    parsed = address_of(address)
    add_members, remove_members = [address_of(m) for m in joining], [address_of(m) for m in leaving]
    add_senders, remove_senders = [address_of(s) for s in senders], [address_of(s) for s in silenced]

    async def job(rooms: "Rooms") -> dict[str, Any]:
        group = existing(rooms, parsed)
        members = {member.key: member for member in group.members}
        for member in remove_members:
            if members.pop(member.key, None) is None:
                raise NoSuchAddress(f"{member} is no member of {parsed}; `bocau group show` lists them")
        members |= {member.key: member for member in add_members}
        warn_of_missing(rooms, add_members)
        ids = dict.fromkeys([*group.senders, *_account_ids(rooms, add_senders)])
        gone = set(_account_ids(rooms, remove_senders))
        kept = [sender for sender in ids if sender not in gone]
        return row_of(rooms, await rooms.directory.set_group(parsed, list(members.values()), kept))

    row = with_rooms(settings, job)
    done(f"changed {row['address']}", row, as_json=as_json)


@command.command()
@click.argument("address")
@where_options
@json_option
def remove(settings: "Settings", address: str, as_json: bool) -> None:
    """Remove a group.

    \b
    Example:  bocau group remove sales@example.org
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> None:
        existing(rooms, parsed)
        await rooms.directory.remove_group(parsed)

    with_rooms(settings, job)
    done(f"removed {parsed}", {"address": str(parsed), "removed": True}, as_json=as_json)
