"""OAUTHBEARER, XOAUTH2 and EXTERNAL messages: what is read, and what is not (RFC 7628 §3.1, RFC 4422 A)."""

from base64 import b64decode

import pytest

from bocau.base.errors import SyntaxFault
from bocau.protocols.sasl import BearerServer, Challenge, ExternalServer, TokenClaim

GOOD = (
    b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01"
    b"auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"
)


def test_the_example_of_the_rfc() -> None:
    """RFC 7628 §4.1."""
    token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="
    sent = b64decode(
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRj"
        "Mk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
    )
    assert BearerServer("OAUTHBEARER").respond(sent) == TokenClaim("user@example.com", token)
    assert sent == GOOD


def test_the_token_stays_out_of_reprs() -> None:
    assert "secret" not in repr(TokenClaim("ann", "secret"))


@pytest.mark.parametrize(
    ("message", "claim"),
    [
        (b"n,,\x01auth=Bearer t\x01\x01", TokenClaim("", "t")),
        (b"y,,\x01auth=bEARER   t\x01\x01", TokenClaim("", "t")),
        (b"n,a=a=2Cb=3D@x.org,\x01auth=Bearer t\x01\x01", TokenClaim("a,b=@x.org", "t")),
        (b"n,,\x01qs=a=b&c\x01path=/\x01auth=Bearer t==\x01\x01", TokenClaim("", "t==")),
    ],
)
def test_what_is_read(message: bytes, claim: TokenClaim) -> None:
    assert BearerServer("OAUTHBEARER").respond(message) == claim


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x01",
        b"n,,",
        b"n,,\x01",
        b"n,,\x01\x01",
        b"n,,\x01auth=Bearer t\x01",
        b"n,,x\x01auth=Bearer t\x01\x01",
        b"n,a=,\x01auth=Bearer t\x01\x01",
        b"n,b=x,\x01auth=Bearer t\x01\x01",
        b"n,a=\xff,\x01auth=Bearer t\x01\x01",
        b"n,a=x\0,\x01auth=Bearer t\x01\x01",
        b"n,a=x=2c,\x01auth=Bearer t\x01\x01",
        b"p=tls-exporter,,\x01auth=Bearer t\x01\x01",
        b"n,,\x01auth=Basic dDp0\x01\x01",
        b"n,,\x01auth=Bearer\x01\x01",
        b"n,,\x01auth=Bearer a b\x01\x01",
        b"n,,\x01auth=Bearer \xc3\xa9\x01\x01",
        b"n,,\x01auth=Bearer t\x01auth=Bearer u\x01\x01",
        b"n,,\x01a1=x\x01auth=Bearer t\x01\x01",
        b"n,,\x01=x\x01auth=Bearer t\x01\x01",
        b"n,,\x01host=\0\x01auth=Bearer t\x01\x01",
        b"n,,\x01auth=Bearer t\x01\x01more",
        b"n,,\x01auth=Bearer " + b"t" * 4097 + b"\x01\x01",
        b"n,,\x01" + b"".join(b"%c=x\x01" % (65 + n) for n in range(11)) + b"auth=Bearer t\x01\x01",
    ],
)
def test_what_is_not_read(message: bytes) -> None:
    with pytest.raises(SyntaxFault):
        BearerServer("OAUTHBEARER").respond(message)


def test_xoauth2() -> None:
    """Google's own form: base64("user=" {User} "^Aauth=Bearer " {token} "^A^A")."""
    server = BearerServer("XOAUTH2")
    assert server.respond(None) == Challenge(b"")
    assert server.respond("user=đ@x.org\x01auth=Bearer t\x01\x01".encode()) == TokenClaim("đ@x.org", "t")
    for message in (
        b"user=\x01auth=Bearer t\x01\x01",
        b"auth=Bearer t\x01\x01",
        b"user=a\xff\x01auth=Bearer t\x01\x01",
    ):
        with pytest.raises(SyntaxFault):
            BearerServer("XOAUTH2").respond(message)


def test_external() -> None:
    server = ExternalServer()
    assert server.respond(None) == Challenge(b"")
    assert (server.respond(b""), server.respond(b"ann@x.org")) == ("", "ann@x.org")
    for message in (b"a\0b", b"\xff", b"x" * 321):
        with pytest.raises(SyntaxFault):
            server.respond(message)
