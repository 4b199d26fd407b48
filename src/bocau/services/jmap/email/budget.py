"""What one call may cost, whatever the messages hold that it asks for."""

from dataclasses import dataclass
from typing import Final

from bocau.formats.header import HEADER_BYTES_MAX
from bocau.services.jmap.errors import MethodError

VALUES_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of all body values of one call; those beyond are truncated."""
PARTS_MAX: Final = 50_000
"""Body parts that one call may tell of."""
HEADERS_BYTES_MAX: Final = 4 * 1024 * 1024
"""Of all headers that one call reads in full."""
FIELD_BYTES_BEYOND: Final = 4 * 1024
"""Of a field in a header beyond that: enough for a list of emails."""


@dataclass(slots=True)
class Budget:
    """What is left."""

    value_bytes: int = VALUES_BYTES_MAX
    parts: int = PARTS_MAX
    header_bytes: int = HEADERS_BYTES_MAX

    def take_part(self) -> None:
        """MethodError requestTooLarge."""
        self.parts -= 1
        if self.parts < 0:
            raise MethodError("requestTooLarge", f"more than {PARTS_MAX} body parts; ask for fewer emails")

    def take_header(self, size_bytes: int) -> int:
        """How many octets of each field may be read of a header of that size."""
        if size_bytes > self.header_bytes:
            return FIELD_BYTES_BEYOND
        self.header_bytes -= size_bytes
        return HEADER_BYTES_MAX
