"""Dates of mail: RFC 5322 §3.3 with its obsolete forms, and IMAP's INTERNALDATE (RFC 9051 §9, date-time)."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.formats.comments import strip_comments

VALUE_BYTES_MAX: Final = 200
"""A longer Date value is not read."""
OFFSET_MINUTES_MAX: Final = 24 * 60 - 1

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTH_NUMBERS: Final = {name.lower().encode("ascii"): number for number, name in enumerate(_MONTHS, 1)}

_DATE: Final = re.compile(
    rb"\s*+(?:[a-z]{2,9}+\s*+[,.]?\s*+)?([0-9]{1,2})[\s-]*+([a-z]{3})[a-z]*+[\s.-]*+([0-9]{2,4})[\s,]++"
    rb"([0-9]{1,2})\s*+[:.]\s*+([0-9]{2})(?:\s*+[:.]\s*+([0-9]{1,2})(?:[.,][0-9]++)?)?(?:\s*+([+-]?[0-9]{4}|[a-z]++))?",
    re.IGNORECASE,
)
# What C's asctime() writes: "Wed Jun 30 21:49:08 1993".
_ASCTIME: Final = re.compile(
    rb"\s*+(?:[a-z]{3}\s++)?([a-z]{3})\s++([0-9]{1,2})\s++([0-9]{2}):([0-9]{2}):([0-9]{2})\s++(?:[a-z]{3,4}\s++)?([0-9]{4})",
    re.IGNORECASE,
)
_ZONES: Final = {
    # RFC 5322 §4.3; other letters mean nothing reliable and are read as +0000.
    b"edt": -240,
    b"est": -300,
    b"cdt": -300,
    b"cst": -360,
    b"mdt": -360,
    b"mst": -420,
    b"pdt": -420,
    b"pst": -480,
}
_INTERNAL: Final = re.compile(
    rb'"([ 0-9][0-9])-([a-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"',
    re.IGNORECASE,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_date(value: bytes) -> int | None:
    """Read a Date value to Unix seconds; None when it names no moment that exists."""
    found = parse_zoned_date(value)
    return None if found is None else found[0]


def parse_zoned_date(value: bytes) -> tuple[int, int] | None:
    """The same with the zone: minutes east of Greenwich."""
    if len(value) > VALUE_BYTES_MAX:
        return None
    match = _DATE.match(value)
    if b"(" in value and (match is None or match[7] is None):
        value = strip_comments(value)
        match = _DATE.match(value)
    if match:
        day, month, year, hour, minute, second, zone = match.groups()
    elif match := _ASCTIME.match(value):
        month, day, hour, minute, second, year = match.groups()
        zone = None
    else:
        return None
    offset = _offset_minutes(zone)
    number = _MONTH_NUMBERS.get(month.lower())
    if offset is None or number is None:
        return None
    unix = _moment(_year(year), number, int(day), int(hour), int(minute), int(second or b"0"), offset)
    return None if unix is None else (unix, offset)


def _year(digits: bytes) -> int:
    """RFC 5322 §4.3: two digits are 1950–2049, three digits count from 1900."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _offset_minutes(zone: bytes | None) -> int | None:
    if zone is None:
        return 0
    if zone[:1].isalpha():
        return _ZONES.get(zone.lower(), 0)
    minutes = int(zone[-4:-2]) * 60 + int(zone[-2:])
    if minutes > OFFSET_MINUTES_MAX or int(zone[-2:]) > 59:
        return None
    return -minutes if zone[:1] == b"-" else minutes


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int, offset: int) -> int | None:
    if hour > 23 or minute > 59 or second > 60:
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH_ORDINAL
    except ValueError:
        return None
    # A leap second is read as the second before it.
    return ((days * 24 + hour) * 60 + minute - offset) * 60 + min(second, 59)


_EPOCH_ORDINAL: Final = _EPOCH.toordinal()


def _at(unix: int, offset: int) -> datetime:
    """The wall clock `offset` minutes east of Greenwich; years that no calendar here has are clamped."""
    return _EPOCH + timedelta(seconds=min(max(unix, _UNIX_MIN), _UNIX_MAX), minutes=offset)


_UNIX_MIN: Final = -62_135_510_400
_UNIX_MAX: Final = 253_402_214_400


def format_date(unix: int, offset: int = 0) -> str:
    """Write Unix seconds as RFC 5322 date-time, `offset` minutes east: "Wed, 17 Jul 1996 02:44:25 +0000"."""
    at = _at(unix, offset)
    return (
        f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year:04}"
        f" {at.hour:02}:{at.minute:02}:{at.second:02} {_zone(offset)}"
    )


def _zone(offset: int) -> str:
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}{minutes:02}"


def format_internal_date(unix: int) -> bytes:
    """Write Unix seconds as IMAP date-time, in UTC, with its quotes: b'"17-Jul-1996 02:44:25 +0000"'."""
    at = _at(unix, 0)
    return b'"%2d-%b-%04d %02d:%02d:%02d +0000"' % (
        at.day,
        _MONTH_BYTES[at.month - 1],
        at.year,
        at.hour,
        at.minute,
        at.second,
    )


_MONTH_BYTES: Final = tuple(month.encode("ascii") for month in _MONTHS)


def parse_internal_date(value: bytes) -> int:
    """Read an IMAP date-time with its quotes to Unix seconds. Raises `SyntaxFault`."""
    match = _INTERNAL.fullmatch(value)
    month = _MONTH_NUMBERS.get(match[2].lower()) if match else None
    if match is None or month is None:
        raise SyntaxFault("bad date-time")
    offset = int(match[8]) * 60 + int(match[9])
    if int(match[9]) > 59 or offset > OFFSET_MINUTES_MAX:
        raise SyntaxFault("bad zone")
    unix = _moment(
        int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6]),
        -offset if match[7] == b"-" else offset,
    )  # fmt: skip
    if unix is None:
        raise SyntaxFault("no such date")
    return unix
