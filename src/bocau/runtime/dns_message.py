"""Questions to a DNS server and its answers, octet by octet (RFC 1035 §4, RFC 6891). No I/O.

What comes from the network is bounded and checked: pointers in names only go backwards, so they cannot loop;
a name has at most 255 octets; every length stays inside the message.
"""

import socket
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

UDP_BYTES_MAX: Final = 1232
"""What we announce by EDNS: fits the smallest IPv6 path without fragments (DNS flag day 2020)."""
NAME_BYTES_MAX: Final = 255
LABEL_BYTES_MAX: Final = 63
RECORDS_MAX: Final = 100
"""Records of one answer that are read; the rest is left: more is a mistake or an attack."""
_EDNS: Final = b"\x00" + struct.pack(">HHBBHH", 41, UDP_BYTES_MAX, 0, 0, 0, 0)
_RECURSION_DESIRED: Final = 0x0100
_AUTHENTIC_DATA: Final = 0x0020


class DnsFault(Exception):
    """A message that cannot be read."""


class Type(IntEnum):
    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    PTR = 12
    MX = 15
    TXT = 16
    AAAA = 28
    TLSA = 52


class Rcode(IntEnum):
    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5


Value = str | bytes | tuple[int, str]
"""A, AAAA: address; CNAME, NS, PTR: name; MX: (preference, name); TXT: joined strings; TLSA: octets;
SOA: octets of the negative TTL."""


@dataclass(frozen=True, slots=True)
class Record:
    name: str
    type: int
    ttl: int
    value: Value


@dataclass(frozen=True, slots=True)
class Message:
    rcode: int
    is_truncated: bool
    is_authentic: bool
    """The server says it has verified the answer (AD, RFC 4035 §3.2.3): worth what the way to it is worth."""
    answers: tuple[Record, ...]
    negative_ttl: int | None
    """RFC 2308 §5: how long "no" may be kept; None without an SOA."""


def encode_name(name: str) -> bytes:
    """A name ("mx.example.org": ASCII, no escapes) in wire form, lower case; DnsFault when it is none."""
    if "\\" in name:
        raise DnsFault("an escaped name is no host name")
    try:
        labels = name.removesuffix(".").encode("ascii").lower().split(b".") if name not in ("", ".") else []
    except UnicodeEncodeError:
        raise DnsFault("a name in DNS is ASCII") from None
    if not all(0 < len(label) <= LABEL_BYTES_MAX for label in labels):
        raise DnsFault("a label is empty or too long")
    wire = b"".join(bytes((len(label),)) + label for label in labels) + b"\x00"
    if len(wire) > NAME_BYTES_MAX:
        raise DnsFault("a name is too long")
    return wire


def encode_query(identifier: int, name: bytes, kind: int) -> bytes:
    """One question, recursion desired, with EDNS; AD is set to ask for the server's AD (RFC 6840 §5.7)."""
    flags = _RECURSION_DESIRED | _AUTHENTIC_DATA
    header = struct.pack(">HHHHHH", identifier, flags, 1, 0, 0, 1)
    return header + name + struct.pack(">HH", kind, 1) + _EDNS


def answers_query(reply: bytes, query: bytes) -> bool:
    """Whether `reply` has the identifier and the question of `query` and is a reply at all."""
    if len(reply) < 12 or reply[:2] != query[:2] or not reply[2] & 0x80 or reply[2] & 0x78:
        return False
    if reply[4:6] == b"\x00\x00":
        # Some servers send no question back with FORMERR and the like.
        return reply[3] & 0x0F != Rcode.NOERROR
    question_end = len(query) - len(_EDNS)
    return reply[4:6] == b"\x00\x01" and reply[12:question_end].lower() == query[12:question_end]


def decode(message: bytes) -> Message:
    """Read a reply. Raises DnsFault when it is broken."""
    try:
        return _decode(message)
    except (IndexError, struct.error, ValueError) as exc:
        raise DnsFault("a broken message") from exc


def _decode(message: bytes) -> Message:
    _, flags, questions, answers, authorities, _ = struct.unpack_from(">HHHHHH", message)
    is_truncated = bool(flags & 0x0200)
    found: list[Record] = []
    negative_ttl = None
    if not is_truncated:
        at = 12
        for _ in range(min(questions, 1)):
            at = _name(message, at)[1] + 4
        for _ in range(min(answers, RECORDS_MAX)):
            record, at = _record(message, at)
            found.append(record)
        if answers <= RECORDS_MAX:
            negative_ttl = _negative_ttl(message, at, min(authorities, RECORDS_MAX))
    return Message(flags & 0x0F, is_truncated, bool(flags & _AUTHENTIC_DATA), tuple(found), negative_ttl)


def _negative_ttl(message: bytes, at: int, count: int) -> int | None:
    for _ in range(count):
        record, at = _record(message, at)
        if record.type == Type.SOA and isinstance(record.value, bytes):
            return min(record.ttl, int.from_bytes(record.value, "big"))
    return None


def _record(message: bytes, at: int) -> tuple[Record, int]:
    name, at = _name(message, at)
    kind, _, ttl, length = struct.unpack_from(">HHIH", message, at)
    start = at + 10
    end = start + length
    if end > len(message):
        raise DnsFault("a record is longer than the message")
    # RFC 2181 §8: a TTL with the top bit set is zero.
    return Record(name, kind, ttl if ttl < 1 << 31 else 0, _value(message, kind, start, end)), end


def _value(message: bytes, kind: int, start: int, end: int) -> Value:
    data = message[start:end]
    match kind:
        case Type.A if len(data) == 4:
            return socket.inet_ntop(socket.AF_INET, data)
        case Type.AAAA if len(data) == 16:
            return socket.inet_ntop(socket.AF_INET6, data)
        case Type.MX:
            return (data[0] << 8 | data[1], _name(message, start + 2)[0])
        case Type.TXT:
            return _text(data)
        case Type.CNAME | Type.NS | Type.PTR:
            return _name(message, start)[0]
        case Type.SOA if len(data) >= 22:
            return data[-4:]
        case Type.A | Type.AAAA | Type.SOA:
            raise DnsFault("a record of the wrong length")
        case _:
            return data


def _text(data: bytes) -> bytes:
    """The character strings of one TXT record, joined (RFC 7208 §3.3)."""
    strings, at = [], 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise DnsFault("a text is longer than its record")
        strings.append(data[at + 1 : end])
        at = end
    return b"".join(strings)


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name at `at`, lower case without the final dot ("" is the root), and where the message goes on."""
    labels: list[str] = []
    end, limit, size = -1, at, 0
    while length := message[at]:
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | message[at + 1]
            end = at + 2 if end < 0 else end
            if target >= limit:
                raise DnsFault("a name points forwards")
            at = limit = target
            continue
        size += length + 1
        if length > LABEL_BYTES_MAX or size >= NAME_BYTES_MAX:
            raise DnsFault("a name is too long")
        labels.append(_label(message[at + 1 : at + 1 + length]))
        at += length + 1
    return ".".join(labels), at + 1 if end < 0 else end


_HOST_OCTETS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


def _label(octets: bytes) -> str:
    if not octets.strip(_HOST_OCTETS) and not octets.translate(None, _HOST_OCTETS):
        return octets.decode("ascii").lower()
    # RFC 1035 §5.1: what is no letter, digit, hyphen is escaped and so can be no host name.
    plain = _HOST_OCTETS
    return "".join(chr(o).lower() if o in plain else f"\\{o:03d}" for o in octets)
