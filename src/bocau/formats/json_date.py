"""Dates as JSON says them (RFC 3339; RFC 8620 §1.4, Date and UTCDate).

"2014-10-30T14:12:00+08:00"  ⇄  (1414649520, 480)
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from bocau.formats.date import OFFSET_MINUTES_MAX

_DATE: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX_MIN: Final = -62_135_510_400
_UNIX_MAX: Final = 253_402_214_400


def json_date(unix: int, offset: int = 0) -> str:
    """Write Unix seconds as the wall clock `offset` minutes east of Greenwich; with "Z" where that is 0."""
    at = datetime.fromtimestamp(min(max(unix, _UNIX_MIN), _UNIX_MAX) + offset * 60, UTC)
    text = at.isoformat()[:19]
    if not offset:
        return f"{text}Z"
    hours, minutes = divmod(abs(offset), 60)
    return f"{text}{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def parse_json_date(text: object) -> tuple[int, int] | None:
    """Read a Date: (Unix seconds, minutes east of Greenwich); None when it is none. Fractions are cut."""
    match = _DATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(digits) for digits in match.groups()[:6])
    offset = 0
    if match[7]:
        offset = int(match[8]) * 60 + int(match[9])
        if int(match[9]) > 59 or offset > OFFSET_MINUTES_MAX:
            return None
        offset = -offset if match[7] == "-" else offset
    try:
        # A leap second is read as the second before it.
        at = datetime(year, month, day, hour, minute, min(second, 59) if second == 60 else second, tzinfo=UTC)
    except ValueError:
        return None
    return (at - _EPOCH) // timedelta(seconds=1) - offset * 60, offset


def parse_utc_date(text: object) -> int | None:
    """Read a UTCDate, a Date whose zone is "Z"; None when it is none."""
    found = parse_json_date(text)
    return None if found is None or not isinstance(text, str) or not text.endswith("Z") else found[0]
