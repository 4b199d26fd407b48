"""The DATA collector: transparent, and deaf to everything but CRLF.CRLF."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.protocols.smtp.data import DataCollector
from bocau.protocols.smtp.tests.responder import Responder

SMUGGLED = b"MAIL FROM:<smug@x.example>\r\nRCPT TO:<bob@demo.test>\r\nDATA\r\nsmuggled\r\n.\r\n"
FALSE_ENDS = {
    "LF.LF": b"\n.\n",
    "LF.CR": b"\n.\r",
    "LF.CRLF": b"\n.\r\n",
    "CR.LF": b"\r.\n",
    "CR.CR": b"\r.\r",
    "CR.CRLF": b"\r.\r\n",
    "CRLF.LF": b"\r\n.\n",
    "CRLF.CR": b"\r\n.\r",
    "CRLF.CRCRLF": b"\r\n.\r\r\n",
    "CRLF NUL.CRLF": b"\r\n\0.\r\n",
    "CRLF.NUL CRLF": b"\r\n.\0\r\n",
}

lines = st.lists(st.text(st.sampled_from(".a \0"), max_size=5).map(str.encode), max_size=8)
cuts = st.lists(st.integers(0, 60), max_size=6)


def split(data: bytes, at: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(min(cut, len(data)) for cut in at)})
    return [data[a:b] for a, b in pairwise(edges)]


def collect(blocks: list[bytes]) -> tuple[bytes, bytes | None, DataCollector]:
    collector, body = DataCollector(), b""
    for index, block in enumerate(blocks):
        piece, rest = collector.feed(block)
        body += piece
        if rest is not None:
            return body, rest + b"".join(blocks[index + 1 :]), collector
    return body, None, collector


@given(lines, cuts, st.sampled_from([b"", b"NOOP\r\n", b"\r\n.\r\n"]))
def test_stuffed_lines_come_out_as_they_were(body_lines, at, following):
    body = b"".join(line + b"\r\n" for line in body_lines)
    stuffed = b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in body_lines)
    got, rest, collector = collect(split(stuffed + b".\r\n" + following, at))
    assert (got, rest, collector.has_bare_line_end) == (body, following, False)


@given(st.text(st.sampled_from("\r\n.a"), max_size=12).map(str.encode), cuts)
def test_any_octets_are_judged_alike_in_any_chunks(octets, at):
    whole = collect([octets + b"\r\n.\r\n"])
    parts = collect(split(octets + b"\r\n.\r\n", at))
    assert parts[:2] == whole[:2]
    assert parts[2].has_bare_line_end == whole[2].has_bare_line_end
    stream = octets + b"\r\n.\r\n"
    end = 0 if stream.startswith(b".\r\n") else stream.find(b"\r\n.\r\n") + 2
    left = stream[:end].replace(b"\r\n", b"")
    assert whole[2].has_bare_line_end == any(byte in left for byte in b"\r\n")


def conversation(chunks: list[bytes]) -> tuple[Responder, bytes]:
    server = Responder({})
    server.begin()
    server.receive(b"HELO c.example\r\n")
    server.receive(b"MAIL FROM:<ann@c.example>\r\nRCPT TO:<bob@demo.test>\r\nDATA\r\n")
    return server, b"".join(server.receive(chunk) for chunk in chunks)


@pytest.mark.parametrize("false_end", FALSE_ENDS.values(), ids=FALSE_ENDS.keys())
def test_smuggling_never_makes_a_second_message(false_end):
    """A-1: in one segment, in every split into two, and octet by octet."""
    stream = b"hello" + false_end + SMUGGLED
    splits = [[stream[:i], stream[i:]] for i in range(len(stream))]
    splits.append([stream[i : i + 1] for i in range(len(stream))])
    for chunks in splits:
        server, heard = conversation([chunk for chunk in chunks if chunk])
        assert len(heard.split(b"\r\n")) == 2, heard
        assert all(sender == "ann@c.example" for sender, _, _ in server.messages)
        if b"\0" in false_end:
            assert heard.startswith(b"250") and len(server.messages) == 1
        else:
            assert heard.startswith(b"550 5.6.0") and not server.messages
        assert server.receive(b"NOOP\r\n").startswith(b"250")
