"""Addresses and names as commands take them."""

from typing import TYPE_CHECKING

import click

from bocau.base.errors import SyntaxFault

if TYPE_CHECKING:
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
