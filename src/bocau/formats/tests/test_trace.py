"""RFC 5321 §4.4: trace fields that nobody can break out of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.address import Address, parse_address
from bocau.formats.date import parse_date
from bocau.formats.header import fields, get
from bocau.formats.trace import Hop, received, received_count, return_path

HOP = Hop(
    server_name="mx.demo.test",
    protocol="ESMTPS",
    trace_id="01J9-a.b",
    at=837571465,
    client_host="192.0.2.1",
    client_name="mail.x.test",
    helo="helo.x.test",
    tls_version="TLSv1.3",
    tls_cipher="TLS_AES_256_GCM_SHA384",
    recipients=(parse_address("bob@demo.test"),),
)


def test_received() -> None:
    assert received(HOP) == (
        b"Received: from helo.x.test (mail.x.test [192.0.2.1])\r\n"
        b"\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\r\n"
        b"\tby mx.demo.test with ESMTPS id 01J9-a.b\r\n"
        b"\tfor <bob@demo.test>; Wed, 17 Jul 1996 02:44:25 +0000\r\n"
    )


def test_made_here() -> None:
    hop = Hop(server_name="mx.demo.test", protocol="", trace_id="x", at=837571465)
    assert received(hop) == b"Received: by mx.demo.test id x;\r\n\tWed, 17 Jul 1996 02:44:25 +0000\r\n"


def test_several_recipients_are_not_named() -> None:
    two = (parse_address("bob@demo.test"), parse_address("alice@demo.test"))
    hop = Hop("mx.demo.test", "LMTP", "x", 0, client_host="2001:db8::1", helo="h", recipients=two)
    assert received(hop) == (
        b"Received: from h ([IPv6:2001:db8::1])\r\n\tby mx.demo.test with LMTP id x;\r\n"
        b"\tThu, 1 Jan 1970 00:00:00 +0000\r\n"
    )


@pytest.mark.parametrize("protocol", ["ESMTP", "UTF8SMTP"])
def test_a_trace_never_makes_an_ascii_message_international(protocol: str) -> None:
    path = (parse_address("lê@demo.test"),)
    assert b"for <" not in received(Hop("m", protocol, "x", 0, recipients=path))


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=300))
def test_whatever_the_peer_says_stays_in_one_field(name: str, cipher: str, helo: str) -> None:
    hop = Hop(
        server_name="mx",
        protocol=cipher,
        trace_id=name,
        at=0,
        client_host=name or "x",
        client_name=cipher,
        helo=helo,
        tls_version=name,
        tls_cipher=cipher,
        recipients=(Address(name, "x.test"),),
    )
    data = received(hop) + b"\r\n"
    assert [field.name for field in fields(data)] == [b"received"]
    value = get(data, b"received")
    assert value is not None
    assert parse_date(value.rpartition(b";")[2]) == 0
    assert all(len(line) < 998 for line in data.split(b"\r\n"))


def test_return_path() -> None:
    assert return_path(parse_address('"a b"@x.test')) == b'Return-Path: <"a b"@x.test>\r\n'
    assert return_path(None) == b"Return-Path: <>\r\n"
    assert return_path(Address("a\r\nBcc: b", "x")) == b"Return-Path: <>\r\n"


def test_received_fields_are_counted_in_the_header_only() -> None:
    header = b"Received: a\r\nX-Received: b\r\nRECEIVED : c\r\nSubject: x\r\n received: d\r\nreceived:e\r\n"
    assert received_count(header + b"\r\nReceived: body\r\n") == 3
    assert received_count(received(HOP) * 101 + b"\r\n") == 101
    assert received_count(b"") == 0
