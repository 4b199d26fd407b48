"""The fields of one header, by name and in order (RFC 8621 §4.1.2, §4.1.3)."""

from bocau.formats.charset import storable
from bocau.formats.header import HEADER_BYTES_MAX, named_values
from bocau.formats.header_forms import as_raw
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.email.wanted import NamedHeaders


class Fields:
    """A header that has been read."""

    __slots__ = ("_last", "_pairs")

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs
        # Nearly all that is asked for is the last field of a name.
        self._last = {name.lower(): value for name, value in pairs}

    def told(self) -> list[Arguments]:
        """The property `headers`: every field as it stands."""
        return [{"name": storable(name), "value": as_raw(value)} for name, value in self._pairs]

    def tell(self, wanted: NamedHeaders, told: Arguments) -> None:
        """Add the wanted header properties."""
        last = self._last
        for name, header in wanted:
            if header.is_all:
                told[name] = header.read_among(self._named(header.name))
            else:
                value = last.get(header.name)
                told[name] = None if value is None else header.read(value)

    def _named(self, name: bytes) -> list[bytes]:
        """The values of a lower-case name, in order."""
        return [value for key, value in self._pairs if key.lower() == name] if name in self._last else []


def read_fields(data: bytes, start: int, end: int, value_bytes_max: int = HEADER_BYTES_MAX) -> Fields:
    """Read the header at [start, end); longer values are cut."""
    pairs = named_values(data, start, end)
    if end - start > value_bytes_max:
        pairs = [(name, value[:value_bytes_max]) for name, value in pairs]
    return Fields(pairs)
