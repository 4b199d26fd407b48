"""`bocau token`: secrets for programs that log in by OAUTHBEARER, XOAUTH2, or as with a password."""

from typing import TYPE_CHECKING, Any

import click

from bocau.cli import app_password
from bocau.cli.addresses import address_of
from bocau.cli.app_password import SCOPES
from bocau.cli.failures import Failure
from bocau.cli.output import done, json_option, print_rows, when
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.base.ids import AccountId
    from bocau.config import Settings
    from bocau.directory import Credential

COLUMNS = (*app_password.COLUMNS, "expires_at")
DAYS_MAX = 3650


class Days(click.ParamType):  # type: ignore[type-arg]
    """A lifetime: "90d", "90" or "never"."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value is None or isinstance(value, int):
            return value
        from bocau.base.errors import SyntaxFault
        from bocau.base.wiretext import number

        if value == "never":
            return None
        try:
            return number(value.removesuffix("d").encode("utf-8"), minimum=1, maximum=DAYS_MAX)
        except SyntaxFault:
            self.fail(
                f"{value!r} is not a number of days up to {DAYS_MAX}, as in 90d, or 'never'", param, ctx
            )


class Scopes(click.ParamType):  # type: ignore[type-arg]
    """What a token opens, between commas."""

    name = "scopes"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        chosen = tuple(value.split(","))
        for scope in chosen:
            if scope not in SCOPES:
                self.fail(f"{scope!r} is none of {', '.join(SCOPES)}", param, ctx)
        return chosen


@click.group()
def command() -> None:
    """Tokens for programs, each shown once.

    \b
    Example:  bocau token add ann@example.org --label backup --scope imap
    """


def row_of(credential: "Credential") -> dict[str, Any]:
    return app_password.row_of(credential) | {"expires_at": when(credential.expires_at)}


@command.command()
@click.argument("address")
@click.option("--label", default="token", show_default=True, help="What it is for, as in 'backup'.")
@click.option("--scope", "scopes", type=Scopes(), default=SCOPES, help="What it opens, as in imap,smtp.")
@click.option("--expires", "days", type=Days(), help="When it ends, as in 90d; without: never.")
@where_options
@json_option
def add(
    settings: "Settings", address: str, label: str, scopes: tuple[str, ...], days: int | None, as_json: bool
) -> None:
    """Make a token; it is shown this once.

    \b
    Example:  bocau token add ann@example.org --label backup --scope imap --expires 90d
    """
    from bocau.directory import Scope

    parsed = address_of(address)
    chosen = frozenset(map(Scope, scopes))

    async def job(rooms: "Rooms") -> tuple["Credential", str]:
        account_id = rooms.directory.account_named(parsed).account_id
        return await rooms.directory.create_token(account_id, label, chosen, lifetime_days=days)

    credential, token = with_rooms(settings, job)
    done(token, row_of(credential) | {"token": token}, as_json=as_json)


@command.command("list")
@click.argument("address")
@where_options
@json_option
def list_tokens(settings: "Settings", address: str, as_json: bool) -> None:
    """List an account's tokens (never the secrets).

    \b
    Example:  bocau token list ann@example.org
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> list["Credential"]:
        return _tokens(rooms, rooms.directory.account_named(parsed).account_id)

    print_rows(map(row_of, with_rooms(settings, job)), COLUMNS, as_json=as_json)


@command.command()
@click.argument("address")
@click.argument("which")
@where_options
@json_option
def remove(settings: "Settings", address: str, which: str, as_json: bool) -> None:
    """Remove a token by its label or number; sessions that it opened end.

    \b
    Example:  bocau token remove ann@example.org backup
    """
    parsed = address_of(address)

    async def job(rooms: "Rooms") -> int:
        account_id = rooms.directory.account_named(parsed).account_id
        tokens = _tokens(rooms, account_id)
        labelled = [one for one in tokens if one.label == which]
        found = labelled or [one for one in tokens if str(one.credential_id) == which]
        if not found:
            raise Failure(f"{parsed} has no token {which}; `bocau token list` shows them")
        await rooms.directory.remove_credential(account_id, found[0].credential_id)
        return found[0].credential_id

    number = with_rooms(settings, job)
    done(f"removed {which} of {parsed}", {"number": number, "removed": True}, as_json=as_json)


def _tokens(rooms: "Rooms", account_id: "AccountId") -> list["Credential"]:
    return [credential for credential in rooms.directory.credentials(account_id) if credential.is_token]
