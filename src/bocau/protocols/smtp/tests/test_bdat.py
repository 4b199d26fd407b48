"""Chunks: sizes, and line ends that are cut in two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import SyntaxFault
from bocau.protocols.smtp.bdat import ChunkAnnounced, parse_bdat
from bocau.protocols.smtp.tests.responder import Responder
from bocau.protocols.smtp.tests.test_data import split


def test_announcements():
    assert parse_bdat(b"0") == ChunkAnnounced(0, is_last=False)
    assert parse_bdat(b"86 last") == ChunkAnnounced(86, is_last=True)


@pytest.mark.parametrize(
    "argument", [b"", b"-1", b"+1", b"1e3", b"1_0", b"\xb2", b"1 LASTS", b"1  LAST", b"LAST", b"9" * 30]
)
def test_what_is_no_size(argument):
    with pytest.raises(SyntaxFault):
        parse_bdat(argument)


def deliver(chunks: list[bytes], wire_cuts: list[int], parameters: str = "") -> tuple[Responder, bytes]:
    server = Responder({})
    server.begin()
    server.receive(b"HELO c.example\r\n")
    server.receive(f"MAIL FROM:<a@c.example>{parameters}\r\nRCPT TO:<bob@demo.test>\r\n".encode())
    stream = b"".join(
        b"BDAT %d%s\r\n%s" % (len(chunk), b" LAST" if index == len(chunks) - 1 else b"", chunk)
        for index, chunk in enumerate(chunks)
    )
    return server, b"".join(server.receive(piece) for piece in split(stream, wire_cuts))


octets = st.text(st.sampled_from("\r\na."), max_size=20).map(str.encode)


@given(octets, st.lists(st.integers(0, 20), max_size=4), st.lists(st.integers(0, 120), max_size=5))
def test_text_is_judged_as_a_whole_however_it_is_chunked(body, chunk_cuts, wire_cuts):
    chunks = split(body, chunk_cuts) or [b""]
    server, heard = deliver(chunks, wire_cuts)
    is_bare = any(byte in body.replace(b"\r\n", b"") for byte in b"\r\n")
    assert bool(server.messages) is not is_bare
    assert (b"550 5.6.0" in heard) is is_bare
    if not is_bare:
        assert server.messages[0][2] == body


@given(octets, st.lists(st.integers(0, 20), max_size=4))
def test_a_binary_body_keeps_every_octet(body, chunk_cuts):
    server, _ = deliver(split(body, chunk_cuts) or [b""], [3, 50], " BODY=BINARYMIME")
    assert server.messages[0][2] == body
