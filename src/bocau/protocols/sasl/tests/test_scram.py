"""SCRAM against the RFCs' examples, against scramp, and against liars."""

import base64
import hashlib

import pytest
import scramp
from hypothesis import given, settings
from hypothesis import strategies as st

from bocau.base.errors import NotPermitted, SequenceFault, SyntaxFault
from bocau.protocols.sasl import (
    SCRAM_HASHES,
    DerivedKeys,
    ScramClient,
    ScramServer,
    best_client,
    derive_keys,
    saslprep,
)
from bocau.protocols.sasl.client import ITERATIONS_MAX, ITERATIONS_MIN
from bocau.protocols.sasl.scram import NONCE_CHARACTERS_MAX

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
BINDING = hashlib.sha256(b"a certificate").digest()
# RFC 5802 §5 and RFC 7677 §3: nonces, salts, messages of user "user", password "pencil".
EXAMPLES = {
    "SCRAM-SHA-1": (
        "fyko+d2lbbFgONRv9qkxdawL",
        "3rfcNHYJY1ZVvWVs7j",
        "QSXCR+Q6sek8bf92",
        b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ),
    "SCRAM-SHA-256": (
        "rOprNGfwEbeRWgbNEkqO",
        "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        "W22ZaJ0SNY7soEsUEjb6gQ==",
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ),
}


def keys_of(
    mechanism: str, password: str = "pencil", salt: bytes = SALT, iterations: int = 4096
) -> DerivedKeys:
    return derive_keys(SCRAM_HASHES[mechanism.removesuffix("-PLUS")], password, salt, iterations)


def talk(server: ScramServer, client: ScramClient, keys: list[DerivedKeys]) -> int | None:
    """A whole exchange; returns which keys fitted."""
    first = client.initial()
    assert first is not None
    server.client_first(first)
    proof = server.client_final(client.respond(server.server_first(SALT, 4096)))
    index = proof.matching(keys)
    if index is not None:
        client.respond(proof.server_final(keys[index]))
        client.finish()
    return index


@pytest.mark.parametrize("mechanism", EXAMPLES)
def test_the_examples_of_the_rfcs(mechanism: str) -> None:
    client_nonce, server_nonce, salt, client_final, server_final = EXAMPLES[mechanism]
    client = ScramClient(mechanism, "user", "pencil", nonce=client_nonce)
    server = ScramServer(mechanism, nonce=server_nonce, binding=b"")
    first = client.initial()
    assert first == f"n,,n=user,r={client_nonce}".encode()
    assert server.client_first(first) == "user"
    challenge = server.server_first(base64.b64decode(salt), 4096)
    assert challenge == f"r={client_nonce}{server_nonce},s={salt},i=4096".encode()
    assert client.respond(challenge) == client_final
    keys = keys_of(mechanism, salt=base64.b64decode(salt))
    proof = server.client_final(client_final)
    assert proof.matching([keys]) == 0
    assert proof.server_final(keys) == server_final
    assert client.respond(server_final) == b""
    client.finish()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
@pytest.mark.parametrize("is_plus", [False, True])
def test_scramp_as_client(mechanism: str, is_plus: bool) -> None:
    name = mechanism + ("-PLUS" if is_plus else "")
    binding = ("tls-server-end-point", BINDING) if is_plus else None
    client = scramp.ScramClient([name], "us=er,x", "pencil", channel_binding=binding)
    server = ScramServer(name, nonce="servernonce", binding=BINDING if is_plus else b"")
    assert server.client_first(client.get_client_first().encode()) == "us=er,x"
    client.set_server_first(server.server_first(SALT, 4096).decode())
    proof = server.client_final(client.get_client_final().encode())
    keys = [keys_of(name, "other"), keys_of(name)]
    assert proof.matching(keys) == 1
    client.set_server_final(proof.server_final(keys[1]).decode())


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_scramp_as_server(mechanism: str) -> None:
    peer = scramp.ScramMechanism(mechanism)
    information = peer.make_auth_info("pencil", iteration_count=4096)
    server = peer.make_server(lambda _: information)
    client = ScramClient(mechanism, "us=er,x", "pencil", nonce="abc")
    first = client.initial()
    assert first is not None
    server.set_client_first(first.decode())
    server.set_client_final(client.respond(server.get_server_first().encode()).decode())
    assert client.respond(server.get_server_final().encode()) == b""
    client.finish()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"])
def test_channel_binding(mechanism: str) -> None:
    client = ScramClient(mechanism, "user", "pencil", nonce="abc", binding=BINDING)
    server = ScramServer(mechanism, nonce="def", binding=BINDING)
    assert talk(server, client, [keys_of(mechanism)]) == 0


def test_another_channel_is_noticed() -> None:
    client = ScramClient(
        "SCRAM-SHA-256-PLUS", "user", "pencil", nonce="abc", binding=b"the one in the middle"
    )
    server = ScramServer("SCRAM-SHA-256-PLUS", nonce="def", binding=BINDING)
    with pytest.raises(NotPermitted):
        talk(server, client, [keys_of("SCRAM-SHA-256")])


def test_a_downgrade_is_noticed() -> None:
    client = ScramClient("SCRAM-SHA-256", "user", "pencil", nonce="abc", can_bind=True)
    with pytest.raises(NotPermitted):
        talk(ScramServer("SCRAM-SHA-256", nonce="def", binding=BINDING), client, [])
    honest = ScramServer("SCRAM-SHA-256", nonce="def", binding=b"")
    again = ScramClient("SCRAM-SHA-256", "user", "pencil", nonce="abc", can_bind=True)
    assert talk(honest, again, [keys_of("SCRAM-SHA-256")]) == 0


def test_a_wrong_password_fits_nothing() -> None:
    client = ScramClient("SCRAM-SHA-256", "user", "pencil", nonce="abc")
    assert (
        talk(
            ScramServer("SCRAM-SHA-256", nonce="def", binding=b""), client, [keys_of("SCRAM-SHA-256", "pen")]
        )
        is None
    )


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (b"", SyntaxFault),
        (b"n,,", SyntaxFault),
        (b"n,,n=user", SyntaxFault),
        (b"n,,r=abc,n=user", SyntaxFault),
        (b"n,,m=x,n=user,r=abc", SyntaxFault),
        (b"n,,n=us=er,r=abc", SyntaxFault),
        (b"n,,n=us=2cer,r=abc", SyntaxFault),
        (b"n,,n=,r=abc", SyntaxFault),
        (b"n,,n=user,r=", SyntaxFault),
        (b"n,,n=user,r=a b", SyntaxFault),
        (b"n,,n=user,r=" + b"a" * (NONCE_CHARACTERS_MAX + 1), SyntaxFault),
        (b"n,,n=us\0er,r=abc", SyntaxFault),
        (b"n,,n=\xff,r=abc", SyntaxFault),
        (b"n,x,n=user,r=abc", SyntaxFault),
        (b"x,,n=user,r=abc", SyntaxFault),
        (b"p=tls-unique,,n=user,r=abc", SyntaxFault),
        (b"p=tls-server-end-point,,n=user,r=abc", SyntaxFault),
        (b"n,a=other,n=user,r=abc", NotPermitted),
    ],
)
def test_first_messages_that_are_refused(message: bytes, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        ScramServer("SCRAM-SHA-256", nonce="def", binding=b"").client_first(message)


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (b"", SyntaxFault),
        (b"c=biws,r=abcdef", SyntaxFault),
        (b"c=biws,p=AAAA", SyntaxFault),
        (b"c=bi ws,r=abcdef,p=AAAA", SyntaxFault),
        (b"c=biws,r=abcdef,p=A", SyntaxFault),
        (b"c=eSws,r=abcdef,p=AAAA", NotPermitted),
        (b"c=biws,r=abcdeg,p=AAAA", NotPermitted),
        (b"c=biws,r=abc,p=AAAA", NotPermitted),
    ],
)
def test_final_messages_that_are_refused(message: bytes, fault: type[Exception]) -> None:
    server = ScramServer("SCRAM-SHA-256", nonce="def", binding=b"")
    server.client_first(b"n,a=user,n=user,r=abc".replace(b"a=user", b""))
    server.server_first(SALT, 4096)
    with pytest.raises(fault):
        server.client_final(message)


def test_a_proof_of_another_length_fits_nothing() -> None:
    server = ScramServer("SCRAM-SHA-256", nonce="def", binding=b"")
    server.client_first(b"n,,n=user,r=abc")
    server.server_first(SALT, 4096)
    assert server.client_final(b"c=biws,r=abcdef,p=AAAA").matching([keys_of("SCRAM-SHA-256")]) is None


def test_nothing_goes_before_the_first_message() -> None:
    with pytest.raises(SequenceFault):
        ScramServer("SCRAM-SHA-256", nonce="def", binding=b"").client_final(b"c=biws,r=abcdef,p=AAAA")


@pytest.mark.parametrize(
    "challenge",
    [
        b"r=abc,s=AAAA,i=4096",
        b"r=xyzdef,s=AAAA,i=4096",
        b"r=abcdef,s=AAAA,i=%d" % (ITERATIONS_MIN - 1),
        b"r=abcdef,s=AAAA,i=%d" % (ITERATIONS_MAX + 1),
        b"r=abcdef,s=A,i=4096",
        b"r=abcdef,i=4096",
        b"e=other-error",
    ],
)
def test_servers_that_a_client_does_not_trust(challenge: bytes) -> None:
    with pytest.raises(SyntaxFault):
        ScramClient("SCRAM-SHA-256", "user", "pencil", nonce="abc").respond(challenge)


def test_a_server_that_does_not_prove_itself() -> None:
    client = ScramClient("SCRAM-SHA-256", "user", "pencil", nonce="abc")
    client.respond(b"r=abcdef,s=AAAA,i=4096")
    with pytest.raises(SequenceFault):
        client.finish()
    with pytest.raises(SequenceFault):
        client.respond(b"v=AAAA")


@pytest.mark.parametrize(
    ("offered", "binding", "chosen"),
    [
        (["PLAIN", "LOGIN", "SCRAM-SHA-256"], b"", "SCRAM-SHA-256"),
        (["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"], b"", "SCRAM-SHA-256"),
        (["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"], b"hash", "SCRAM-SHA-256-PLUS"),
        (["LOGIN", "PLAIN"], b"", "PLAIN"),
        (["LOGIN"], b"", "LOGIN"),
    ],
)
def test_the_strongest_mechanism_is_chosen(offered: list[str], binding: bytes, chosen: str) -> None:
    client = best_client(offered, "user", "pencil", nonce="abc", binding=binding)
    assert client is not None
    assert client.name == chosen


def test_no_mechanism_in_common() -> None:
    assert best_client(["NTLM", "GSSAPI"], "user", "pencil", nonce="abc") is None


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_any_name_and_password(name: str, password: str) -> None:
    try:
        client = ScramClient("SCRAM-SHA-256", name, password, nonce="abc")
    except SyntaxFault:
        return
    server = ScramServer("SCRAM-SHA-256", nonce="def", binding=b"")
    assert talk(server, client, [keys_of("SCRAM-SHA-256", saslprep(password))]) == 0


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_hostile_bytes_end_in_a_clear_fault(first: bytes, final: bytes) -> None:
    server = ScramServer("SCRAM-SHA-256", nonce="def", binding=b"")
    try:
        server.client_first(b"n,," + first)
        server.server_first(SALT, 4096)
        server.client_final(final)
    except (SyntaxFault, NotPermitted, SequenceFault):
        pass
