"""CATENATE, REPLACE, COMPRESS=DEFLATE, UNAUTHENTICATE on the running server, with several workers."""

import base64
import hashlib
import imaplib
import os
import re
import socket
import zlib
from collections.abc import Iterator

import pytest

from harness import Server
from imap.wire import HOST, Gone, Wire

HEADER = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
ATTACHMENT_HEADER = b"Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n"


class DeflateSocket:
    """A socket with DEFLATE above it, as a client has it (RFC 4978)."""

    def __init__(self, plain: socket.socket) -> None:
        self.plain = plain
        self.deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.inflater = zlib.decompressobj(-15)
        self.received = 0

    def sendall(self, data: bytes) -> None:
        self.plain.sendall(self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH))

    def recv(self, size: int) -> bytes:
        while True:
            piece = self.plain.recv(size)
            self.received += len(piece)
            plain = self.inflater.decompress(piece)
            if plain or not piece:
                return plain

    def close(self) -> None:
        self.plain.close()


def compressed(wire: Wire) -> DeflateSocket:
    wire.ok("COMPRESS DEFLATE")
    layer = DeflateSocket(wire.socket)
    wire.socket = layer  # type: ignore[assignment]
    return layer


@pytest.fixture
def imap(server: Server) -> Iterator[Wire]:
    """Logged in, two empty mailboxes, Box selected."""
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as wire:
        for name in ("Box", "Other"):
            wire.command(f"DELETE {name}")
            wire.ok(f"CREATE {name}")
        wire.ok("SELECT Box")
        yield wire


def test_catenate_sends_an_attachment_on_without_its_octets(imap: Wire) -> None:
    """RFC 4469 §3: from another mailbox than the selected one, longer than what is held in memory."""
    attachment = base64.encodebytes(os.urandom(9_000_000)).replace(b"\n", b"\r\n")
    imap.append("Other", HEADER + ATTACHMENT_HEADER + attachment + b"--b--\r\n")
    validity = re.findall(rb"UIDVALIDITY ([0-9]+)", imap.ok("STATUS Other (UIDVALIDITY)").lines[0])[0]
    url = b"/Other;UIDVALIDITY=%b/;UID=1/;SECTION=2" % validity
    end = b"\r\n--b--\r\n"
    command = b'APPEND Box (\\Seen) CATENATE (TEXT {%d+}\r\n%b URL "%b.MIME" URL "%b" TEXT {%d+}\r\n%b)'
    answer = imap.ok(command % (len(HEADER), HEADER, url, url, len(end), end))
    assert b"[APPENDUID " in answer.text and b"1 EXISTS" in b"".join(answer.lines)
    got = imap.fetch("1", "(FLAGS BODY.PEEK[2] BODY.PEEK[])")[1]
    assert got["BODY[2]"] + b"\r\n" == attachment
    whole = HEADER + ATTACHMENT_HEADER + attachment.removesuffix(b"\r\n") + end
    assert hashlib.sha256(got["BODY[]"]).digest() == hashlib.sha256(whole).digest()
    bad = imap.no(b'APPEND Box CATENATE (URL "/Other;UIDVALIDITY=%b/;UID=2")' % validity)
    assert b"[BADURL " in bad.text
    five = " ".join([f"URL {url.decode()}"] * 6)
    assert b"[TOOBIG]" in imap.no(f"APPEND Box CATENATE ({five})").text
    assert b"MESSAGES 1" in imap.ok("STATUS Box (MESSAGES)").lines[0], "all or nothing"


def test_replace_is_one_step_for_everybody(server: Server, imap: Wire) -> None:
    """RFC 8508 §3.4."""
    imap.append("Box", b"Subject: one\r\n\r\n", r"(\Draft)")
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as other:
        other.ok("SELECT Box")
        answer = imap.ok(b"REPLACE 1 Box (\\Draft \\Seen) {20+}\r\nSubject: two\r\n\r\nabcd")
        assert b"OK [APPENDUID " in answer.lines[0]
        assert answer.of(b"EXPUNGE") == [b"1 EXPUNGE"] and answer.of(b"EXISTS") == [b"1 EXISTS"]
        seen = other.ok("NOOP")
        assert seen.of(b"EXPUNGE") == [b"1 EXPUNGE"] and seen.of(b"EXISTS") == [b"1 EXISTS"]
        assert list(other.fetch("1:*", "(UID)")) == [1]
    imap.ok("UNSELECT")
    imap.ok("ENABLE QRESYNC")
    imap.ok("SELECT Box")
    answer = imap.ok(b"UID REPLACE 2 Other {3+}\r\nabc")
    assert b"* VANISHED 2\r\n" in answer.lines and not answer.of(b"EXPUNGE")
    assert b"MESSAGES 0" in imap.ok("STATUS Box (MESSAGES)").lines[0]
    assert b"MESSAGES 1" in imap.ok("STATUS Other (MESSAGES)").lines[0]
    assert imap.command(b"UID REPLACE 2 Other {3+}\r\nabc").status == b"NO"


def test_a_whole_day_compressed(server: Server, imap: Wire) -> None:
    """RFC 4978: flushed after each response, far fewer octets, bodies of every kind."""
    layer = compressed(imap)
    bodies = [b"Subject: %d\r\n\r\n" % n + os.urandom(n * 50_000).hex().encode() for n in range(5)]
    for body in bodies:
        imap.append("Box", body)
    got = imap.fetch("1:*", "(BODY.PEEK[])")
    assert [got[n + 1]["BODY[]"] for n in range(5)] == bodies
    before = layer.received
    plain = sum(
        len(line) for _ in range(50) for line in imap.ok("FETCH 1:* (FLAGS INTERNALDATE ENVELOPE)").lines
    )
    assert layer.received - before < plain / 2
    assert b"[COMPRESSIONACTIVE]" in imap.no("COMPRESS DEFLATE").text
    assert imap.command("COMPRESS LZMA").status == b"BAD"
    assert imap.command("STARTTLS").status == b"BAD", "TLS is below, and was to be begun before"
    tag = imap.begin("IDLE")
    assert imap.response().startswith(b"+ ")
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as other:
        other.append("Box", b"Subject: rung\r\n\r\n")
    assert imap.response() == b"* 6 EXISTS\r\n", "news come at once, not with the next flush"
    imap.say(b"DONE\r\n")
    assert imap.end(tag).status == b"OK"


def test_compression_is_not_offered_to_strangers_and_reads_nothing_from_before(server: Server) -> None:
    with Wire(server.port("imap")) as wire:
        assert b"COMPRESS" not in wire.greeting
        assert wire.command("COMPRESS DEFLATE").status == b"BAD"
        wire.login("bob@demo.test", server.password)
        wire.say(b"x COMPRESS DEFLATE\r\ny LOGOUT\r\n")
        assert wire.response().startswith(b"x OK")
        wire.socket = DeflateSocket(wire.socket)  # type: ignore[assignment]
        assert wire.ok("NOOP").lines == [], "the LOGOUT that was injected is not heard"


def test_a_bomb_ends_at_the_limits_of_the_parser(server: Server) -> None:
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as wire:
        compressed(wire).sendall(b"a" * 50_000_000)
        with pytest.raises((Gone, ConnectionError)) as gone:
            while True:
                assert wire.response().startswith(b"* BYE")
        assert gone
    with Wire(server.port("imap")).login("bob@demo.test", server.password) as wire:
        compressed(wire)
        wire.say(b"a APPEND INBOX {200000000+}\r\n" + b"\0" * 130_000_000)
        assert wire.response().startswith(b"* BYE")


def test_unauthenticate_leads_back_to_the_beginning(server: Server, imap: Wire) -> None:
    """RFC 8437 §3, §4.1: compression ends with the login."""
    imap.ok("UNAUTHENTICATE")
    assert imap.command("NOOP").status == b"OK" and imap.command("SELECT Box").status == b"BAD"
    alice = base64.b64encode(b"\0alice@demo.test\0" + server.password.encode()).decode()
    imap.say(f"a NOOP\r\nb AUTHENTICATE PLAIN {alice}\r\nc STATUS Box (MESSAGES)\r\n".encode())
    assert [imap.response()[:4] for _ in range(3)] == [b"a OK", b"b OK", b"c NO"]
    compressed(imap)
    assert imap.ok("UNAUTHENTICATE")
    plain = imap.socket.plain  # type: ignore[attr-defined]
    imap.socket = plain
    imap.login("bob@demo.test", server.password)
    imap.ok("SELECT Box")


def test_imaplib_may_speak_compressed(server: Server) -> None:
    client = imaplib.IMAP4(HOST, server.port("imap"))
    client.login("bob@demo.test", server.password)
    imaplib.Commands["COMPRESS"] = ("AUTH", "SELECTED")
    assert client._simple_command("COMPRESS", "DEFLATE")[0] == "OK"
    layer = DeflateSocket(client.sock)
    reader = _Reader(layer)
    client.sock, client._file = layer, reader  # type: ignore[assignment, attr-defined]
    client.file = reader  # type: ignore[assignment]
    assert client.select("INBOX")[0] == "OK"
    assert client.append("INBOX", "", "", b"Subject: x\r\n\r\n")[0] == "OK"
    client._simple_command("LOGOUT")


class _Reader:
    """What imaplib reads from."""

    def __init__(self, layer: DeflateSocket) -> None:
        self.layer, self.buffer = layer, b""

    def readline(self, limit: int = -1) -> bytes:
        while b"\n" not in self.buffer:
            self.buffer += self.layer.recv(65536)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def read(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self.buffer += self.layer.recv(65536)
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def close(self) -> None: ...
