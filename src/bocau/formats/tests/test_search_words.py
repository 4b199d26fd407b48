"""The words of a body as it is written and as it is shown: what is in which zone decides no search alone."""

import time

import pytest

from bocau.formats.search_words import BODY_SHOWN, BODY_WRITTEN, Zone, message_words
from bocau.formats.searchable import pieces
from bocau.formats.text import shown_of_html

HEAD = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
PLAIN = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain words, Đà Nẵng, div\r\n".encode()
HTML = (
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<style>p{color:=72ed}</style><div class=3D'x'>N&#7861;ng <b>bo</b>ld &amp; words amp</div>\r\n"
)


@pytest.mark.parametrize("parts", [PLAIN, HTML, PLAIN + HTML, HTML + PLAIN + HTML])
def test_two_ways_to_look_at_one_body(parts: bytes) -> None:
    data = HEAD + parts + b"--b--\r\n"
    zones = {zone: set(words) for zone, words in message_words(data).zones}
    assert sum(len(zones.get(zone, ())) for zone in Zone if zone >= Zone.BODY) == len(
        set().union(*(words for zone, words in zones.items() if zone >= Zone.BODY))
    )  # Each is in one of them.

    def held(wanted: tuple[Zone, ...]) -> set[bytes]:
        return set().union(*(zones.get(zone, set()) for zone in wanted))

    found = list(pieces(data))
    assert held(BODY_WRITTEN) == {word for piece in found for word in piece.words()}
    assert held(BODY_SHOWN) == {word for piece in found for word in piece.shown_words()}


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("foo<b>bar</b>", "foobar"),
        ("<td>a</td><td>b</td><br>c", "a b c"),
        ("un&shy;seen z\u200bw", "unseen zw"),
        ("a<!-- c -->b<SPAN\nclass=x>c</SPAN>", "abc"),
        ("a<bad>b", "a b"),
        ("<b-x>a</b-x>b", "a b"),
        ("&lt;b&gt; &Agrave;", "<b> À"),
    ],
)
def test_what_a_reader_sees(html: str, shown: str) -> None:
    assert " ".join(shown_of_html(html).split()) == shown


def test_hostile_html_costs_little() -> None:
    before = time.process_time()
    for html in ("<b" * 300_000, "<!--" * 200_000, "</span" * 100_000, "<a " * 200_000, "&shy;" * 100_000):
        shown_of_html(html)
    assert time.process_time() - before < 3.0
