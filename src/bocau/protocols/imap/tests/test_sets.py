"""Sets of ranges, against Python's sets; the sets of QRESYNC (RFC 7162 §7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.command import parse
from bocau.protocols.imap.commands import Examine, Resync, Select
from bocau.protocols.imap.sets import NumberSet, gaps, intersection, ranges_of

numbers = st.sets(st.integers(1, 60), max_size=40)


def members(ranges: list[tuple[int, int]]) -> set[int]:
    return {number for low, high in ranges for number in range(low, high + 1)}


@given(numbers, numbers)
def test_intersection(one: set[int], other: set[int]) -> None:
    found = intersection(ranges_of(sorted(one)), ranges_of(sorted(other)))
    assert members(found) == one & other
    assert found == sorted(found)


@given(numbers, st.integers(0, 70))
def test_gaps(there: set[int], last: int) -> None:
    inside = {number for number in there if number <= last}
    assert members(gaps(ranges_of(sorted(inside)), last)) == set(range(1, last + 1)) - inside


def read(text: bytes) -> Resync | None:
    command = parse(b"a " + text, [], is_utf8=False, nesting_max=50)
    assert isinstance(command, Select)
    return command.resync


def test_select_parameters() -> None:
    known, pairs = NumberSet(((1, 5), (9, 9))), (NumberSet(((1, 1), (3, 3))), NumberSet(((2, 2), (7, 7))))
    assert read(b"SELECT box") is None
    assert read(b"SELECT box (QRESYNC (7 90060115194045000))") == Resync(7, 90060115194045000)
    assert read(b"SELECT box (CONDSTORE QRESYNC (7 1 1:5,9))") == Resync(7, 1, known)
    assert read(b"EXAMINE box (QRESYNC (7 1 1:5,9 (1,3 2,7)) CONDSTORE)") == Resync(7, 1, known, pairs)
    assert read(b"SELECT box (qresync (7 1 (1,3 2,7)))") == Resync(7, 1, None, pairs)
    command = parse(b"a EXAMINE box (CONDSTORE)", [], is_utf8=False, nesting_max=50)
    assert isinstance(command, Examine) and command.is_condstore


@pytest.mark.parametrize(
    "text",
    [
        *(b"()", b"(QRESYNC)", b"(QRESYNC ())", b"(QRESYNC (7))", b"(QRESYNC (7 0))", b"(QRESYNC (0 7))"),
        *(b"(QRESYNC (7 1 *))", b"(QRESYNC (7 1 1:*))", b"(QRESYNC (7 1 $))", b"(QRESYNC (7 1 ))"),
        *(b"(QRESYNC (7 1 1:3 (1 2) 4))", b"(QRESYNC (7 1 (1)))", b"(QRESYNC (7 1 (1 2))", b"(OTHER 7)"),
        *(b"(QRESYNC (4294967296 1))", b"(QRESYNC (7 9223372036854775808))", b"(QRESYNC (7 1 1_0))"),
    ],
)
def test_what_is_no_select_parameter(text: bytes) -> None:
    with pytest.raises(SyntaxFault):
        read(b"SELECT box " + text)
