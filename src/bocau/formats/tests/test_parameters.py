"""RFC 2045 §5.1, RFC 2183, RFC 2231: values with parameters."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.parameters import (
    PARAMETERS_MAX,
    Parameters,
    decoded_parameter,
    parameter,
    split_token,
    split_type,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b" Text/HTML", (b"text", b"html", ())),
        (b"text/plain; charset=us-ascii (Plain text)", (b"text", b"plain", ((b"charset", b"us-ascii"),))),
        (b'text/plain; Charset="us-ascii"', (b"text", b"plain", ((b"charset", b"us-ascii"),))),
        (b"(c) text (c) / (c) plain", (b"text", b"plain", ())),
        (b"a/b;\r\n\tformat=flowed;\r\n\tx=yes;", (b"a", b"b", ((b"format", b"flowed"), (b"x", b"yes")))),
        (b'a/b; name="x; y=\\"z\\""', (b"a", b"b", ((b"name", b'x; y="z"'),))),
        (b'a/b; name="(no comment)"', (b"a", b"b", ((b"name", b"(no comment)"),))),
        (b"a/b; name=My File.doc; x=1", (b"a", b"b", ((b"name", b"My File.doc"), (b"x", b"1")))),
        (b"a/b; charset=utf-8 name=x", (b"a", b"b", ((b"charset", b"utf-8"),))),
        (b"a/b; boundary=----=_Part_1=2", (b"a", b"b", ((b"boundary", b"----=_Part_1=2"),))),
        (b'a/b; name="never closed', (b"a", b"b", ((b"name", b"never closed"),))),
        (b'a/b; name="fol\r\n ded"', (b"a", b"b", ((b"name", b"fol ded"),))),
        (b"a/b; name=", (b"a", b"b", ((b"name", b""),))),
        (b"a/b; ; ;; =x; name", (b"a", b"b", ())),
        (b"text", None),
        (b"/", None),
        (b"", None),
        (b"(((", None),
    ],
)  # fmt: skip
def test_types(raw: bytes, expected: tuple[bytes, bytes, Parameters] | None) -> None:
    assert split_type(raw) == expected


def test_dispositions() -> None:
    assert split_token(b' Attachment; filename="a b"') == (b"attachment", ((b"filename", b"a b"),))
    assert split_token(b"inline") == (b"inline", ())
    assert split_token(b"; x=y") is None


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        # RFC 2231 §3, §4, §4.1
        (b'URL*0="ftp://"; URL*1="cs.utk.edu/pub"', "ftp://cs.utk.edu/pub"),
        (b"url*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "This is ***fun***"),
        (b"url*0*=us-ascii'en'This%20is%20more%20; url*1*=%2A%2A%2Afun%2A%2A%2A%20; url*2=\"isn't it!\"",
         "This is more ***fun*** isn't it!"),
        (b"url*1=b; url*0=a", "ab"),
        (b"url*=utf-8''b%E1%BB%93%20c%C3%A2u.pdf; url=plain.pdf", "bồ câu.pdf"),
        (b'url="=?utf-8?q?b=E1=BB=93?="', "bồ"),
        ('url="bồ câu"'.encode(), "bồ câu"),
        (b"url*0=a; url*2=c", "a"),
        (b"url*=x", "x"),
        (b"url*=''", ""),
        (b"url*=utf-8''%FF%zz", "\ufffd%zz"),
    ],
)  # fmt: skip
def test_decoded_parameters(raw: bytes, text: str) -> None:
    found = split_type(b"a/b; " + raw)
    assert found is not None
    assert decoded_parameter(found[2], b"url") == text


def test_absent_parameters() -> None:
    assert parameter((), b"x") is None
    assert decoded_parameter(((b"url*1", b"x"), (b"urls", b"y")), b"url") is None


def test_parameters_limit() -> None:
    def count(number: int) -> int:
        found = split_type(b"a/b" + b"; n=x" * number)
        return len(found[2]) if found else 0

    assert count(PARAMETERS_MAX) == PARAMETERS_MAX
    assert count(PARAMETERS_MAX + 1) == PARAMETERS_MAX


@given(st.binary(max_size=60) | st.text("a/;=\"\\() \r\n*'%", max_size=60).map(str.encode))
def test_never_raises(raw: bytes) -> None:
    found = split_type(raw)
    if found:
        decoded_parameter(found[2], b"a")
    split_token(raw)


def test_hostile_values_cost_little() -> None:
    before = time.process_time()
    for tail in (
        b";" * 10**6,
        b';a="\\"' * 10**5,
        b"; name*1=x" * 10**5,
        b"(" * 10**6,
        b'"(' * 10**5,
        b"; a=b c" * 10**5,
    ):
        split_type(b"a/b" + tail)
    assert time.process_time() - before < 2.0
