"""Dates on the wire: date-time of APPEND, dates of SEARCH (RFC 9051 §9)."""

import re
from datetime import date
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.formats.date import parse_internal_date
from bocau.protocols.imap.primitives import Cursor

MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH_NUMBERS: Final = {name.encode("ascii"): number for number, name in enumerate(MONTHS, 1)}

_DATE_TIME: Final = re.compile(rb'"[ 0-9A-Za-z:+-]{26}"')
_DATE: Final = re.compile(rb'("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1')


def date_time(cursor: Cursor) -> int:
    """Read a quoted date-time; returns Unix seconds."""
    return parse_internal_date(cursor.take(_DATE_TIME, "a date-time"))


def search_date(cursor: Cursor) -> date:
    """Read a date, quoted or not."""
    text = cursor.take(_DATE, "a date")
    found = _DATE.match(text)
    assert found is not None
    try:
        return date(int(found[4]), MONTH_NUMBERS[found[3].upper()], int(found[2]))
    except (KeyError, ValueError):
        raise SyntaxFault("no such date") from None
