"""Addresses and names as commands take them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from bocau.base.errors import NoSuchAddress, Refused, SyntaxFault

if TYPE_CHECKING:
    from bocau.app import Rooms
    from bocau.formats.address import Address


def address_of(text: str, what: str = "an address") -> "Address":
    """Read `local@domain`; a usage error says what was expected."""
    from bocau.formats.address import parse_address

    try:
        return parse_address(text)
    except SyntaxFault as exc:
        raise click.BadParameter(f"{text!r} is not {what}, as in ann@example.org ({exc})") from None


def domain_of(text: str) -> str:
    """Read a domain name in either form; A-labels."""
    from bocau.formats.address import canonical_domain

    try:
        return canonical_domain(text)
    except SyntaxFault as exc:
        raise click.BadParameter(f"{text!r} is not a domain, as in example.org ({exc})") from None


def warn_of_missing(rooms: "Rooms", targets: "Iterable[Address]") -> None:
    """Say which targets are nobody here: allowed (it may come later), but often a slip of the pen."""
    for target in targets:
        try:
            if rooms.directory.is_local_domain(target.domain):
                rooms.directory.expand(target)
        except NoSuchAddress:
            click.echo(f"bocau: warning: {target} does not exist here yet", err=True)
        except Refused:
            pass  # Disabled, or a loop with what is just being made: not a slip.
