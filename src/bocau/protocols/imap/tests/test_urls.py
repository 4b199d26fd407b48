"""The URLs of CATENATE (RFC 4469 §3, RFC 5092 §11)."""

import pytest

from bocau.protocols.imap.fetch import Portion
from bocau.protocols.imap.urls import BadUrl, parse_url


def test_a_whole_url() -> None:
    url = parse_url(
        b"/Th%C6%B0%20%C4%91%E1%BA%BFn/a;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2.MIME/;PARTIAL=5.1024"
    )
    assert (url.mailbox, url.uid_validity, url.uid) == ("Thư đến/a", 385759045, 20)
    assert url.section.part == (1, 2) and url.section.portion is Portion.MIME
    assert url.section.partial == (5, 1024) and not url.section.marks_seen


def test_what_may_be_left_out() -> None:
    selected = parse_url(b";UID=4294967295")
    assert (selected.mailbox, selected.uid_validity, selected.uid) == (None, None, 2**32 - 1)
    assert parse_url(b"/;UID=7").mailbox is None
    assert parse_url(b"/inbox;UID=7;section=HEADER").mailbox == "INBOX"
    assert parse_url(b"/x/;UID=7/;PARTIAL=9").section.partial == (9, 2**63 - 1)
    fields = parse_url(b"/x/;UID=7/;SECTION=HEADER.FIELDS%20(Subject%20%22To%22)").section
    assert fields.fields == {b"subject", b"to"}


@pytest.mark.parametrize(
    "url",
    [
        *(
            b"",
            b"/",
            b"/x",
            b";UID=0",
            b";UID=4294967296",
            b";UID=-1",
            b";UID=1_0",
            b"/x;UIDVALIDITY=0/;UID=1",
        ),
        *(
            b"imap://u@h/x/;UID=1",
            b"//h/x/;UID=1",
            b"x/;UID=1",
            b"/x/;UID=1#f",
            b"/x/;UID=1?q",
            b"/x/;UID=1;x",
        ),
        *(
            b"/%ff/;UID=1",
            b"/%0a/;UID=1",
            b"/%2/;UID=1",
            b"/%zz/;UID=1",
            b"/%00/;UID=1",
            b"/x/;UID=1/;SECTION=",
        ),
        *(b"/x/;UID=1/;SECTION=FOO", b"/x/;UID=1/;SECTION=TEXT]", b"/x/;UID=1/;SECTION=TEXT]<0.1>"),
        *(b"/x/;UID=1/;SECTION=TEXT]%20BODY[", b"/x/;UID=1/;PARTIAL=0.0", b"/x/;UID=1/;PARTIAL=" + b"9" * 20),
        *(
            b"/x/;UID=1/;PARTIAL=9999999999999999999",
            b"/x/;UID=1/;SECTION=" + b"1." * 200 + b"1",
            b"/" + b"x" * 9000,
        ),
        *(b"/../x%zz;UID=1", b"/x/;UID=1;EXPIRE=2030-01-01T00:00:00Z;URLAUTH=anonymous:internal:1"),
    ],
)
def test_everything_else_is_bad(url: bytes) -> None:
    with pytest.raises(BadUrl):
        parse_url(url)


@pytest.mark.parametrize("piece", [b"/", b";UID=1", b"%41", b"a", b"/;UID=1/;SECTION=1", b"1.", b";", b"%"])
@pytest.mark.timeout(5)
def test_long_urls_are_read_fast(piece: bytes) -> None:
    for head in (b"/x", b"/x/;UID=1/;SECTION=", b""):
        try:
            parse_url(head + piece * 8000)
        except BadUrl:
            pass
