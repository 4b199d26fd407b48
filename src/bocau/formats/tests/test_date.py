"""RFC 5322 §3.3 and §4.3, RFC 9051 date-time: moments that exist, or None."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import SyntaxFault
from bocau.formats.date import format_date, format_internal_date, parse_date, parse_internal_date


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        (b"Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06"),
        (b"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06"),
        (b"Thu,\r\n      13\r\n    Feb\r\n  1969\r\n  23:32\r\n -0330 (Newfoundland)", "1969-02-14T03:02:00"),
        (b"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06"),
        (b"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)", "1996-07-17T09:23:25"),
        (b"17 Jul 1996 02:23:25 EST", "1996-07-17T07:23:25"),
        (b"17 Jul 1996 02:23:25 Z", "1996-07-17T02:23:25"),
        (b"17 Jul 1996 02:23:25 XYZ", "1996-07-17T02:23:25"),
        (b"17 Jul 1996 02:23", "1996-07-17T02:23:00"),
        (b"Wednesday, 17-Jul-96 02:23:25 UT", "1996-07-17T02:23:25"),
        (b"17 July 1996 02:23:25 +0000", "1996-07-17T02:23:25"),
        (b"17 Jul 103 02:23:25 +0000", "2003-07-17T02:23:25"),
        (b"17 Jul 49 02:23:25 +0000", "2049-07-17T02:23:25"),
        (b"17 Jul 50 02:23:25 +0000", "1950-07-17T02:23:25"),
        (b"30 Jun 1972 23:59:60 +0000", "1972-06-30T23:59:59"),
        (b"Mon, 27 May 2002 10:28:3 +0200", "2002-05-27T08:28:03"),
        (b"Fri, 02 Aug 2002 23:37:59 0530", "2002-08-02T18:07:59"),
        (b"Wed Jun 30 21:49:08 1993", "1993-06-30T21:49:08"),
        (b"Sat Jan  3 01:05:34 1996", "1996-01-03T01:05:34"),
    ],
)  # fmt: skip
def test_reads(raw: bytes, written: str) -> None:
    unix = parse_date(raw)
    assert unix is not None
    assert datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S") == written


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"yesterday",
        b"Fri, 21 Nov 1997 09:55:06 +9999",
        b"Fri, 21 Nov 1997 09:55:06 +2400",
        b"Fri, 21 Nov 1997 09:55:06 +0060",
        b"Fri, 21 Nov 99999999 09:55:06 +0000",
        b"Fri, 21 Nov -1 09:55:06 +0000",
        b"31 Feb 2020 00:00:00 +0000",
        b"0 Jan 2020 00:00:00 +0000",
        b"1 Foo 2020 00:00:00 +0000",
        b"1 Jan 0000 00:00:00 +0000",
        b"1 Jan 2020 25:00:00 +0000",
        b"1 Jan 2020 00:61:00 +0000",
        b"1 Jan 2020 00:00:61 +0000",
        "１ Jan 2020 00:00:00 +0000".encode(),
        b"1" * 10_000,
        b"Fri, 21 Nov 1997 09:55:06 +0000" + b" " * 10_000,
        b"(" * 199,
    ],
)
def test_names_no_moment(raw: bytes) -> None:
    assert parse_date(raw) is None


MOMENTS = st.integers(0, 4_102_444_800)
OFFSETS = st.integers(-12 * 60, 14 * 60)


@given(MOMENTS, OFFSETS)
def test_what_is_written_reads_back_here_and_elsewhere(unix: int, offset: int) -> None:
    written = format_date(unix, offset)
    assert parse_date(written.encode()) == unix
    assert int(parsedate_to_datetime(written).timestamp()) == unix


@given(MOMENTS)
def test_written_like_the_standard_library(unix: int) -> None:
    assert parse_date(format_datetime(datetime.fromtimestamp(unix, UTC)).encode()) == unix


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_moment_can_be_written(unix: int) -> None:
    assert format_date(unix, 0)
    assert parse_internal_date(format_internal_date(unix)) is not None


@given(st.binary(max_size=60))
def test_never_raises(raw: bytes) -> None:
    parse_date(raw)


def test_internal_date() -> None:
    assert format_internal_date(837571465) == b'"17-Jul-1996 02:44:25 +0000"'
    assert format_internal_date(0) == b'" 1-Jan-1970 00:00:00 +0000"'
    assert parse_internal_date(b'"17-Jul-1996 02:44:25 -0700"') == 837571465 + 7 * 3600
    assert parse_internal_date(b'" 1-jan-1970 00:00:00 +0000"') == 0
    assert parse_internal_date(b'"01-Jan-1970 00:00:00 +0000"') == 0


@given(MOMENTS)
def test_internal_dates_read_back(unix: int) -> None:
    assert parse_internal_date(format_internal_date(unix)) == unix


@pytest.mark.parametrize(
    "value",
    [
        b'"31-Feb-1996 02:44:25 +0000"',
        b'"17-Jul-1996 02:44:25 +9900"',
        b'"17-Jul-1996 02:44:25"',
        b'"1-Jan-1970 00:00:00 +0000"',
        b"17-Jul-1996 02:44:25 +0000",
        b'"  -Jul-1996 02:44:25 +0000"',
        b'"17-Xyz-1996 02:44:25 +0000"',
        b'""',
        b"",
    ],
)
def test_bad_internal_dates(value: bytes) -> None:
    with pytest.raises(SyntaxFault):
        parse_internal_date(value)
