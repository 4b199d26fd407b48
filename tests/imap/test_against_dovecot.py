"""The same messages in bocau and in Debian's Dovecot: what IMAP says of them must be the same.

Where both are right in different words, `_plain` makes them equal; each rule there says why.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import Server
from imap.dovecot import Dovecot
from imap.wire import Wire, Word, fetched

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
EVERY = 5
DATES = ('"10-Jan-2020 10:00:00 +0700"', '"11-Jan-2021 23:30:00 -0500"', '"29-Feb-2024 00:00:01 +0000"')
FLAGS = ("()", r"(\Flagged \Seen)", r"(\Answered work)", r"(\Draft)")
REPLY_TO = 4
SPACES = re.compile(rb"[ \t]+")
HAND_MADE = {
    "nested": (
        "From: a@x.test\nSubject: outer\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="b1"\n\npreamble\n--b1\n\nplain\n'
        "--b1\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=mail.eml\n\n"
        "From: in@x.test\nTo: c@x.test\nSubject: inner\nMIME-Version: 1.0\n"
        'Content-Type: multipart/alternative; boundary="b2"\n\n--b2\nContent-Type: text/plain\n\none\n'
        '--b2\nContent-Type: text/html; charset="utf-8"\nContent-Transfer-Encoding: base64\n\nPGI+eDwvYj4=\n'
        "--b2--\n--b1\nContent-Type: message/rfc822\n\nSubject: leaf\n\nleaf body\n--b1--\nepilogue\n"
    ),
    "digest": (
        "From: a@x.test\nSubject: digest\nMIME-Version: 1.0\n"
        "Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: one\n\nfirst\n--d\n\n"
        "Subject: two\n\nsecond\n--d--\n"
    ),
    "vietnamese": (
        "From: =?utf-8?B?xJDhurduZyBUaOG7iyBIb8OgbmcgWeG6v24=?= <yen@vi.test>\n"
        "Subject: =?utf-8?Q?B=C3=A1o_c=C3=A1o_qu=C3=BD_n=C4=83m?=\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        "S8OtbmggZ+G7rWkgYW5oLCDEkcOieSBsw6AgYsOhbyBjw6FvIHF1w70u\n"
    ),
    "quoted-printable": (
        "From: b@x.test\nSubject: qp\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: quoted-printable\n\n=C4=90=C6=B0=E1=BB=9Dng soft=\nbreak zebra\n"
    ),
    "parameters": (
        "From: a@x.test\nSubject: parameters\nMIME-Version: 1.0\n"
        'Content-Type: application/pdf; name="bao cao \\"1\\".pdf"; x=\n y\nContent-ID: <id@x>\n'
        "Content-Description: a thing\nContent-MD5: Q2hlY2s=\nContent-Disposition: attachment;"
        "\n filename=r.pdf;\n size=3\nContent-Language: en, vi\nContent-Location: http://x.test/a\n"
        "Content-Transfer-Encoding: base64\n\nQUJD\n"
    ),
    "addresses": (
        'From: "Doe, John" <j@x.test>, (comment) second@y.test (Second)\nSender: s@x.test\n'
        "Reply-To: A group: r1@x.test, Two <r2@x.test>;, after@x.test\nTo: undisclosed-recipients:;\n"
        'Cc: <@route.test:via@x.test>, "quoted local"@x.test, lit@[192.0.2.1]\n'
        "Cc: more@x.test\nBcc: b@x.test\n"
        "Message-ID: <m@x>\nIn-Reply-To: <p@x>\n <q@x>\nSubject: folded\n subject\n\ttab\n"
        "Date: Fri, 6 Sep 2002 01:30:00 -0700\n\nx\n"
    ),
    "unterminated": (
        "From: a@x.test\nSubject: no end\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nfirst\n--b\nContent-Type: text/plain\n\nsecond, then nothing\n"
    ),
    "bare": "\nno header at all, only a body\n",
    "header only": "From: a@x.test\nSubject: nothing else\n\n",
}


@dataclass
class Both:
    bocau: Wire
    dovecot: Wire
    messages: list[bytes]

    def fetch(self, items: str, numbers: str = "1:*") -> Iterator[tuple[int, str, Any, Any]]:
        """(number, attribute, bocau's value, Dovecot's value)."""
        ours, theirs = self.bocau.fetch(numbers, items), self.dovecot.fetch(numbers, items)
        assert ours.keys() == theirs.keys()
        for number, attributes in theirs.items():
            assert ours[number].keys() >= attributes.keys(), number
            for name, value in attributes.items():
                yield number, name, ours[number][name], value

    def assert_same(self, items: str) -> None:
        for number, name, ours, theirs in self.fetch(items):
            # What does not exist is NIL here, an empty string there. The line end before a boundary belongs
            # to the boundary (RFC 2046 §5.1.1); Dovecot counts it to a multipart that ends there.
            ours, theirs = ours or b"", theirs or b""
            if ours.endswith(b"--"):
                theirs = theirs.removesuffix(b"\r\n")
            assert ours == theirs, (name, self.messages[number - 1][:600])


def corpus() -> list[bytes]:
    if not CORPUS.is_dir():
        assert os.environ.get("CI") != "true", "the corpus must be there on CI"
        pytest.skip(f"the corpus is not at {CORPUS}")
    files = sorted(CORPUS.glob("*/*.eml"))[::EVERY]
    texts = [file.read_bytes().replace(b"\r", b"") for file in files]
    # Text behind a closing boundary: Dovecot sees the boundary all the same, bocau and Python do not.
    texts = [text for text in texts if not re.search(rb"\n--[^ \n]+--<", text)]
    texts += [text.encode() for text in HAND_MADE.values()]
    return [text.replace(b"\n", b"\r\n") for text in texts if b"\0" not in text]


@pytest.fixture(scope="module")
def both(server: Server) -> Iterator[Both]:
    """The corpus and the hand-made messages in a mailbox of each, selected read-only."""
    messages = corpus()
    with Dovecot() as oracle:
        ours = Wire(server.port("imap")).login("alice@demo.test", server.password)
        theirs = oracle.login()
        for wire in (ours, theirs):
            wire.ok("CREATE Corpus")
            for number, message in enumerate(messages):
                before = f"{FLAGS[number % len(FLAGS)]} {DATES[number % len(DATES)]}"
                wire.append("Corpus", message, before)
            wire.ok("EXAMINE Corpus")
        yield Both(ours, theirs, messages)


def _plain(value: Any) -> Any:
    """What is left of a value when all that both may choose freely is taken away."""
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        if items[:2] == [b"message", b"rfc822"] and isinstance(items[8][0], list):
            # The line end before the next boundary: see `assert_same`.
            items[6] = items[9] = None
        # One language may stand alone or in parentheses.
        return items[0] if len(items) == 1 and isinstance(items[0], bytes) else items
    if isinstance(value, Word):
        return value.upper()
    if isinstance(value, bytes):
        # An empty string and NIL say the same; Dovecot joins runs of spaces, bocau keeps what was written.
        return SPACES.sub(b" ", value).strip(b" ").lower() or None
    return value


def _is_garbage(address: list[Any]) -> bool:
    """Dovecot's marks for what is no address; bocau shows what a person would read."""
    return any(
        mark in (word or b"")
        for word in address
        for mark in (b"SYNTAX_ERROR", b"MISSING_MAILBOX", b"MISSING_DOMAIN")
    )


def test_sizes_dates_and_flags(both: Both) -> None:
    for number, name, ours, theirs in both.fetch("(RFC822.SIZE INTERNALDATE FLAGS)"):
        if name == "FLAGS":
            ours, theirs = ({flag.lower() for flag in flags} - {rb"\recent"} for flags in (ours, theirs))
        assert ours == theirs, (number, name)


def test_envelopes(both: Both) -> None:
    for number, _, ours, theirs in both.fetch("ENVELOPE"):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if isinstance(other, list) and any(map(_is_garbage, other)):
                continue
            if place == REPLY_TO and other:
                # Only destination fields that are repeated are joined (RFC 5322 §4.5.3); Dovecot joins all.
                other = other[: len(one)]
            assert _plain(one) == _plain(other), (place, both.messages[number - 1][:2000])


@pytest.mark.parametrize("item", ["BODYSTRUCTURE", "BODY"])
def test_structures(both: Both, item: str) -> None:
    for number, _, ours, theirs in both.fetch(item):
        message = both.messages[number - 1]
        if b"mime-version:" not in message.lower() and isinstance(theirs[0], bytes):
            # Dovecot then ignores the transfer encoding.
            ours[5] = theirs[5]
        assert _plain(ours) == _plain(theirs), message[:2000]


@pytest.mark.parametrize(
    "section",
    [
        *("BODY.PEEK[]", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "BODY.PEEK[1]", "BODY.PEEK[1.MIME]"),
        *("BODY.PEEK[2]", "BODY.PEEK[2.MIME]", "BODY.PEEK[2.HEADER]", "BODY.PEEK[2.TEXT]", "BODY.PEEK[3.1]"),
        *(
            "BODY.PEEK[2.2.MIME]",
            "BODY.PEEK[1.HEADER]",
            "BODY.PEEK[9]",
            "BODY.PEEK[2.HEADER.FIELDS (Subject X)]",
        ),
        *(
            "BODY.PEEK[HEADER.FIELDS (FROM To Received x-none)]",
            "BODY.PEEK[HEADER.FIELDS.NOT (From RECEIVED)]",
        ),
        *(
            "BODY.PEEK[]<0.100>",
            "BODY.PEEK[TEXT]<10.50>",
            "BODY.PEEK[1]<2000.300>",
            "BODY.PEEK[HEADER]<99999.5>",
        ),
        *("BODY.PEEK[HEADER.FIELDS (Subject)]<3.7>", "RFC822.HEADER"),
    ],
)
def test_sections(both: Both, section: str) -> None:
    both.assert_same(section)


@pytest.mark.parametrize("item", ["BINARY.PEEK[1]", "BINARY.PEEK[2]", "BINARY.PEEK[1]<5.20>"])
def test_decoded_sections(both: Both, item: str) -> None:
    # Dovecot gives up where the encoding is broken, so one by one; of a multipart or a message it decodes
    # what is inside, which RFC 3516 does not say. Its BINARY.SIZE is wrong, even below zero.
    compared = 0
    for number, _, structure, _ in list(both.fetch("BODYSTRUCTURE")):
        first = structure[0] if isinstance(structure[0], list) else structure
        theirs = both.dovecot.command(f"FETCH {number} {item}")
        if isinstance(first[0], list) or theirs.status != b"OK":
            continue
        (expected,) = fetched(theirs)[number].values()
        if b"rfc822" in both.messages[number - 1]:
            continue
        (value,) = both.bocau.fetch(str(number), item)[number].values()
        assert (value or b"") == (expected or b""), both.messages[number - 1][:600]
        compared += 1
    assert compared > len(both.messages) * 0.7


def test_decoded_sizes_are_those_of_what_is_sent(both: Both) -> None:
    for attributes in both.bocau.fetch("1:*", "(BINARY.SIZE[1] BINARY.PEEK[1])").values():
        assert int(attributes["BINARY.SIZE[1]"]) == len(attributes["BINARY[1]"] or b"")


SEARCHES = [
    *('FROM "hotmail"', 'FROM "Doe, John"', 'TO "undisclosed"', 'CC "yahoo"', 'BCC "b@x"', 'SUBJECT "re:"'),
    *('SUBJECT "folded subject"', 'SUBJECT ""', 'TEXT "linux"', 'BODY "mortgage rate"', 'TEXT "Message-ID"'),
    *('BODY "nextpart"', 'TEXT "nextpart"', 'BODY "href="', 'BODY "preamble"'),
    *('TEXT "leaf body"', 'BODY "softbreak zebra"', 'BODY "<b>x"', 'HEADER Message-ID ""'),
    *(
        'HEADER X-Mailer "outlook"',
        'HEADER List-Id ""',
        'HEADER Received "localhost"',
        "SENTSINCE 1-Sep-2002",
    ),
    *("SENTON 22-Aug-2002", "SENTON 6-Sep-2002", "NOT SENTON 6-Sep-2002", "SINCE 11-Jan-2021", "ALL"),
    *("BEFORE 11-Jan-2021", "ON 10-Jan-2020", "ON 11-Jan-2021", "ON 12-Jan-2021", "ON 29-Feb-2024"),
    *("LARGER 5000", "SMALLER 2000", "LARGER 999 SMALLER 3001", "FLAGGED", "UNFLAGGED SEEN", "ANSWERED"),
    *("UNANSWERED", "KEYWORD work", "UNKEYWORD work", "KEYWORD WORK", "KEYWORD none", "DRAFT", "UNDRAFT"),
    *("DELETED", "UNDELETED", "UNSEEN", "1:50,60,70:80", "*", "UID 1:20,9999", "NOT 1:*", "NOT UID 3:100"),
    *('OR FROM "com" SUBJECT "a"', 'OR (SUBJECT "a" LARGER 9000) NOT BODY "the"', "NOT (SEEN FLAGGED)"),
    *('NOT (FROM "com" TEXT "linux")', '1:50 TEXT "linux"', "OR OR SEEN DRAFT ANSWERED", 'NOT TEXT "the"'),
    *('CHARSET UTF-8 SUBJECT "BÁO CÁO quý"', 'CHARSET UTF-8 FROM "đường"', 'CHARSET UTF-8 FROM "THỊ hoàng"'),
    *('CHARSET UTF-8 BODY "đây là báo cáo"', 'CHARSET UTF-8 BODY "KÍNH GỬI"', 'CHARSET UTF-8 TEXT "Đường"'),
    *('CHARSET UTF-8 BODY "không có"', "CHARSET US-ASCII SEEN"),
]


@pytest.mark.parametrize("keys", SEARCHES)
def test_searches(both: Both, keys: str) -> None:
    # Non-ASCII goes as a literal, as RFC 3501 has it.
    command = re.sub(
        rb'"([^"]*[^\x00-\x7f][^"]*)"',
        lambda found: b"{%d+}\r\n%b" % (len(found[1]), found[1]),
        keys.encode(),
    )
    assert both.bocau.search(command) == both.dovecot.search(command)


@pytest.mark.parametrize("keys", ['BODY "inner"', 'BODY "content-type"'])
def test_the_header_of_an_enclosed_message_is_body(both: Both, keys: str) -> None:
    """RFC 9051 §6.4.4: BODY passes over the header of the message; Dovecot over enclosed ones, too."""
    ours, theirs = set(both.bocau.search(keys)), set(both.dovecot.search(keys))
    more = ours - theirs
    assert more and theirs < ours
    assert all(b"message/rfc822" in both.messages[number - 1] for number in more)


SORTS = [
    *("(SUBJECT)", "(REVERSE SUBJECT)", "(DATE)", "(REVERSE DATE)", "(ARRIVAL)", "(SIZE)", "(REVERSE SIZE)"),
    *("(FROM)", "(TO)", "(CC)", "(ARRIVAL REVERSE SIZE)", "(DISPLAYFROM)", "(DISPLAYTO)", "(SUBJECT DATE)"),
]
# Dates of the year 102, addresses that are none, subjects in no charset: each may read them as it likes.
UNREADABLE = re.compile(
    rb"^Date: [^\n]* 0102 |^Subject: [^\n]*[^\x00-\x7f]"
    rb"|^(?:From|To): [^\n]*\?=@|^To: <[^>]*[ :][^>]*@|^From: \"\" ",
    re.MULTILINE | re.IGNORECASE,
)


def _readable(both: Both) -> str:
    """A set of messages that leave no choice."""
    heads = [message.partition(b"\r\n\r\n")[0] for message in both.messages]
    numbers = [number for number, head in enumerate(heads, 1) if not UNREADABLE.search(head)]
    assert len(numbers) > len(heads) * 0.9
    return ",".join(map(str, numbers))


@pytest.mark.parametrize("criteria", SORTS)
def test_sorts(both: Both, criteria: str) -> None:
    command = f"SORT {criteria} UTF-8 {_readable(both)}"
    ours, theirs = (wire.ok(command).of(b"SORT") for wire in (both.bocau, both.dovecot))
    assert ours == theirs


@pytest.mark.parametrize("algorithm", ["REFERENCES", "ORDEREDSUBJECT"])
def test_threads(both: Both, algorithm: str) -> None:
    command = f"THREAD {algorithm} UTF-8 {_readable(both)}"
    ours, theirs = (wire.ok(command).of(b"THREAD") for wire in (both.bocau, both.dovecot))
    assert ours == theirs
