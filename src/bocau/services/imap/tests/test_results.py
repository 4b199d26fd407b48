"""Numbers of many messages, as SEARCH and SORT say them (RFC 3501 §7.2.5, RFC 5256 §4)."""

import pytest

from bocau.services.imap.results import CALL_NUMBERS, numbers_line


@pytest.mark.parametrize("count", [0, 1, CALL_NUMBERS, 2 * CALL_NUMBERS + 1])
def test_numbers_of_any_count(count: int) -> None:
    numbers = list(range(count, 0, -1))
    assert numbers_line(b"SORT", numbers, 7) == b" ".join(
        [b"SORT", *map(b"%d".__mod__, numbers), b"(MODSEQ 7)"]
    )
