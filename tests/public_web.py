"""The public web of a test: an HTTPS server with an authority of its own, and what makes a server of ours
take it for the internet (a few names, 127.0.0.1, one port; its certificates are trusted as any other's).

with PublicWeb(folder) as web, Server(folder / "server", prefix=web.prefix()) as server:
    … f"{web.url}/leave" …
    assert web.next().path == "/leave"
"""

import queue
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
NAME = "list.test"
NAMES = {NAME: [HOST], "inner.test": ["10.0.0.1"], "mixed.test": [HOST, "10.0.0.1"], "nobody.test": []}
""""inner.test" and "mixed.test" lead to places that are not public."""
WAIT_SECONDS = 20.0
_OPENED = """
from bocau.runtime import fetch

is_public = fetch.is_public
fetch.is_public = lambda text: text == "{host}" or is_public(text)
fetch.PORTS["https"] = {port}


async def addresses(fetcher, host):
    return {names}.get(host, [host])


fetch.Fetcher._addresses = addresses
"""
"""Read by Python before the server's own words; the server itself knows no such way."""


class Heard(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class PublicWeb:
    """`answers`: by path; 200 for any other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, Answer] = {}
        self._heard: queue.Queue[Heard] = queue.Queue()
        self._authority = folder / "authority.pem"
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder, self._authority))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self._server.server_port}"

    def __enter__(self) -> "PublicWeb":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def prefix(self, *, is_trusted: bool = True) -> tuple[str, ...]:
        """What a server is run under, so that this is its internet."""
        site = self.folder / "site"
        site.mkdir(exist_ok=True)
        text = _OPENED.format(host=HOST, port=self._server.server_port, names=NAMES)
        (site / "sitecustomize.py").write_text(text)
        trust = (f"SSL_CERT_FILE={self._authority}",) if is_trusted else ()
        return ("env", f"PYTHONPATH={site}", *trust)

    def next(self) -> Heard:
        """The next request that came."""
        return self._heard.get(timeout=WAIT_SECONDS)

    def is_quiet(self) -> bool:
        """Whether every request was looked at."""
        return self._heard.empty()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                web._heard.put(Heard(self.command, self.path, headers, body))
                answer = web.answers.get(self.path, Answer())
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = _answer

            def log_message(self, *told: Any) -> None:
                pass

        return Handler


def _certificate(folder: Path, authority: Path) -> Path:
    """A file with key and certificate for NAME, signed by an authority, whose file is written too."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the test's web")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the test's web")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    ca = _signed(root, root_key, root, root_key, (x509.BasicConstraints(ca=True, path_length=0), usage))
    name = x509.SubjectAlternativeName([x509.DNSName(NAME)])
    leaf = _signed(subject, key, root, root_key, (name,))
    authority.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    file = folder / "web.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    return file


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    extensions: tuple[x509.ExtensionType, ...],
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
    )
    for one in extensions:
        builder = builder.add_extension(one, critical=not isinstance(one, x509.SubjectAlternativeName))
    return builder.sign(issuer_key, hashes.SHA256())
