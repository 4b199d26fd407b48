"""Plain text becomes HTML (RFC 3676), and never by accident."""

import pytest

from bocau.formats.html.cleaning import Asked, clean


def body(text: str, **more: object) -> str:
    found = clean(Asked(text, False, "n")._replace(**more)).body  # type: ignore[arg-type]
    return "".join(map(str, found)).removeprefix('<div class="m-text">').removesuffix("</div>")


LINK = ' target="_blank" rel="noopener noreferrer nofollow">'


def test_text_stays_text() -> None:
    assert body("a <b>&amp;\n\nc") == "a &lt;b&gt;&amp;amp;<br><br>c<br>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("see http://a.example/b.", f'see <a href="http://a.example/b"{LINK}http://a.example/b</a>.<br>'),
        (
            "(www.a.example/x_(y))",
            f'(<a href="https://www.a.example/x_(y)"{LINK}www.a.example/x_(y)</a>)<br>',
        ),
        ("lan@a.example", f'<a href="mailto:lan@a.example"{LINK}lan@a.example</a><br>'),
        ("javascript:alert(1)", "javascript:alert(1)<br>"),
    ],
)
def test_addresses_become_links(text: str, html: str) -> None:
    assert body(text) == html


def test_a_link_cannot_break_out_of_its_attribute() -> None:
    """The sink of many webmails: text that is turned into links by replacing."""
    found = body("http://a.example/\"onmouseover=pwn() [1]: http://b.example/'><img src=x onerror=pwn()>")
    assert "<img" not in found and 'href="http://a.example/"' in found


def test_quote_levels_fold() -> None:
    assert body("Yes\n> > old\n> new\nend").startswith(
        'Yes<br><details class="m-quoted"><summary>Show quoted text</summary><blockquote type="cite">'
        '<blockquote type="cite">old<br></blockquote>new<br></blockquote></details>end'
    )
    assert "<details" not in body("> only a quotation")
    assert body(">" * 5000).count("<blockquote") <= 30


def test_flowed_lines_are_joined_within_their_level() -> None:
    """RFC 3676 §4.2 to §4.5: space-stuffing, the signature's line, levels."""
    assert body("one \ntwo\n two\n", is_flowed=True) == "one two<br>two<br>"
    assert body("ab \ncd", is_flowed=True, is_delsp=True) == "abcd<br>"
    assert body("a \n-- \nLan", is_flowed=True) == "a <br>-- <br>Lan<br>"
    assert body("> a \n> b\nc", is_flowed=True).count("<blockquote") == 1


def test_what_is_quoted_again_is_not_folded() -> None:
    text = "mine\n> his\n"
    assert "<summary>" in "".join(map(str, clean(Asked(text, False, "n")).body))
    again = "".join(map(str, clean(Asked(text, False, "n", is_quote=True)).body))
    assert "<summary>" not in again and "<blockquote" in again
