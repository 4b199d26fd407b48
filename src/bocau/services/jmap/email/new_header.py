"""The header of a new Email: properties of the object → fields of the message (RFC 8621 §4.6)."""

from typing import Any, Final

from bocau.formats.compose import NewField
from bocau.formats.header import HEADER_BYTES_MAX
from bocau.formats.header_forms import HeaderProperty
from bocau.formats.header_writing import Unwritable, write_value
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.email.wanted import header_of
from bocau.services.jmap.errors import invalid_properties

FIELDS_MAX: Final = 1000
"""Of one header."""
_SPELT: Final = {
    name.lower(): name
    for name in (
        "Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Message-ID", "In-Reply-To",
        "References",
    )
}  # fmt: skip
"""How the fields that have a property of their own are written, in the order of a header."""
_ORDER: Final = {name: place for place, name in enumerate(_SPELT)}


def take_fields(new: Arguments, where: str = "") -> dict[str, tuple[NewField, ...]]:
    """Lower-case field name → the fields of that name, from every property that stands for one; other
    properties are passed over. `where`: what an error names before the property. SetError."""
    taken: dict[str, tuple[NewField, ...]] = {}
    size = 0
    for name, value in new.items():
        header = header_of(name)
        if header is None or value is None:
            continue
        field = header.name.decode("ascii")
        if field in taken:
            raise invalid_properties(f"{field} is given twice", where + name)
        taken[field] = _written(header, _spelling(name, field), value, where + name)
        size += sum(len(octets) for _, octets in taken[field])
        if size > HEADER_BYTES_MAX or len(taken) > FIELDS_MAX:
            raise invalid_properties("the header is too long", where + name)
    return {name: fields for name, fields in taken.items() if fields}


def _spelling(name: str, field: str) -> str:
    """As the client spells it, or as it is usual for a property like `messageId`."""
    return name.split(":")[1] if name.startswith("header:") else _SPELT[field]


def _written(header: HeaderProperty, field: str, value: Any, where: str) -> tuple[NewField, ...]:
    if header.is_all and not isinstance(value, list):
        raise invalid_properties("a list of values is wanted", where)
    values = value if header.is_all else [value]
    if len(values) > FIELDS_MAX:
        raise invalid_properties(f"more than {FIELDS_MAX} header fields", where)
    # No address, no Message-ID: a field that says nothing is left out.
    return tuple((field, _octets(header, field, one, where)) for one in values if one != [])


def _octets(header: HeaderProperty, field: str, value: Any, where: str) -> bytes:
    try:
        return write_value(header.form, value, len(field) + 1)
    except Unwritable as error:
        raise invalid_properties(str(error), where) from error


def in_order(fields: dict[str, tuple[NewField, ...]]) -> tuple[NewField, ...]:
    """The fields as a header usually has them: those that people read first, then all others."""
    names = sorted(fields, key=lambda name: _ORDER.get(name, len(_ORDER)))
    return tuple(field for name in names for field in fields[name])
