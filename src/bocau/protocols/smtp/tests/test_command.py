"""The command grammar: what is read out of a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.formats.address import Address
from bocau.protocols.smtp.command import parse_command, parse_response
from bocau.protocols.smtp.events import (
    AuthAsked,
    AuthCancelled,
    AuthResponse,
    Body,
    Fault,
    Faulty,
    MailFrom,
    RcptTo,
)
from bocau.protocols.smtp.limits import ENVID_BYTES_MAX, HELLO_NAME_BYTES_MAX, PARAMETERS_MAX

ANN = Address("ann", "client.example")


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b"MAIL FROM:<ann@Client.Example>", MailFrom(ANN)),
        (b"MAIL FROM:<>", MailFrom(None)),
        (b"MAIL FROM:<@r.example,@[IPv6:::1]:ann@client.example>", MailFrom(ANN)),
        (
            b"MAIL FROM:<ann@client.example> SIZE=12 BODY=BINARYMIME SMTPUTF8 RET=full ENVID=a+3Db+2B",
            MailFrom(ANN, 12, Body.BINARY, smtputf8=True, ret="FULL", envid="a=b+"),
        ),
        (b'RCPT TO:<"a b"@demo.test>', RcptTo(Address("a b", "demo.test"))),
        (b"RCPT TO:<postMaster>", RcptTo(Address("postmaster", ""))),
        (
            b"RCPT TO:<bob@demo.test> ORCPT=rfc822;b+2Bx@demo.test NOTIFY=failure,DELAY",
            RcptTo(Address("bob", "demo.test"), frozenset({"FAILURE", "DELAY"}), "rfc822;b+x@demo.test"),
        ),
        ("RCPT TO:<đào@demo.test>".encode(), RcptTo(Address("đào", "demo.test"), is_ascii=False)),
        ("RCPT TO:<b@ví-dụ.test>".encode(), RcptTo(Address("b", "xn--v-d-yma8932b.test"), is_ascii=False)),
        (
            "RCPT TO:<b@demo.test> ORCPT=utf-8;đào@demo.test".encode(),
            RcptTo(Address("b", "demo.test"), original="utf-8;đào@demo.test"),
        ),
        (b"AUTH plain AGEAYg==", AuthAsked("PLAIN", b"\0a\0b")),
        (b"AUTH LOGIN =", AuthAsked("LOGIN", b"")),
        (b"AUTH SCRAM-SHA-256-PLUS", AuthAsked("SCRAM-SHA-256-PLUS", None)),
    ],
)
def test_read(line, event):
    got = parse_command(line)
    if isinstance(event, RcptTo) and event.address.domain.startswith("xn--"):
        assert got.address.domain.startswith("xn--") and not got.is_ascii
    else:
        assert got == event


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"EHLO " + b"x" * (HELLO_NAME_BYTES_MAX + 1), Fault.BAD_ARGUMENT),
        (b"MAIL FROM:<a@c.example> ENVID=" + b"x" * (ENVID_BYTES_MAX + 1), Fault.BAD_ARGUMENT),
        (b"MAIL FROM:<a@c.example>" + b" SIZE=1" * (PARAMETERS_MAX + 1), Fault.BAD_ARGUMENT),
        (b"MAIL FROM:<a@c.example>SIZE=1", Fault.BAD_ARGUMENT),
        (b"MAIL FROM:<" + b"a" * 129 + b"@c.example>", Fault.BAD_SENDER),
        ("MAIL FROM:<a@c.example> SIZE=１２".encode(), Fault.BAD_ARGUMENT),
        (b"RCPT TO:<a@c.example> NOTIFY=SUCCESS,", Fault.BAD_ARGUMENT),
        (b"RCPT TO:<a@c.example> ORCPT=rfc822;a+zz", Fault.BAD_ARGUMENT),
        (b"RCPT TO:<a@c.example> ORCPT=rfc822;" + b"a" * 500, Fault.BAD_ARGUMENT),
        (b"RCPT TO:<a@c.example> ORCPT=rfc822;a+0D+0A", Fault.BAD_ARGUMENT),
        (b"MAIL", Fault.BAD_ARGUMENT),
        (b"MAIL FROM:<a@c.example>\x00", Fault.BAD_LINE),
        (b"GET / HTTP/1.1", Fault.NOT_SMTP),
        (b"GETTING / THERE", Fault.UNKNOWN_COMMAND),
    ],
)
def test_faults(line, fault):
    got = parse_command(line)
    assert isinstance(got, Faulty) and got.fault is fault


def test_responses():
    assert parse_response(b"AGEAYg==") == AuthResponse(b"\0a\0b")
    assert parse_response(b"") == AuthResponse(b"")
    assert parse_response(b"*") == AuthCancelled()
    assert parse_response(b"A").fault is Fault.BAD_RESPONSE


def test_a_response_does_not_show_in_logs():
    assert "secret" not in repr(AuthResponse(b"secret")) + repr(AuthAsked("PLAIN", b"secret"))


VERBS = st.sampled_from([b"MAIL FROM:<", b"RCPT TO:<", b"AUTH ", b"BDAT ", b"EHLO ", b"VRFY ", b""])


@given(
    VERBS,
    st.binary(max_size=60),
    st.sampled_from([b"", b">", b"> SIZE=", b"> ORCPT=", b"> NOTIFY="]),
    st.binary(max_size=20),
)
def test_any_line_is_an_event(verb, text, middle, end):
    parse_command(verb + text + middle + end)
    parse_response(text)
