"""RFC 2047, RFC 6532: text of header fields; nothing that comes out can end a line."""

import time
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.words import ENCODED_WORD_MAX, decode_base64, decode_words, encode_words, unfold


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b" plain words\r\n", "plain words"),
        (b"folded\r\n\tvalue", "folded value"),
        # RFC 2047 §8
        (b"=?ISO-8859-1?Q?a?=", "a"),
        (b"=?ISO-8859-1?Q?a?= b", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a_b?=", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        (b"x =?utf-8?q?=C3=A9?= y", "x é y"),
        (b"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
        # Characters split between words
        (b"=?utf-8?b?4bs=?= =?utf-8?b?kw==?=", "ồ".replace("ồ", "\u1ed3")),
        (b"=?windows-1258?q?Vi=EA=F2t?=", "Việt"),
        (b"=?gb2312?b?xOO6ww==?=", "你好"),
        (b"=?iso-2022-jp?b?GyRCJDMbKEI=?=", "こ"),
        (b"=?koi8-r?b?8NLJ18XU?=", "Привет"),
        # Raw octets
        ("Thư mới".encode(), "Thư mới"),
        (b"caf\xe9", "café"),
        # Broken ones
        (b"=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
        (b"=?no-such-charset?q?=C3=A9?=", "é"),
        (b"=?utf-8?q?=FF?=", "\ufffd"),
        (b"=?utf-8?b?YWJj?=def", "abcdef"),
        (b"=?utf-8?b?YWJ?=", "ab"),
        (b"=?utf-8?b?Y!W@Jj?=", "abc"),
        (b"=?utf-8?b??=", ""),
        (b"=?punycode?q?a?=", "a"),
        (b"=?rot13?q?a=FF?=", "aÿ"),
    ],
)
def test_decodes(raw: bytes, text: str) -> None:
    assert decode_words(raw) == text


@pytest.mark.parametrize(
    "raw", [b"=?utf-8?q?a=0D=0ABcc:_v@x?=", b"a\0b\x1b[31m", b"=?utf-8?b?DQo=?=", b"a\rb"]
)
def test_no_control_character_comes_out(raw: bytes) -> None:
    assert not any(ord(char) < 32 or ord(char) == 127 for char in decode_words(raw))


@given(st.binary(max_size=200) | st.text("=?utf-8qb_ \r\n", max_size=80).map(str.encode))
def test_never_raises(raw: bytes) -> None:
    text = decode_words(raw)
    assert "\r" not in text and "\n" not in text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=80))
def test_what_is_encoded_decodes_here_and_elsewhere(text: str) -> None:
    encoded = encode_words(text)
    assert encoded.isascii()
    assert decode_words(encoded) == text
    assert str(make_header(decode_header(encoded.decode()))) == text
    for word in encoded.split(b"\r\n "):
        assert len(word) <= ENCODED_WORD_MAX or word == text.encode()


def test_text_that_looks_encoded_is_encoded() -> None:
    assert decode_words(encode_words("=?utf-8?q?x?=")) == "=?utf-8?q?x?="


def test_unfold() -> None:
    assert unfold(b" a\r\n b\r\n\tc \r\n") == b"a b\tc"


@given(st.binary(max_size=100))
def test_base64_never_raises(data: bytes) -> None:
    decode_base64(data)


def test_many_words_cost_little() -> None:
    before = time.process_time()
    for raw in (b"=?utf-8?q?=C3=A9?= " * 20_000, b"=?a?q?" * 100_000, b"=?" * 500_000, b"?=" * 500_000):
        decode_words(raw)
    assert time.process_time() - before < 1.0
