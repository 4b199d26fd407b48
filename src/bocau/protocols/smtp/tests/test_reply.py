"""Replies: written so that nothing can be forged, read with bounds; xtext both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import SyntaxFault, TooLong
from bocau.formats import xtext
from bocau.protocols.smtp import Reply, ReplyReader
from bocau.protocols.smtp.limits import REPLY_BYTES_MAX


def test_lines_and_codes():
    assert Reply(250, "2.1.5", "ok").wire == b"250 2.1.5 ok\r\n"
    assert Reply(250, "", "mx.example", "SIZE 9").wire == b"250-mx.example\r\n250 SIZE 9\r\n"
    assert Reply(334, "").wire == b"334 \r\n"


def test_what_a_peer_chose_cannot_forge_a_line():
    assert (
        Reply(550, "5.1.1", "no\r\n250 2.0.0 ok\x1b[31m \x00é").wire
        == b"550 5.1.1 no??250 2.0.0 ok?[31m ??\r\n"
    )


@given(
    st.integers(200, 599),
    st.sampled_from(["", "2.0.0", "5.7.123"]),
    st.lists(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20), min_size=1, max_size=4
    ),
    st.integers(1, 9),
)
def test_read_back(code, enhanced, texts, size):
    reply, reader = Reply(code, enhanced, *texts), ReplyReader()
    got = None
    for start in range(0, len(reply.wire), size):
        assert got is None
        reader.receive(reply.wire[start : start + size])
        got = reader.next_reply()
    assert got is not None and got.code == code and got.wire == reply.wire
    if enhanced:
        assert (got.enhanced, got.lines) == (enhanced, tuple(texts))


@pytest.mark.parametrize(
    "line", [b"hello\r\n", b"25 ok\r\n", b"\xb2\xb20 ok\r\n", b"150 ok\r\n", b"250+ok\r\n", b"\r\n"]
)
def test_what_is_no_reply(line):
    reader = ReplyReader()
    reader.receive(line)
    with pytest.raises(SyntaxFault):
        reader.next_reply()


@pytest.mark.parametrize("flood", [b"250-x\r\n", b"250 xxxxx"])
def test_an_endless_reply_is_cut(flood):
    reader = ReplyReader()
    with pytest.raises(TooLong):
        for _ in range(REPLY_BYTES_MAX // len(flood) + 2):
            reader.receive(flood)
            reader.next_reply()


@given(st.binary(max_size=30))
def test_xtext_both_ways(data):
    assert xtext.decode(xtext.encode(data)) == data
    assert xtext.encode(data).isascii() and not any(byte <= 32 for byte in xtext.encode(data))


@pytest.mark.parametrize("data", [b"+4", b"+4g", b"+4a", b"a b", b"=", b"\xe9"])
def test_what_is_no_xtext(data):
    with pytest.raises(SyntaxFault):
        xtext.decode(data)
