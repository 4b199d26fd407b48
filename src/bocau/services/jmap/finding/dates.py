"""UTCDate (RFC 8620 §1.4) → unix seconds."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from bocau.services.jmap.errors import invalid_arguments

_UTC_DATE: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?Z\Z", re.ASCII
)


def seconds_of(name: str, value: Any) -> int:
    """MethodError invalidArguments."""
    found = _UTC_DATE.match(value) if isinstance(value, str) else None
    try:
        if found is not None:
            return int(datetime(*map(int, found.groups()), tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]
    except ValueError:
        pass
    raise invalid_arguments(f"{name} is no UTCDate")
