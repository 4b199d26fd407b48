"""HTTP as hostile clients speak it: smuggling, endless heads, many at once (RFC 9112; F-5, E-5)."""

import http.client
import socket
import ssl
from pathlib import Path

import pytest

from harness import HOST, Server, any_certificate


def _say(server: Server, data: bytes) -> bytes:
    """All that is answered to these bytes."""
    with server.connect("http") as sock:
        sock.sendall(data)
        answer = b""
        try:
            while piece := sock.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    return answer


def _status(server: Server, data: bytes) -> bytes:
    return _say(server, data)[9:12]


GET = b"GET /jmap/session HTTP/1.1\r\n"
CLOSE = b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (GET + b"Host: localhost\r\n" + CLOSE, b"401"),
        (GET + CLOSE, b"400"),
        (GET + b"Host: localhost\r\nHost: localhost\r\n" + CLOSE, b"400"),
        (GET + b"Host: evil.example\r\n" + CLOSE, b"421"),
        (GET + b"Host: localhost\r\n" + b"X: y\r\n" * 10_000 + CLOSE, b"431"),
        (GET + b"Host: localhost\r\nX: " + b"y" * 100_000 + b"\r\n" + CLOSE, b"431"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n" + CLOSE, b"414"),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n" + CLOSE, b"400"),
        (b"HELO example.org\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
        (b"CONNECT example.org:80 HTTP/1.1\r\nHost: localhost\r\n" + CLOSE, b"400"),
        (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n" + CLOSE, b"400"),
    ],
    ids=range(12),
)
def test_heads(server: Server, head: bytes, status: bytes) -> None:
    assert _status(server, head) == status


POST = b"POST /jmap/api HTTP/1.1\r\nHost: localhost\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nContent-Length: 44\r\n",
        b"Content-Length: 4, 44\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: 0x4\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
    ],
    ids=range(11),
)
def test_a_body_whose_length_is_said_twice_is_refused(server: Server, fields: bytes) -> None:
    """CL.TE, TE.CL, TE.TE (RFC 9112 §6.3): and nothing behind it is taken for a request."""
    answer = _say(server, POST + fields + b"\r\n0\r\n\r\n" + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 400") and answer.count(b"HTTP/1.1") == 1


def test_chunked_in_http_1_0_is_refused(server: Server) -> None:
    head = b"POST /jmap/api HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert _status(server, head) == b"400"


def test_requests_one_behind_the_other_are_answered_in_order(server: Server) -> None:
    one = b"GET /.well-known/jmap HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = _say(server, one * 3 + GET + b"Host: localhost\r\n" + CLOSE)
    assert answer.count(b"HTTP/1.1 307") == 3 and answer.count(b"HTTP/1.1 401") == 1


def test_a_flood_of_requests_in_one_piece_is_cut_off(server: Server) -> None:
    answer = _say(server, b"GET /.well-known/jmap HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2000)
    assert answer.count(b"HTTP/1.1 307") < 100


def test_https_speaks_http_1_1_alone(server: Server) -> None:
    """ALPACA: another protocol by its name is closed (G-7)."""
    context = any_certificate()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(server.connect("https")) as sock:
        assert sock.selected_alpn_protocol() == "http/1.1"
    context = any_certificate()
    context.set_alpn_protocols(["imap"])
    with context.wrap_socket(server.connect("https")) as sock, pytest.raises((OSError, AssertionError)):
        sock.sendall(GET + b"Host: localhost\r\n" + CLOSE)
        assert sock.recv(100)


def test_clear_text_at_the_tls_port_is_closed(server: Server) -> None:
    with server.connect("https") as sock:
        sock.sendall(GET + b"Host: localhost\r\n" + CLOSE)
        try:
            assert b"HTTP/" not in sock.recv(1000)
        except ConnectionResetError:
            pass


def test_without_leave_clear_text_leads_to_https(tmp_path: Path) -> None:
    with Server(tmp_path, settings=["login.plain_on_loopback=false"]) as strict:
        answer = _say(strict, b"GET /mail?x=1 HTTP/1.1\r\nHost: localhost\r\n" + CLOSE)
        port = strict.port("https")
        assert answer.startswith(b"HTTP/1.1 308")
        assert b"location: https://localhost:%d/mail?x=1\r\n" % port in answer
        assert _status(strict, POST + b"Content-Length: 0\r\n" + CLOSE) == b"403"


def test_a_stop_lets_a_request_finish_and_ends_streams(tmp_path: Path) -> None:
    from base64 import b64encode

    with Server(tmp_path, workers=1) as server:
        token = b64encode(f"alice@demo.test:{server.password}".encode()).decode()
        stream = http.client.HTTPConnection(HOST, server.port("http"), timeout=20)
        stream.request("GET", "/jmap/eventsource", headers={"Authorization": f"Basic {token}"})
        answer = stream.getresponse()
        assert answer.status == 200
        sock: socket.socket | ssl.SSLSocket = server.connect("https")
        server.stop()
        assert answer.read().endswith(b"\n\n")
        stream.close()
        sock.close()
        server.assert_no_traceback()
