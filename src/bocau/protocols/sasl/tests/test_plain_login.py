"""PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login) and the base64 around them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import NotPermitted, SyntaxFault, TooLong
from bocau.protocols.sasl import (
    RESPONSE_BYTES_MAX,
    Challenge,
    Claim,
    LoginClient,
    LoginServer,
    PlainClient,
    PlainServer,
    decode_initial_response,
    decode_response,
    encode,
)

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)


def test_plain_as_in_the_rfc() -> None:
    assert PlainServer().respond(b"\0tim\0tanstaaftanstaaf") == Claim("tim", "tanstaaftanstaaf")
    assert PlainServer().respond(b"tim\0tim\0tanstaaftanstaaf") == Claim("tim", "tanstaaftanstaaf")
    assert PlainServer().respond(None) == Challenge(b"")


def test_plain_does_not_let_anyone_be_somebody_else() -> None:
    with pytest.raises(NotPermitted):
        PlainServer().respond(b"Ursel\0Kurt\0xipj3plmq")


@pytest.mark.parametrize(
    "message",
    [b"", b"\0", b"a\0b", b"\0\0pass", b"\0user\0", b"\0a\0b\0c", b"\0a\0\xff", b"\0\xed\xa0\x80\0b", b"a"],
)
def test_plain_that_cannot_be_read(message: bytes) -> None:
    with pytest.raises(SyntaxFault):
        PlainServer().respond(message)


@given(TEXT, TEXT)
def test_plain_and_login_carry_every_name_and_password(name: str, password: str) -> None:
    plain = PlainClient(name, password)
    assert PlainServer().respond(plain.initial()) == Claim(name, password)
    server, client = LoginServer(), LoginClient(name, password)
    first = server.respond(None)
    assert isinstance(first, Challenge)
    second = server.respond(client.respond(first.data))
    assert isinstance(second, Challenge)
    assert server.respond(client.respond(second.data)) == Claim(name, password)


def test_login_takes_the_name_at_once() -> None:
    server = LoginServer()
    assert server.respond(b"tim") == Challenge(b"Password:")
    assert server.respond(b"secret") == Claim("tim", "secret")


@pytest.mark.parametrize("message", [b"", b"a\0b", b"\xff"])
def test_login_that_cannot_be_read(message: bytes) -> None:
    with pytest.raises(SyntaxFault):
        LoginServer().respond(message)


@given(st.binary(max_size=200))
def test_base64_comes_back(data: bytes) -> None:
    assert decode_response(encode(data)) == data
    assert decode_initial_response(encode(data) or b"=") == data


@pytest.mark.parametrize(
    "line", [b"=", b"A", b"AA", b"AAA", b"AA=A", b"AAAA AAAA", b"AAAA\r", b"A-_A", b"\xff\xff\xff\xff"]
)
def test_base64_is_strict(line: bytes) -> None:
    with pytest.raises(SyntaxFault):
        decode_response(line)


def test_base64_has_a_longest_length() -> None:
    assert len(decode_response(b"A" * RESPONSE_BYTES_MAX)) == RESPONSE_BYTES_MAX * 3 // 4
    with pytest.raises(TooLong):
        decode_response(b"A" * (RESPONSE_BYTES_MAX + 4))


@given(st.binary(max_size=60))
def test_hostile_bytes_end_in_an_answer_or_a_clear_fault(data: bytes) -> None:
    for server in (PlainServer(), LoginServer()):
        try:
            server.respond(data)
        except (SyntaxFault, NotPermitted):
            pass


def test_passwords_are_in_no_repr() -> None:
    assert "hunter2" not in repr(Claim("tim", "hunter2"))
    assert base64.b64encode(b"hunter2").decode() not in repr(PlainClient("tim", "hunter2"))
