"""RFC 2045 §5–6: the text in a part, whatever its encoding and charset."""

import time

import pytest

from bocau.formats.charset import codec_name, decode_charset
from bocau.formats.mime import scan
from bocau.formats.text import decoded_octets, decoded_text, plain_of_html, preview
from bocau.formats.xtext import decode_xtext, encode_xtext


def message(head: bytes, body: bytes) -> bytes:
    return head + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (b"A: b", b"plain", "plain"),
        (b"A: b", "không khai báo".encode(), "không khai báo"),
        (b"A: b", b"caf\xe9", "café"),
        (b"Content-Type: text/plain; charset=iso-8859-1", b"caf\xe9 \x93x\x94", "café “x”"),
        (b"Content-Type: text/plain; charset=windows-1258", b"Vi\xea\xf2t", "Việt"),
        (b"Content-Type: text/plain; charset=utf-16", "x".encode("utf-16"), "x"),
        (b"Content-Type: text/plain; charset=nonsense", b"x\xc3\xa9", "xé"),
        (b"Content-Type: text/plain; charset=zlib", b"x\xc3\xa9", "xé"),
        (b"Content-Transfer-Encoding: base64", b"Y2\r\nFm\r\nw6k=\r\n", "café"),
        (b"Content-Transfer-Encoding: Quoted-Printable", b"caf=C3=\r\n=A9 =3D", "café ="),
        (b"Content-Transfer-Encoding: x-unknown", b"as it is", "as it is"),
    ],
)
def test_decoded_text(head: bytes, body: bytes, text: str) -> None:
    data = message(head, body)
    assert decoded_text(data, scan(data)) == text


def test_a_cut_character_does_not_spoil_the_rest() -> None:
    assert decode_charset("chào".encode()[:-2], b"utf-8") == "ch\ufffd"
    data = message(b"A: b", ("ồ" * 1000).encode())
    assert set(preview(data, scan(data))) == {"ồ"}


def test_half_characters_never_come_out() -> None:
    for data in (b"+2AA-", b"+2AA-\xff", b"+3AA-x+2AA-"):
        decode_charset(data, b"utf-7").encode()
    assert decode_charset(b"+2D3cAA-", b"utf-7") == "\U0001f400"


def test_codecs_that_are_none_of_mail_are_refused() -> None:
    for name in (
        b"punycode",
        b"idna",
        b"rot13",
        b"hex",
        b"zlib",
        b"unicode_escape",
        b"base64",
        b"",
        b"x" * 41,
        b"\xff",
    ):
        assert codec_name(name) is None, name
    assert codec_name(b'"UTF-8"') == "utf-8"


def test_decoded_octets_of_an_attachment() -> None:
    data = message(b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64", b"AAEC/w==\r\n")
    assert decoded_octets(data, scan(data)) == b"\x00\x01\x02\xff"


def test_html_without_tags() -> None:
    html = "<head><title>t</title></head><style>p{}</style><p class='x'>a &lt;b&gt;<br>c<script>a<b</script>"
    assert " ".join(plain_of_html(html).split()) == "a <b> c"


def test_hostile_html_costs_little() -> None:
    before = time.process_time()
    for html in (
        "<style" * 200_000,
        "<!--" * 200_000,
        "<" * 1_000_000,
        "<style></style" * 100_000,
        "&" * 1_000_000,
    ):
        plain_of_html(html)
    assert time.process_time() - before < 1.0


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("QQ314159", "QQ314159"),
        ("a+2Bb+3Dc", "a+b=c"),
        ("a+b", "a+b"),
        ("\\x{1ED3}@x", "ồ@x"),
        ("\\x{D800}", "\ufffd"),
    ],
)
def test_xtext(encoded: str, text: str) -> None:
    assert decode_xtext(encoded) == text


def test_xtext_writes_what_it_reads() -> None:
    assert encode_xtext("a+b=c d") == "a+2Bb+3Dc+20d"
    for text in ("plain", "a+b=c", "ồ", "\r\n"):
        assert decode_xtext(encode_xtext(text)) == text


def test_white_space_added_behind_a_quoted_printable_line_is_removed() -> None:
    head = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    data = head + b"one  \r\ntwo=20\t\r\nthr= \r\nee\t"
    assert decoded_octets(data, scan(data)) == b"one\r\ntwo \r\nthree"
