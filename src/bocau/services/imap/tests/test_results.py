"""Numbers of many messages, as SEARCH and SORT say them (RFC 3501 §7.2.5, RFC 5256 §4)."""

from array import array

import pytest

from bocau.services.imap.results import CALL_NUMBERS, _ascending, numbers_line
from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import Home, SessionPlayer


@pytest.mark.parametrize("count", [0, 1, CALL_NUMBERS, 2 * CALL_NUMBERS + 1])
def test_numbers_of_any_count(count: int) -> None:
    numbers = list(range(count, 0, -1))
    assert numbers_line(b"SORT", numbers, 7) == b" ".join(
        [b"SORT", *map(b"%d".__mod__, numbers), b"(MODSEQ 7)"]
    )


def test_numbers_of_uids_that_are_there() -> None:
    assert _ascending(array("I", [2, 5, 9]), [1, 2, 5, 8, 9, 10]) == [1, 2, 3]
    assert _ascending(range(3, 6), [3, 5, 6]) == [1, 3]


@pytest.mark.parametrize(
    ("returns", "said"),
    [
        ("MIN", "MIN 1 MODSEQ 7"),
        ("MAX", "MAX 3 MODSEQ 11"),
        ("MIN MAX", "MIN 1 MAX 3 MODSEQ 11"),
        ("SAVE PARTIAL 1:1", "PARTIAL (1:1 1) MODSEQ 7"),
        ("MIN COUNT", "MIN 1 COUNT 3 MODSEQ 12"),
        ("ALL", "ALL 1:3 MODSEQ 12"),
    ],
)
async def test_the_modseq_is_that_of_what_is_shown(
    home: Home, alice: SessionPlayer, returns: str, said: str
) -> None:
    """RFC 4731 §3.2."""
    for _ in range(3):
        await home.deliver(mail.PLAIN)
    await alice.say(
        "a SELECT INBOX", *(f"b{n} STORE {n} +FLAGS.SILENT (x{m})" for m, n in enumerate((2, 3, 2)))
    )
    answer = await alice.say(f"c SEARCH RETURN ({returns}) MODSEQ 1")
    assert answer[0] == f'* ESEARCH (TAG "c") {said}'
