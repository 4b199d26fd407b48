"""Our codec against dnspython's, and against octets that no honest server sends."""

import struct

import dns.flags
import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.runtime.dns_message import (
    NAME_BYTES_MAX,
    RECORDS_MAX,
    DnsFault,
    Rcode,
    Type,
    answers_query,
    decode,
    encode_name,
    encode_query,
)


def _reply(*answers: tuple[str, int, str, str], authority: str = "", rcode: int = 0, flags: int = 0) -> bytes:
    query = dns.message.make_query("x.test", "A")
    reply = dns.message.make_response(query)
    for name, ttl, kind, text in answers:
        reply.answer.append(dns.rrset.from_text(name, ttl, "IN", kind, text))
    if authority:
        reply.authority.append(dns.rrset.from_text("test.", 900, "IN", "SOA", authority))
    reply.set_rcode(rcode)
    reply.flags |= flags
    return reply.to_wire()


def test_every_type_reads_as_dnspython_wrote_it() -> None:
    message = decode(
        _reply(
            ("X.test.", 60, "A", "192.0.2.7"),
            ("x.test.", 61, "AAAA", "2001:db8::7"),
            ("x.test.", 62, "MX", "10 Mail.X.test."),
            ("x.test.", 63, "MX", "0 ."),
            ("x.test.", 64, "TXT", '"v=spf1 " "-all"'),
            ("7.2.0.192.in-addr.arpa.", 65, "PTR", "mail.x.test."),
            ("www.x.test.", 66, "CNAME", "x.test."),
            ("_25._tcp.x.test.", 67, "TLSA", "3 1 0 abcd"),
            flags=dns.flags.AD,
        )
    )
    assert [(r.type, r.ttl, r.value) for r in message.answers] == [
        (Type.A, 60, "192.0.2.7"),
        (Type.AAAA, 61, "2001:db8::7"),
        (Type.MX, 62, (10, "mail.x.test")),
        (Type.MX, 63, (0, "")),
        (Type.TXT, 64, b"v=spf1 -all"),
        (Type.PTR, 65, "mail.x.test"),
        (Type.CNAME, 66, "x.test"),
        (Type.TLSA, 67, b"\x03\x01\x00\xab\xcd"),
    ]
    assert message.answers[0].name == "x.test"
    assert message.is_authentic and not message.is_truncated


def test_no_and_for_how_long() -> None:
    message = decode(_reply(authority="ns. admin. 1 2 3 4 300", rcode=3))
    assert (message.rcode, message.negative_ttl, message.answers) == (Rcode.NXDOMAIN, 300, ())
    assert decode(_reply(authority="ns. admin. 1 2 3 4 9999", rcode=3)).negative_ttl == 900
    assert decode(_reply(rcode=2)).rcode == Rcode.SERVFAIL


def test_our_question_is_what_dnspython_reads() -> None:
    query = dns.message.from_wire(encode_query(0x1234, encode_name("Mail.Example.ORG."), Type.MX))
    assert query.id == 0x1234 and query.edns == 0 and query.payload == 1232
    assert query.flags & dns.flags.RD and query.flags & dns.flags.AD
    assert str(query.question[0]) == "mail.example.org. IN MX"


@pytest.mark.parametrize(
    "name", ["a..b", ".a", "a" * 64, ".".join(["a" * 60] * 5), "ü.test", "a\\046b", "a.b.."]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(DnsFault):
        encode_name(name)


def test_the_longest_name_is_255_octets() -> None:
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    assert len(encode_name(longest)) == NAME_BYTES_MAX
    with pytest.raises(DnsFault):
        encode_name(longest + "d")


@pytest.mark.parametrize(
    "name",
    [
        b"\xc0\x0c",  # points at itself
        b"\xc0\xff",  # points forwards
        b"\x01a\xc0\x0c",  # a loop through a label
        b"\x40" + b"a" * 64 + b"\x00",  # a label of 64 octets
        b"\x80\x00",
        (b"\x3f" + b"a" * 63) * 4 + b"\x00",  # 257 octets
        b"\x3f",  # ends in the middle of a label
    ],
)
def test_names_that_loop_or_are_too_long_are_faults(name: bytes) -> None:
    header = struct.pack(">HHHHHH", 1, 0x8180, 0, 1, 0, 0)
    with pytest.raises(DnsFault):
        decode(header + name + struct.pack(">HHIH", 1, 1, 60, 4) + b"\x7f\x00\x00\x01")


def test_odd_octets_in_names_are_escaped_so_that_they_match_no_host() -> None:
    message = decode(_reply(("x.test.", 60, "PTR", "evil\\.example\\010\\032x.test.")))
    assert message.answers[0].value == "evil\\046example\\010\\032x.test"


def test_only_so_many_records_are_read() -> None:
    record = b"\xc0\x0c" + struct.pack(">HHIH", Type.A, 1, 60, 4) + b"\xc0\x00\x02\x01"
    count = RECORDS_MAX + 1
    header = struct.pack(">HHHHHH", 1, 0x8180, 1, count, 0, 0)
    question = b"\x01x\x04test\x00" + struct.pack(">HH", 1, 1)
    assert len(decode(header + question + record * count).answers) == RECORDS_MAX


@pytest.mark.parametrize(
    "forged",
    [
        lambda q: b"",
        lambda q: q,  # our own question, reflected
        lambda q: bytes([q[0] ^ 1]) + q[1:2] + b"\x81\x80" + q[4:],
        lambda q: q[:2] + b"\x81\x80" + q[4:].replace(b"test", b"evil"),
        lambda q: q[:2] + b"\x81\x80" + q[4:].replace(b"\x04test\x00\x00\x0f", b"\x04test\x00\x00\x01"),
        lambda q: q[:2] + b"\xa9\x80" + q[4:],  # another opcode
        lambda q: q[:2] + b"\x81\x80" + b"\x00\x00" + q[6:],  # no question, and yet an answer
    ],
)
def test_a_reply_to_another_question_is_no_reply(forged) -> None:  # type: ignore[no-untyped-def]
    query = encode_query(0xBEEF, encode_name("x.test"), Type.MX)
    assert not answers_query(forged(query), query)
    assert answers_query(query[:2] + b"\x81\x80" + query[4:], query)


@given(st.binary(max_size=300), st.integers(0, 5), st.integers(0, 5))
def test_garbage_is_a_fault_and_nothing_else(tail: bytes, answers: int, authorities: int) -> None:
    header = struct.pack(">HHHHHH", 1, 0x8180, 1, answers, authorities, 0)
    try:
        decode(header + tail)
    except DnsFault:
        pass


@given(st.data())
def test_a_damaged_reply_is_a_fault_or_an_answer(data: st.DataObject) -> None:
    wire = bytearray(_WIRE)
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(wire[: data.draw(st.integers(0, len(wire)))]))
    except DnsFault:
        pass


_WIRE = _reply(
    ("x.test.", 60, "MX", "10 mail.x.test."),
    ("x.test.", 60, "TXT", '"v=spf1 -all"'),
    ("x.test.", 60, "CNAME", "y.test."),
    authority="ns. admin. 1 2 3 4 300",
)
