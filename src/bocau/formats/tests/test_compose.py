"""How bodies are encoded: as little as possible, never damaged, no line too long (RFC 2045 §6)."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.compose import base64_lines, encode_message, encode_text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("hello\nthere\n", "7bit"),
        ("", "7bit"),
        ("x" * 78, "7bit"),
        ("x" * 79, "quoted-printable"),
        ("-- \nme", "quoted-printable"),
        ("a\rb", "quoted-printable"),
        ("a\0b", "quoted-printable"),
        ("mostly English, café", "quoted-printable"),
        ("Việt Nam đất nước mến yêu ơi " * 10, "base64"),
        ("漢字" * 100, "base64"),
    ],
)
def test_which_encoding_a_text_gets(text, encoding):
    assert encode_text(text)[0] == encoding


@given(st.text(alphabet="ab=. \t\r\n\0é漢", max_size=400))
def test_texts_are_what_python_decodes(text):
    """RFC 2045 §6.7, §6.8"""
    encoding, body = encode_text(text)
    decode = {"7bit": bytes, "quoted-printable": quopri.decodestring, "base64": base64.b64decode}[encoding]
    assert decode(body) == text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    assert all(len(line) <= 78 and line.isascii() for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"") and b"\r" not in body.replace(b"\r\n", b"")
    assert encoding == "7bit" or not any(line.endswith((b" ", b"\t")) for line in body.split(b"\r\n"))


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 57_000, 57_001, 200_000])
def test_base64_in_pieces_is_base64(size):
    octets = bytes(range(256)) * (size // 256 + 1)
    assert base64_lines(octets[:size]) == base64.encodebytes(octets[:size]).replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("octets", "encoding", "kept"),
    [
        (b"A: b\r\n\r\nc", "7bit", b"A: b\r\n\r\nc"),
        (b"A: b\n\nc\rd", "7bit", b"A: b\r\n\r\nc\r\nd"),
        (b"A: b\r\n\r\n\xe9", "8bit", b"A: b\r\n\r\n\xe9"),
        (b"A: b\r\n\r\n" + b"x" * 998, "7bit", b"A: b\r\n\r\n" + b"x" * 998),
    ],
)
def test_messages_within_are_not_encoded(octets, encoding, kept):
    """RFC 2046 §5.2.1"""
    assert encode_message(octets) == (encoding, kept)


@pytest.mark.parametrize("octets", [b"A: b\r\n\r\n" + b"x" * 999, b"A: b\r\n\r\n\0"])
def test_unless_no_transport_would_take_them(octets):
    encoding, body = encode_message(octets)
    assert encoding == "base64" and base64.b64decode(body) == octets
