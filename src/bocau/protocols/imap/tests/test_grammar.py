"""Properties of the grammar's rungs."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import BadName, SyntaxFault
from bocau.protocols.imap.command import parse
from bocau.protocols.imap.commands import Login
from bocau.protocols.imap.fetch import Attribute, Portion, Section, fetch_items
from bocau.protocols.imap.names import astring, decode_name, encode_utf7, string
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.sets import NumberSet, chosen, merged, number_set, ranges_of, set_text

NAMES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u0340\u0341"),
    min_size=1,
    max_size=60,
)


@given(NAMES)
def test_names_survive_the_wire(name: str) -> None:
    import unicodedata

    name = unicodedata.normalize("NFC", name)
    wire = encode_utf7(name)
    assert wire.isascii()
    expected = "INBOX" + name[5:] if re.match(r"inbox(/|\Z)", name, re.IGNORECASE | re.ASCII) else name
    assert decode_name(wire, False) == expected
    assert decode_name(name.encode(), True) == expected


@given(st.binary(max_size=40))
def test_a_name_has_one_spelling(wire: bytes) -> None:
    try:
        name = decode_name(wire, False)
    except BadName:
        return
    if not name.startswith("INBOX"):
        import unicodedata

        decoded = wire.decode("ascii")
        assert "&" in decoded or unicodedata.normalize("NFC", decoded) == name


@given(st.binary(max_size=200))
def test_strings_survive_the_wire(data: bytes) -> None:
    for written in (string(data), astring(data)):
        found = re.match(rb"\{(\d+)\}\r\n", written)
        if found:
            cursor = Cursor(written[: found.end()], [written[found.end() :]])
        else:
            cursor = Cursor(written)
        assert cursor.astring() == data
        cursor.end()


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=8), st.integers(1, 40)
)
def test_sets_choose_what_they_name(pairs: list[tuple[int, int]], largest: int) -> None:
    text = b",".join(b"%d:%d" % pair for pair in pairs)
    expected = {n for low, high in pairs for n in range(min(low, high), max(low, high) + 1)}
    ranges = number_set(Cursor(text)).resolved(largest)
    numbers = range(1, largest + 1)
    assert chosen(numbers, ranges) == sorted(expected.intersection(numbers))
    assert all(high + 1 < low for (_, high), (low, _) in pairwise(ranges))


@given(st.sets(st.integers(1, 200)))
def test_ranges_are_the_numbers(numbers: set[int]) -> None:
    ranges = ranges_of(sorted(numbers))
    assert {n for low, high in ranges for n in range(low, high + 1)} == numbers
    assert merged(ranges) == ranges
    if numbers:
        assert number_set(Cursor(set_text(ranges))) == NumberSet(tuple(ranges))


def test_a_star_is_the_largest_in_either_place() -> None:
    assert number_set(Cursor(b"*")).resolved(7) == [(7, 7)]
    assert number_set(Cursor(b"*:3")).resolved(7) == [(3, 7)]
    assert number_set(Cursor(b"9:*")).resolved(7) == [(7, 9)]


def test_sections_are_read_and_named() -> None:
    [item] = fetch_items(Cursor(b'body.peek[2.1.header.fields (to "x y")]<10.20>'))
    assert item == Section(
        b'BODY[2.1.HEADER.FIELDS (TO "X Y")]<10>',
        (2, 1),
        Portion.FIELDS,
        frozenset((b"to", b"x y")),
        (10, 20),
    )
    assert fetch_items(Cursor(b"fast"))[0] is Attribute.FLAGS
    assert fetch_items(Cursor(b"(UID UID FLAGS)")) == (Attribute.UID, Attribute.FLAGS)


@pytest.mark.parametrize(
    "text",
    [b"BODY[", b"BODY[1.]", b"BODY[0]", b"BODY[MIME]", b"BODY[]<1>", b"BODY[]<1.0>", b"()", b"FOO",
     b"BODY.PEEK", b"BODY[HEADER.FIELDS ()]", b"(FAST)", b"(FLAGS", b"BINARY.SIZE[1]<0.1>",
     b"BODY[1.HEADER.FIELDS]"],
)  # fmt: skip
def test_broken_items_are_refused(text: bytes) -> None:
    cursor = Cursor(text)
    with pytest.raises(SyntaxFault):
        fetch_items(cursor)
        cursor.end()


def test_literals_are_never_read_as_syntax() -> None:
    text = b"a LOGIN {7+}\r\n {4}\r\n"
    command = parse(text, [b'x" "y\r\n', b"{9}\r"], is_utf8=False, nesting_max=5)
    assert isinstance(command, Login)
    assert command.user == 'x" "y\r\n' and command.password == "{9}\r"
