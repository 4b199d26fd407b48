"""The fields of one header, by name and in order (RFC 8621 §4.1.2, §4.1.3)."""

from collections.abc import Sequence

from bocau.formats.charset import storable
from bocau.formats.header import named_values
from bocau.formats.header_forms import as_raw
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.email.wanted import NamedHeaders


class Fields:
    """A header that has been read."""

    __slots__ = ("_by_name", "_pairs")

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs
        self._by_name: dict[bytes, list[bytes]] = {}
        for name, value in pairs:
            self._by_name.setdefault(name.lower(), []).append(value)

    def named(self, name: bytes) -> Sequence[bytes]:
        """The values of a lower-case name, in order."""
        return self._by_name.get(name, ())

    def told(self) -> list[Arguments]:
        """The property `headers`: every field as it stands."""
        return [{"name": storable(name), "value": as_raw(value)} for name, value in self._pairs]

    def tell(self, wanted: NamedHeaders, told: Arguments) -> None:
        """Add the wanted header properties."""
        for name, header in wanted:
            told[name] = header.read(self._by_name.get(header.name, ()))


def read_fields(data: bytes, start: int, end: int) -> Fields:
    """Read the header at [start, end)."""
    return Fields(named_values(data, start, end))
