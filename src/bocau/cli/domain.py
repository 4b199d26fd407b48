"""`bocau domain`: which domains this server receives mail for."""

from typing import TYPE_CHECKING, Any

import click

from bocau.base.errors import NoSuchDomain
from bocau.cli.addresses import address_of, domain_of, warn_of_missing
from bocau.cli.output import done, json_option, print_one, print_rows
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings
    from bocau.directory import Domain

COLUMNS = ("domain", "catch_all", "is_disabled")


@click.group()
def command() -> None:
    """The domains this server receives mail for.

    \b
    Example:  bocau domain add example.org
    """


def row_of(domain: "Domain") -> dict[str, Any]:
    from bocau.formats.address import display_domain

    return {
        "domain": domain.name,
        "shown_as": display_domain(domain.name),
        "catch_all": str(domain.catch_all) if domain.catch_all else None,
        "is_disabled": domain.is_disabled,
    }


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """The domain as people write it."""
    return row | {"domain": row["shown_as"]}


def found(rooms: "Rooms", name: str) -> "Domain":
    for domain in rooms.directory.domains():
        if domain.name == name:
            return domain
    raise NoSuchDomain(f"no domain {name} here")


@command.command()
@click.argument("domain")
@where_options
@json_option
def add(settings: "Settings", domain: str, as_json: bool) -> None:
    """Receive mail for a domain.

    \b
    Example:  bocau domain add example.org
    """
    name = domain_of(domain)
    created = with_rooms(settings, lambda rooms: rooms.directory.create_domain(name))
    row = row_of(created)
    done(f"added {row['shown_as']}", row, as_json=as_json)


@command.command("list")
@where_options
@json_option
def list_domains(settings: "Settings", as_json: bool) -> None:
    """List the domains.

    \b
    Example:  bocau domain list --json
    """

    async def job(rooms: "Rooms") -> list["Domain"]:
        return rooms.directory.domains()

    rows = map(row_of, with_rooms(settings, job))
    print_rows(rows if as_json else map(shown, rows), COLUMNS, as_json=as_json)


@command.command()
@click.argument("domain")
@where_options
@json_option
def show(settings: "Settings", domain: str, as_json: bool) -> None:
    """Show one domain and how many names it has.

    \b
    Example:  bocau domain show example.org
    """
    name = domain_of(domain)

    async def job(rooms: "Rooms") -> dict[str, Any]:
        directory = rooms.directory
        return row_of(found(rooms, name)) | {
            "account_count": len(directory.accounts(name)),
            "alias_count": len(directory.aliases(name)),
            "group_count": len(directory.groups(name)),
        }

    print_one(with_rooms(settings, job), as_json=as_json)


@command.command("set")
@click.argument("domain")
@click.option("--catch-all", metavar="ADDRESS", help="Where mail for unknown names goes; '' to refuse it.")
@click.option("--enable/--disable", "enabled", default=None, help="Receive mail for it, or refuse it.")
@where_options
@json_option
def set_domain(
    settings: "Settings", domain: str, catch_all: str | None, enabled: bool | None, as_json: bool
) -> None:
    """Change a domain.

    \b
    Example:  bocau domain set example.org --catch-all ann@example.org
    """
    if catch_all is None and enabled is None:
        raise click.UsageError("Say what to change.")
    name = domain_of(domain)
    target = address_of(catch_all) if catch_all else None

    async def job(rooms: "Rooms") -> "Domain":
        before = found(rooms, name)
        warn_of_missing(rooms, [target] if target else [])
        return await rooms.directory.set_domain(
            name,
            catch_all=before.catch_all if catch_all is None else target,
            is_disabled=before.is_disabled if enabled is None else not enabled,
        )

    changed = with_rooms(settings, job)
    done(f"changed {changed.name}", row_of(changed), as_json=as_json)


@command.command()
@click.argument("domain")
@where_options
@json_option
def remove(settings: "Settings", domain: str, as_json: bool) -> None:
    """Stop receiving mail for a domain; its accounts, aliases and groups must be gone.

    \b
    Example:  bocau domain remove example.org
    """
    name = domain_of(domain)
    with_rooms(settings, lambda rooms: rooms.directory.remove_domain(name))
    done(f"removed {name}", {"domain": name, "removed": True}, as_json=as_json)
