"""Which parts are read and which are saved (RFC 8621 §4.1.4); the values of texts; real and hostile mail."""

import email
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.body_parts import decoded_size, flat, has_attachment, leaves, numbered
from bocau.formats.body_values import body_value, truncated
from bocau.formats.mime import DEPTH_MAX, PARTS_MAX, scan
from bocau.formats.text import decoded_octets
from bocau.formats.words import decode_base64

from .corpus import corpus


def part(kind, description, disposition="", *more):
    fields = [f"Content-Type: {kind}", f"Content-Description: {description}", *more]
    fields += [f"Content-Disposition: {disposition}"] if disposition else []
    return "\r\n".join([*fields, "", "x"])


def multipart(subtype, boundary, *parts):
    body = "".join(f"--{boundary}\r\n{one}\r\n" for one in parts)
    return f"Content-Type: multipart/{subtype}; boundary={boundary}\r\n\r\n{body}--{boundary}--"


def lists(message):
    body = flat(numbered(scan(message.encode())))
    return ["".join((one.part.description or b"?").decode() for one in parts) for parts in body]


def test_the_example_of_the_rfc():
    """RFC 8621 §4.1.4"""
    related = multipart("related", "r", part("text/html", "E"), part("image/jpeg", "F"))
    mixed = multipart(
        "mixed",
        "i",
        part("text/plain", "B", "inline"),
        part("image/jpeg", "C", "inline"),
        part("text/plain", "D", "inline"),
    )
    inner = multipart(
        "mixed",
        "m",
        multipart("alternative", "a", mixed, related),
        part("image/jpeg", "G", "attachment"),
        part("application/x-excel", "H"),
        part("message/rfc822", "J"),
    )
    outer = multipart(
        "mixed", "o", part("text/plain", "A", "inline"), inner, part("text/plain", "K", "inline")
    )
    assert lists(outer) == ["ABCDK", "AEK", "CFGHJ"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (part("text/plain", "A"), ["A", "A", ""]),
        (part("text/html", "A"), ["A", "A", ""]),
        (part("text/csv", "A"), ["", "", "A"]),
        (part("image/png", "A"), ["A", "A", ""]),
        (part("text/plain", "A", "attachment"), ["", "", "A"]),
        (multipart("alternative", "a", part("text/html", "A")), ["A", "A", ""]),
        (multipart("alternative", "a", part("text/plain", "A"), part("text/html", "B")), ["A", "B", ""]),
        (multipart("alternative", "a", part("text/plain", "A"), part("text/calendar", "B")), ["A", "A", "B"]),
        (
            multipart(
                "mixed", "a", part("text/plain", "A"), part("text/plain", "B", "inline; filename=b.txt")
            ),
            ["A", "A", "B"],
        ),
        (multipart("mixed", "a", part("text/plain; name=a", "A"), part("text/plain", "B")), ["AB", "AB", ""]),
        (multipart("related", "a", part("text/html", "A"), part("text/html", "B")), ["A", "A", "B"]),
    ],
)
def test_flat_lists(message, expected):
    """RFC 8621 §4.1.4"""
    assert lists(message) == expected


@pytest.mark.parametrize(
    ("attached", "expected"),
    [
        (part("application/pdf", "A"), True),
        (part("application/pdf", "A", "inline; filename=a.pdf"), True),
        (part("message/rfc822", "A"), True),
        (part("image/png", "A", "attachment", "Content-ID: <a>"), True),
        (part("image/png", "A", "inline"), False),
        (part("image/png", "A", "inline; filename=a.png", "Content-ID: <a>"), False),
        (part("application/pgp-signature", "A"), False),
        (part("text/plain", "A"), False),
    ],
)
def test_whether_there_is_something_to_save(attached, expected):
    message = multipart("mixed", "b", part("text/plain", "T"), attached)
    assert has_attachment(scan(message.encode())) is expected


def test_what_a_part_says_of_itself():
    """RFC 8621 §4.1.4, RFC 2231 §4, RFC 2183 §2"""
    [one] = leaves(
        numbered(
            scan(
                b"Content-Type: IMAGE/Png; name=no\r\nContent-ID: (c) <a@b>\r\nContent-Language: en, vi\r\n"
                b"Content-Disposition: Inline; filename*=utf-8''%E1%BA%A3nh%0A.png\r\n"
                b"Content-Location: x/y\r\n\r\n"
            )
        )
    )
    assert (one.number, one.type, one.name, one.charset) == ("1", "image/png", "ảnh.png", None)
    assert (one.disposition, one.content_id, one.language, one.location) == (
        "inline", "a@b", ["en", "vi"], "x/y",
    )  # fmt: skip


def test_numbers_are_those_of_imap():
    """RFC 9051 §6.4.5.1"""
    inner = multipart("alternative", "i", part("text/plain", "A"), part("text/html", "B"))
    message = multipart("mixed", "o", inner, part("message/rfc822", "C"))
    assert [one.number for one in leaves(numbered(scan(message.encode())))] == ["1.1", "1.2", "2"]


@pytest.mark.parametrize(
    ("header", "octets", "expected"),
    [
        (b"text/plain", b"a\r\nb", ("a\nb", False)),
        (b"text/plain; charset=utf-8", "Việt".encode(), ("Việt", False)),
        (b"text/plain", "Việt".encode(), ("Việt", False)),
        (b"text/plain; charset=utf-8", b"caf\xe9!", ("caf\ufffd!", True)),
        (b"text/plain; charset=nonsense", b"abc", ("abc", True)),
        (b"text/plain; charset=iso-8859-1", b"caf\xe9", ("café", False)),
        (b"text/plain\r\nContent-Transfer-Encoding: x-odd", b"abc", ("abc", True)),
    ],
)
def test_values(header, octets, expected):
    """RFC 8621 §4.1.4, EmailBodyValue"""
    data = b"Content-Type: " + header + b"\r\n\r\n" + octets
    value = body_value(data, scan(data), 1000)
    assert (value.text, value.is_encoding_problem) == expected


def test_a_value_is_not_cut_within_a_tag():
    """RFC 8621 §4.2, maxBodyValueBytes"""
    assert truncated("<p>hi <a href='x'>y</a>", 10, is_html=True) == ("<p>hi ", True)
    assert truncated("<p>hi <a href='x'>y</a>", 10, is_html=False) == ("<p>hi <a h", True)


@given(st.text(max_size=60), st.integers(0, 100), st.booleans())
def test_a_value_is_never_longer_than_asked_for(text, limit, is_html):
    cut, is_cut = truncated(text, limit, is_html=is_html)
    octets = text.encode("utf-8", "replace")
    assert len(cut.encode("utf-8", "replace")) <= limit and octets.startswith(cut.encode("utf-8", "replace"))
    assert is_cut == (len(octets) > limit)


# --- real and hostile mail -------------------------------------------------------------------------


def stdlib_leaves(message):
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for child in message.get_payload():
            yield from stdlib_leaves(child)
    else:
        yield message


def comparable(octets):
    """Without what RFC 2045 §6.7 (3) says was added on the way, and Python's email keeps; and without the
    line end before the end of a multipart that nothing closes."""
    return re.sub(rb"[ \t]+(?=\r?\n|\Z)", b"", octets).rstrip(b"\r\n")


def test_parts_of_real_mail_are_those_that_python_finds():
    compared = 0
    for name, data in corpus().items():
        ours = list(leaves(numbered(scan(data))))
        theirs = list(stdlib_leaves(email.message_from_bytes(data)))
        assert len(ours) == len(theirs), name
        for one, other in zip(ours, theirs, strict=True):
            octets = decoded_octets(data, one.part)
            assert decoded_size(data, one.part) == len(octets), name
            if not other.is_multipart():
                compared += 1
                assert comparable(octets) == comparable(other.get_payload(decode=True)), (name, one.number)
    assert compared > 1400


@pytest.mark.parametrize("line", [76, 77, 4, 1000])
@pytest.mark.parametrize("tail", [b"", b"=", b"==", b"\r\n\r\n", b"!", b"\r\nAAAA"])
def test_long_base64_is_decoded_in_pieces_as_in_one(line, tail):
    """However it is written, well or badly."""
    digits = b"AbCd" * 60_000
    body = b"\r\n".join(digits[at : at + line] for at in range(0, len(digits), line)) + tail
    check_pieces(b"base64", body, decode_base64(body))


def test_base64_that_ends_before_its_end():
    body = (b"AbCd" * 16_000 + b"AA==\r\n") * 3
    check_pieces(b"base64", body, decode_base64(body))


def test_long_quoted_printable_is_decoded_in_pieces_as_in_one():
    """Lines that end softly, with spaces, with a bare LF; and one longer than a piece."""
    body = (b"=C3=A9 x=\r\n" * 3 + b"ab  \r\n" * 5 + b"=\n=3D\n" * 2) * 2_000 + b"y" * 70_000 + b"=\r\nz  "
    expected = (b"\xc3\xa9 x" * 3 + b"ab\r\n" * 5 + b"=\n" * 2) * 2_000 + b"y" * 70_000 + b"z"
    check_pieces(b"quoted-printable", body, expected)


def check_pieces(encoding, body, expected):
    data = b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body
    tree = scan(data)
    assert decoded_octets(data, tree) == expected and decoded_size(data, tree) == len(expected)


def test_ten_thousand_parts():
    data = multipart("mixed", "b", *["\r\nx"] * (PARTS_MAX + 10)).encode()
    body = flat(numbered(scan(data)))
    assert 9_000 < len(body.text) <= PARTS_MAX + 1


def test_parts_within_parts():
    data = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(2_000)
    )
    tree = numbered(scan(data))
    assert len(list(leaves(tree))) == 1 and len(flat(tree).attachments) == 1
    assert next(leaves(tree)).number.count(".") < DEPTH_MAX
