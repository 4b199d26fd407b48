"""Which mailbox names are kept, and as what."""

import pytest

from bocau.base.errors import BadName
from bocau.store.names import DEPTH_MAX, NAME_BYTES_MAX, checked_name, parents


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("inbox", "INBOX"),
        ("InBox/x", "INBOX/x"),
        ("inboxes", "inboxes"),
        ("ıNBOX", "ıNBOX"),
        ("Thư", "Thư"),
        ("Inc./a b", "Inc./a b"),
        ("x" * NAME_BYTES_MAX, "x" * NAME_BYTES_MAX),
        ("/".join("x" * DEPTH_MAX), "/".join("x" * DEPTH_MAX)),
    ],
)
def test_good_names(given, kept):
    assert checked_name(given) == kept


@pytest.mark.parametrize(
    "bad",
    ["", "/", "a//b", "/a", "a/", "../../x", "a/../b", "INBOX/..", ".", "a\x00b", "a\rb", "a\x7f", "a\u2028",
     "a\ud800", " a", "a /b", "a*", "50%", "x" * (NAME_BYTES_MAX + 1), "ư" * 501,
     "/".join("x" * (DEPTH_MAX + 1))],
)  # fmt: skip
def test_bad_names(bad):
    with pytest.raises(BadName):
        checked_name(bad)


def test_parents_come_outermost_first():
    assert parents("a/b/c") == ["a", "a/b"]
