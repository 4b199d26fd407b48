"""Messages made to be expensive: deep, wide, endless. They are kept as they are and shown in bounded time."""

import re
import time

import pytest

from harness import Server

SECONDS_MAX = 8.0
"""For FETCH and SEARCH of one such message, on a machine that does other things too."""


def nested(depth: int) -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)
    )
    return b"Subject: deep\r\n" + opened + b"\r\nlast needle\r\n"


def enclosed(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: inner\r\n\r\nneedle\r\n"


def wide(parts: int) -> bytes:
    head = b"Subject: wide\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"--b\r\n\r\nx\r\n" * parts + b"--b--\r\nneedle\r\n"


HEAD = b"From: a@example.org\r\n"
BODY = b"\r\nneedle\r\n"
MESSAGES = {
    "100 multiparts deep": nested(100),
    "101 multiparts deep": nested(101),
    "10,000 multiparts deep": nested(10_000),
    "100 messages deep": enclosed(100),
    "10,000 messages deep": enclosed(10_000),
    "60,000 parts": wide(60_000),
    "40,000 headers": HEAD + b"X: y\r\n" * 40_000 + BODY,
    "one header of 900 KB": HEAD + b"Subject: " + b"x" * 900_000 + b"\r\n" + BODY,
    "80,000 folds": HEAD + b"Subject: a" + b"\r\n a" * 80_000 + b"\r\n" + BODY,
    "a line of 900 KB": HEAD + b"\r\n" + b"needle" * 150_000 + b"\r\n",
    "no separator": b"needle without header and body\r\n",
    "empty": b"",
    "a body only": b"\r\nneedle\r\n",
    "6,000 parameters": HEAD
    + b"Content-Type: text/plain"
    + b"".join(b";\r\n a*%d=x" % n for n in range(6_000))
    + b"\r\n"
    + BODY,
    "20,000 addresses": HEAD + b"To: " + b",\r\n ".join([b"a <b@c.d>"] * 20_000) + b"\r\n" + BODY,
    "20,000 encoded words": HEAD + b"Subject: " + b"\r\n ".join([b"=?utf-8?q?x?="] * 20_000) + b"\r\n" + BODY,
    "20,000 parentheses": b"From: " + b"(" * 20_000 + b" a@b.c\r\n" + BODY,
    "20,000 backslashes": b"From: " + b'(\\"' * 20_000 + b" a@b.c\r\n" + BODY,
    "20,000 semicolons": HEAD + b"Content-Type: a/b" + b"; ;" * 20_000 + b"\r\n" + BODY,
    "20,000 references": HEAD + b"References: " + b"\r\n ".join([b"<a@b>"] * 20_000) + b"\r\n" + BODY,
    "strange dates": HEAD + b"Date: 31 Feb 99999999 25:61:61 +9999\r\nDate: -1\r\n" + BODY,
    "strange charsets": HEAD
    + b'Content-Type: text/plain; charset="punycode"\r\nSubject: =?punycode?q?'
    + b"a" * 60_000
    + b"?=\r\n"
    + BODY,
    "bad base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"====@@@@" * 50_000 + b"\r\n",
    "boundary of nothing": HEAD
    + b'Content-Type: multipart/mixed; boundary=""\r\n\r\n'
    + b"--\r\n\r\n" * 20_000,
    "NUL and 8-bit headers": b"Subject: \xff\x80\r\nFrom: \xc3\x28 <\xe2\x82@x>\r\n" + BODY,
}


@pytest.mark.parametrize("name", MESSAGES)
def test_an_expensive_message_is_kept_and_shown_in_bounded_time(server: Server, name: str) -> None:
    message = MESSAGES[name]
    began = time.monotonic()
    server.deliver(message, "alice")
    delivered = time.monotonic() - began
    with server.imap("alice") as imap:
        imap.select()
        _, said = imap.search(None, "ALL")
        number = said[0].split()[-1].decode()
        began = time.monotonic()
        for items in (
            "(ENVELOPE)",
            "(BODYSTRUCTURE)",
            "(BODY)",
            "(RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER])",
        ):
            assert imap.fetch(number, items)[0] == "OK", items
        assert imap.search(None, "TEXT", "needle")[0] == "OK"
        assert imap.search(None, "SENTSINCE", "1-Jan-2000", "HEADER", "Subject", "x")[0] == "OK"
        shown = time.monotonic() - began
        _, answer = imap.fetch(number, "(BODY.PEEK[])")
        body = answer[0][1]
    assert body.endswith(message) and re.match(rb"Return-Path: <", body)
    assert delivered < SECONDS_MAX and shown < SECONDS_MAX, (delivered, shown)
