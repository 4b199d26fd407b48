"""Words found are marked, all else is escaped, and the octets suffice (RFC 8621 §5)."""

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.excerpt import excerpt, marked, on_one_line
from bocau.formats.searchable import unaccented


def test_marks_words_without_case_and_accents():
    assert marked("Họp ở Đà Nẵng", ["da nang"], 255) == "Họp ở <mark>Đà Nẵng</mark>"
    assert marked("STRASSE, straße", ["strasse"], 255) == "<mark>STRASSE</mark>, <mark>straße</mark>"
    assert marked("Đa\u0300 Nẵng", ["da"], 255) == "<mark>Đà</mark> Nẵng"
    assert marked("abc", ["x"], 255) is None
    assert marked("banana", ["ana", "nan"], 255) == "b<mark>anan</mark>a"


def test_escapes():
    assert marked("<b>&'\"", ["b"], 255) == "&lt;<mark>b</mark>&gt;&amp;&#39;&quot;"


def test_an_excerpt_has_something_before_and_after():
    text = "much before that nobody wants to see. " * 20 + "here is the needle in the hay. " + "after " * 100
    found = excerpt(text, ["needle"], 255)
    assert found.startswith("that nobody wants to see. here is the <mark>needle</mark> in the hay. after")
    assert 240 < len(found) <= 255


def test_the_octets_suffice():
    assert marked("needle", ["needle"], 10) == ""
    assert marked("needle", ["needle"], 17) == "<mark>need</mark>"


@given(st.text(), st.text(min_size=1, max_size=5), st.integers(20, 100))
def test_is_a_part_of_the_text(text, word, octets):
    word = unaccented(word)
    for function in (marked, excerpt):
        found = function(text, [word], octets)
        if found is None:
            assert word not in unaccented(on_one_line(text)) or not word
        else:
            assert len(found.encode("utf-8", "replace")) <= octets
            plain = found.replace("<mark>", "").replace("</mark>", "")
            assert "<" not in plain
            assert unescape(plain) in on_one_line(text)
