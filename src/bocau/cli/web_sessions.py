"""`bocau account sessions`: the browsers that are logged in to an account."""

from typing import TYPE_CHECKING, Any

import click

from bocau.cli.addresses import address_of
from bocau.cli.output import counted, done, json_option, print_rows, when
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.config import Settings
    from bocau.directory import WebSession

COLUMNS = ("number", "client_host", "created_at", "last_used_at", "user_agent")


def row_of(session: "WebSession") -> dict[str, Any]:
    return {
        "number": session.session_id,
        "client_host": session.client_host,
        "user_agent": session.user_agent,
        "created_at": when(session.created_at),
        "last_used_at": when(session.last_used_at),
        "ends_at": when(session.ends_at),
    }


@click.command("sessions")
@click.argument("address")
@click.option("--end", "ends", is_flag=True, help="End them all: each browser has to log in again.")
@where_options
@json_option
def command(settings: "Settings", address: str, ends: bool, as_json: bool) -> None:
    """Browsers that are logged in; --end logs them out.

    \b
    Example:  bocau account sessions ann@example.org
              bocau account sessions ann@example.org --end
    """
    parsed = address_of(address)

    async def listed(rooms: "Rooms") -> list[dict[str, Any]]:
        account_id = rooms.directory.account_named(parsed).account_id
        return [row_of(one) for one in rooms.directory.web_sessions.of_account(account_id)]

    async def ended(rooms: "Rooms") -> int:
        account_id = rooms.directory.account_named(parsed).account_id
        return await rooms.directory.web_sessions.end_all(account_id)

    if not ends:
        print_rows(with_rooms(settings, listed), COLUMNS, as_json=as_json)
        return
    count = with_rooms(settings, ended)
    done(f"ended {counted(count, 'session')} of {parsed}", {"ended_count": count}, as_json=as_json)
