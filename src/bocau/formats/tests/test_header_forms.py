"""Header fields in JMAP's forms: the examples of RFC 8621 §4.1.2, and what is met in the field."""

import pytest

from bocau.formats.header_forms import (
    Form,
    as_addresses,
    as_date,
    as_grouped_addresses,
    as_message_ids,
    as_raw,
    as_text,
    as_urls,
    header_property,
)

# The example of RFC 8621 §4.1.2.3 and §4.1.2.4.
GROUPED = (
    b'  "  James Smythe" <james@example.com>, Friends:\r\n  jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\r\n'
    b"   <john@example.com>;\r"
)


def test_addresses_of_the_rfc():
    """RFC 8621 §4.1.2.3"""
    assert as_addresses(GROUPED) == [
        {"name": "James Smythe", "email": "james@example.com"},
        {"name": None, "email": "jane@example.com"},
        {"name": "John Smîth", "email": "john@example.com"},
    ]


def test_grouped_addresses_of_the_rfc():
    """RFC 8621 §4.1.2.4"""
    assert as_grouped_addresses(GROUPED) == [
        {"name": None, "addresses": [{"name": "James Smythe", "email": "james@example.com"}]},
        {
            "name": "Friends",
            "addresses": [
                {"name": None, "email": "jane@example.com"},
                {"name": "John Smîth", "email": "john@example.com"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b" a@b.c (Ann \\(x\\))\r", [{"name": "Ann (x)", "email": "a@b.c"}]),
        (b' "a b"@c.d\r', [{"name": None, "email": '"a b"@c.d'}]),
        (b" bob\r", [{"name": None, "email": "bob"}]),
        (b' "" <a@b.c>\r', [{"name": None, "email": "a@b.c"}]),
        (b" <@r,@s:a@b.c>\r", [{"name": None, "email": "a@b.c"}]),
        (b" \r", []),
    ],
)
def test_addresses(value, expected):
    assert as_addresses(value) == expected


def test_mailboxes_after_a_group_have_no_group():
    """RFC 8621 §4.1.2.4"""
    groups = as_grouped_addresses(b" G: a@b;, c@d, e@f, H:;\r")
    assert [(group["name"], len(group["addresses"])) for group in groups] == [("G", 1), (None, 2), ("H", 0)]


def test_raw_is_what_stands_after_the_colon():
    """RFC 8621 §4.1.2.1"""
    assert as_raw(b"  a\r\n b\0 \xff\xc3\xa9\r") == "  a\r\n b �é"


def test_text_is_unfolded_decoded_and_composed():
    """RFC 8621 §4.1.2.2"""
    assert as_text(b"  =?utf-8?q?Vie=CC=A3=CC=82t?=\r\n  =?utf-8?q?_Nam?= x\r") == "Việt Nam x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b" <a@b> (x <no@y>)\r\n <c@d>\r", ["a@b", "c@d"]),
        (b" <a b@c>\r", ["ab@c"]),
        (b" nothing\r", None),
        (b" <>\r", None),
    ],
)
def test_message_ids(value, expected):
    """RFC 8621 §4.1.2.5"""
    assert as_message_ids(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b" Thu, 30 Oct 2014 14:12:00 +0800\r", "2014-10-30T14:12:00+08:00"),
        (b" 1 Jan 2020 00:00 GMT\r", "2020-01-01T00:00:00Z"),
        (b" Thu, 13 Feb 1969 23:32 -0330 (Newfoundland)\r", "1969-02-13T23:32:00-03:30"),
        (b" soon\r", None),
    ],
)
def test_dates(value, expected):
    """RFC 8621 §4.1.2.6"""
    assert as_date(value) == expected


def test_urls():
    """RFC 8621 §4.1.2.7, RFC 2369 §2"""
    assert as_urls(b" (Use this) <mailto:a@b?subject=(x)>,\r\n <https://c/\r\n d>\r") == [
        "mailto:a@b?subject=(x)",
        "https://c/d",
    ]
    assert as_urls(b" NO\r") is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("header:From", Form.RAW),
        ("header:Subject:asText", Form.TEXT),
        ("header:subject:asText:all", Form.TEXT),
        ("header:X-Anything:asDate", Form.DATE),
        ("header:Content-Type:asText", Form.TEXT),
        ("header:From:asText", None),
        ("header:Subject:asAddresses", None),
        ("header:List-Post:asMessageIds", None),
        ("header:Received:asDate", None),
        ("header:From:all:asRaw", None),
        ("header:From:asNothing", None),
        ("header:Fr om", None),
        ("header:", None),
        ("header:é", None),
        ("Header:From", None),
        ("from", None),
    ],
)
def test_which_forms_a_field_has(text, form):
    """RFC 8621 §4.1.2, §4.1.3"""
    found = header_property(text)
    assert (None if found is None else found.form) is form


def test_the_last_field_of_a_name_counts_unless_all_are_wanted():
    """RFC 8621 §4.1.3"""
    last, every = header_property("header:X"), header_property("header:X:all")
    assert last is not None and every is not None
    assert (last.read_among([b"1", b"2"]), every.read_among([b"1", b"2"])) == ("2", ["1", "2"])
    assert (last.read_among([]), every.read_among([])) == (None, [])
