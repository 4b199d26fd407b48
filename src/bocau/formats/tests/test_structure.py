"""RFC 3501 §7.4.2 and RFC 9051 §7.5.2: ENVELOPE and BODYSTRUCTURE."""

import pytest

from bocau.formats.mime import scan
from bocau.formats.structure import QUOTED_BYTES_MAX, body_structure, envelope, string


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def structure(text: str, extended: bool = True) -> bytes:
    data = crlf(text)
    return body_structure(data, scan(data), extended)


def test_the_envelope_of_the_rfc() -> None:
    header = crlf("""\
Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)
From: Terry Gray <gray@cac.washington.edu>
Subject: IMAP4rev2 WG mtg summary and minutes
To: imap@cac.washington.edu
cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>
Message-Id: <B27397-0100000@cac.washington.edu>
MIME-Version: 1.0
Content-Type: TEXT/PLAIN; CHARSET=US-ASCII

""")
    gray = b'(("Terry Gray" NIL "gray" "cac.washington.edu"))'
    assert envelope(header) == (
        b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" '
        + b" ".join([gray] * 3)
        + b' ((NIL NIL "imap" "cac.washington.edu"))'
        b' ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU"))'
        b' NIL NIL "<B27397-0100000@cac.washington.edu>")'
    )


def test_an_empty_envelope() -> None:
    assert envelope(b"") == b"(" + b" ".join([b"NIL"] * 10) + b")"


def test_repeated_destination_fields_are_one_list() -> None:
    header = crlf("Cc: a@x.test\nSubject: one\nCC: b@x.test\nSubject: two\ncc: c@x.test\n\n")
    people = b"".join([b'(NIL NIL "%b" "x.test")' % name for name in (b"a", b"b", b"c")])
    assert envelope(header) == b'(NIL "one" NIL NIL NIL NIL (' + people + b") NIL NIL NIL)"


def test_own_sender_and_reply_to_groups_and_folds() -> None:
    header = crlf("""\
Subject: one
\ttwo "three" back\\slash
From: a@x.test
Sender: s@x.test
Reply-To: A List:r@x.test;
To: Undisclosed recipients:;
In-Reply-To: <1@x>
 <2@x>

""")
    assert envelope(header) == (
        b'(NIL "one\ttwo \\"three\\" back\\\\slash" ((NIL NIL "a" "x.test")) ((NIL NIL "s" "x.test"))'
        b' ((NIL NIL "A List" NIL)(NIL NIL "r" "x.test")(NIL NIL NIL NIL))'
        b' ((NIL NIL "Undisclosed recipients" NIL)(NIL NIL NIL NIL)) NIL NIL "<1@x> <2@x>" NIL)'
    )


def test_an_empty_sender_defaults_to_from() -> None:
    """RFC 9051 §7.5.2: absent or empty."""
    assert envelope(b"From: a@x.test\r\nSender: \r\n\r\n").count(b'((NIL NIL "a" "x.test"))') == 3


def test_eight_bit_values_go_out_as_they_are() -> None:
    assert envelope("Subject: Thư\r\nFrom: Lê <l@x.test>\r\n\r\n".encode()).startswith(
        '(NIL {4}\r\nThư (({3}\r\nLê NIL "l" "x.test"))'.encode()
    )


def test_the_first_field_of_a_name_counts() -> None:
    assert b'"one"' in envelope(b"Subject: one\r\nsubject: two\r\n\r\n")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b"", b'""'),
        (b'a"\\', b'"a\\"\\\\"'),
        (b"a\r\nb", b"{4}\r\na\r\nb"),
        (b"\xe1\xba\xbf", b"{3}\r\n\xe1\xba\xbf"),
        (b"a\0b", b"{2}\r\nab"),
        (b"x" * QUOTED_BYTES_MAX, b'"' + b"x" * QUOTED_BYTES_MAX + b'"'),
        (b"x" * (QUOTED_BYTES_MAX + 1), b"{%d}\r\n" % (QUOTED_BYTES_MAX + 1) + b"x" * (QUOTED_BYTES_MAX + 1)),
    ],
)
def test_strings(value: bytes, written: bytes) -> None:
    assert string(value) == written


def test_a_simple_text_body() -> None:
    text = "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\nContent-Transfer-Encoding: 7BIT\n\n" + "line\n" * 92
    assert structure(text, False) == b'("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 552 92)'
    assert structure(text) == b'("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 552 92 NIL NIL NIL NIL)'


def test_a_text_says_its_charset_even_by_default() -> None:
    assert structure("\nx\n", False) == b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1)'
    assert b'("format" "flowed" "charset" "us-ascii")' in structure(
        "Content-Type: text/plain; format=flowed\n\nx"
    )


def test_two_parts_of_the_rfc() -> None:
    text = (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=US-ASCII\n\n"
        + "0123456789\n" * 96
        + "\n--b\n"
        + 'Content-Type: TEXT/PLAIN; CHARSET=US-ASCII; NAME="cc.diff"\n'
        + "Content-ID: <960723163407.20117h@cac.washington.edu>\nContent-Description: Compiler diff\n"
        + "Content-Transfer-Encoding: BASE64\n\nAAAA\n--b--\n"
    )
    assert structure(text, False) == (
        b'(("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 1152 96)'
        b'("text" "plain" ("charset" "US-ASCII" "name" "cc.diff") "<960723163407.20117h@cac.washington.edu>"'
        b' "Compiler diff" "base64" 4 0) "mixed")'
    )
    assert structure(text).endswith(b' "base64" 4 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)')


def test_an_enclosed_message_shows_its_envelope_body_and_lines() -> None:
    text = "Content-Type: message/rfc822\n\nSubject: in\nFrom: a@x.test\n\none\ntwo\n"
    addresses = b" ".join([b'((NIL NIL "a" "x.test"))'] * 3)
    assert structure(text, False) == (
        b'("message" "rfc822" NIL NIL NIL "7bit" 41 (NIL "in" ' + addresses + b" NIL NIL NIL NIL NIL)"
        b' ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 2) 5)'
    )


def test_extension_data() -> None:
    text = (
        "Content-Type: image/png\nContent-MD5: x\nContent-Disposition: Attachment; filename*=utf-8''a%20b\n"
        "Content-Language: en, vi\nContent-Location: u\n\nx"
    )
    assert structure(text) == (
        b'("image" "png" NIL NIL NIL "7bit" 1 "x"'
        b' ("attachment" ("filename*" "utf-8\'\'a%20b")) ("en" "vi") "u")'
    )
    assert b' NIL "en" NIL)' in structure("Content-Type: a/b\nContent-Language: en\n\nx")


def test_a_broken_multipart_is_still_well_formed_notation() -> None:
    assert structure("Content-Type: multipart/mixed; boundary=x\n\nnothing\n", False) == (
        b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 9 1)'
    )
