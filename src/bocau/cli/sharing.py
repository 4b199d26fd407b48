"""`bocau account share` and `shares`: mailboxes that others may use (RFC 4314)."""

from typing import TYPE_CHECKING, Any, Final

import click

from bocau.base.errors import NoSuchAccount
from bocau.cli.addresses import address_of
from bocau.cli.output import done, json_option, print_rows
from bocau.cli.running import with_rooms
from bocau.cli.where import where_options

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.base.ids import AccountId
    from bocau.config import Settings
    from bocau.store import Writing
    from bocau.store.access import NamedGrant, Rights

COLUMNS: Final = ("mailbox", "grantee", "rights", "as")
ANYONE: Final = "anyone"
NAMED: Final = {"none": "", "read": "lrs", "write": "lrswite", "all": "lrswipkxtea"}
"""Sets of rights that people have words for; letters say anything else."""
LETTERS: Final = {letter: letter for letter in NAMED["all"]} | {"c": "kx", "d": "et"}
"""RFC 4314 §2.1; "c" and "d" as older clients mean them."""


def rights_of(text: str) -> "Rights":
    """A word or letters; a usage error says what there is."""
    letters = NAMED.get(text)
    if letters is None:
        if not text or not set(text) <= LETTERS.keys():
            words = ", ".join(NAMED)
            raise click.BadParameter(f"{text!r} is none of {words}, nor letters of {NAMED['all']}")
        letters = "".join(LETTERS[letter] for letter in text)
    return frozenset(letters)


def word_of(rights: "Rights") -> str | None:
    return next((word for word, letters in NAMED.items() if rights == frozenset(letters)), None)


@click.command()
@click.argument("owner")
@click.argument("mailbox")
@click.argument("grantee")
@click.argument("rights")
@where_options
@json_option
def share(settings: "Settings", owner: str, mailbox: str, grantee: str, rights: str, as_json: bool) -> None:
    """Let another account use a mailbox, or end that. It stands in their mail program under
    "Other Users".

    \b
    RIGHTS:   read    look, and mark as read (for oneself only)
              write   also flag, delete, and put messages in
              all     also make, rename and delete folders, and share further
              none    not shared any more
              or letters: l see it, r read, s mark as read, w flag, i put in,
              p post, k make folders in it, x delete it, t mark as deleted,
              e expunge, a share it
    GRANTEE:  an address of this server, or 'anyone' for all its accounts

    \b
    Example:  bocau account share ann@example.org Projects bob@example.org write
              bocau account share ann@example.org INBOX bob@example.org none
    """
    wanted = rights_of(rights)
    owner_address = address_of(owner)
    grantee_address = None if grantee == ANYONE else address_of(grantee)

    async def job(rooms: "Rooms") -> dict[str, Any]:
        from bocau.store.access import ANYONE as EVERYBODY
        from bocau.store.access import Grant, rights_text

        account = rooms.directory.account_named(owner_address)
        name, grantee_id = ANYONE, EVERYBODY
        if grantee_address is not None:
            friend = rooms.directory.account_known_as(grantee_address)
            name, grantee_id = str(friend.address), friend.account_id

        def write(writing: "Writing") -> str:
            found = writing.mailbox_named(mailbox)
            writing.set_grant(found.mailbox_id, Grant(grantee_id, False, wanted))
            return found.name

        shared = await rooms.store.write(account.account_id, write)
        return {
            "owner": str(account.address),
            "mailbox": shared,
            "grantee": name,
            "rights": rights_text(wanted),
            "as": word_of(wanted),
        }

    row = with_rooms(settings, job)
    if grantee == ANYONE and "a" in wanted:
        click.echo("bocau: warning: anyone may now share it further, and take it from others", err=True)
    done(_told(row), row, as_json=as_json)


def _told(row: dict[str, Any]) -> str:
    if not row["rights"]:
        return f"{row['mailbox']} of {row['owner']} is not shared with {row['grantee']}"
    return f"{row['mailbox']} of {row['owner']} is shared with {row['grantee']}: {row['as'] or row['rights']}"


@click.command()
@click.argument("owner")
@where_options
@json_option
def shares(settings: "Settings", owner: str, as_json: bool) -> None:
    """List which mailboxes of an account others may use.

    "-" before a grantee: these rights are taken away, whatever else gives them.

    \b
    Example:  bocau account shares ann@example.org
    """
    address = address_of(owner)

    async def job(rooms: "Rooms") -> list[dict[str, Any]]:
        from bocau.store.access import grants_of_account

        account = rooms.directory.account_named(address)
        found = rooms.store.glance(account.account_id, grants_of_account)
        return [row_of(rooms, one) for one in found]

    print_rows(with_rooms(settings, job), COLUMNS, as_json=as_json)


def row_of(rooms: "Rooms", one: "NamedGrant") -> dict[str, Any]:
    from bocau.store.access import rights_text

    grant = one.grant
    return {
        "mailbox": one.mailbox,
        "grantee": ("-" if grant.is_negative else "") + _name_of(rooms, grant.grantee_id),
        "rights": rights_text(grant.rights),
        "as": word_of(grant.rights),
    }


def _name_of(rooms: "Rooms", account_id: "AccountId") -> str:
    try:
        return str(rooms.directory.account(account_id).address) if account_id else ANYONE
    except NoSuchAccount:
        return f"account {account_id}, being removed"
