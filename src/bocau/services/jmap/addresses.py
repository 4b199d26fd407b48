"""EmailAddress objects in what clients set (RFC 8621 §4.1.2.3)."""

from typing import Any, Final

from bocau.base.errors import SyntaxFault
from bocau.formats.address import parse_address
from bocau.services.jmap.errors import invalid_properties

ADDRESSES_MAX: Final = 50
NAME_CHARACTERS_MAX: Final = 300


def take_addresses(value: Any, name: str) -> list[dict[str, Any]] | None:
    """null, or a list of {name, email}, as it was said. SetError invalidProperties."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > ADDRESSES_MAX or not all(map(_is_address, value)):
        raise invalid_properties(f"{name} is a list of up to {ADDRESSES_MAX} addresses", name)
    return [{"name": one.get("name"), "email": one["email"]} for one in value]


def _is_address(value: Any) -> bool:
    if not isinstance(value, dict) or not set(value) <= {"name", "email"}:
        return False
    name, email = value.get("name"), value.get("email")
    if name is not None and (not isinstance(name, str) or len(name) > NAME_CHARACTERS_MAX):
        return False
    try:
        return isinstance(email, str) and bool(parse_address(email))
    except SyntaxFault:
        return False
