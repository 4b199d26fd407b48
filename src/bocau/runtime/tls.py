"""TLS contexts: TLS 1.2 and later, reloadable certificates, channel binding, no answer to another protocol.

One server context per service: their session ticket keys differ, so a ticket of one is refused by another.
Contexts are made before the workers are forked, so that a ticket of one worker is good for all.
"""

import hashlib
import os
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from bocau.runtime.tls_binding import is_self_issued, server_end_point
from bocau.runtime.tls_client import ClientAuthority, ask_for_certificates

SELF_SIGNED_DAYS: Final = 3650
"""People confirm a self-signed certificate once; a short life would only train them to confirm again."""
SELF_SIGNED_NAMES_MAX: Final = 100

# RFC 9325 §4.2: forward secrecy and AEAD for TLS 1.2; TLS 1.3 suites are all fine.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!PSK:!SRP"
_FOREIGN_PROTOCOLS: Final = (
    "h2",
    "http/1.1",
    "http/1.0",
    "ftp",
    "imap",
    "pop3",
    "managesieve",
    "smtp",
    "xmpp-client",
)


class ServerTlsContext(ssl.SSLContext):
    """A server's context; `connection.start_tls` and the listener read its attributes."""

    server_end_point: bytes
    """RFC 5929 §4; b"" when the certificate's signature has no single hash."""
    is_self_signed: bool
    """Browsers do not trust it unless a person told them to."""
    alpn_refused: frozenset[str]
    """Protocols that are agreed to only to close the connection (ALPACA)."""
    _certificate: tuple[Path, Path]
    _clients: ClientAuthority | None

    def reload(self) -> None:
        """Read certificate and key again; connections that are open keep the old ones.

        Raises OSError or ssl.SSLError and then keeps the old certificate.
        """
        certificate, key = self._certificate
        # A throw-away context first: a key that does not fit must not leave this one half loaded.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        self.load_cert_chain(certificate, key)
        first = _first_certificate(certificate)
        self.server_end_point, self.is_self_signed = server_end_point(first), is_self_issued(first)
        if self._clients is not None:
            ask_for_certificates(self, self._clients)


def server_context(
    certificate: Path, key: Path, *, protocol: str = "", clients: ClientAuthority | None = None
) -> ServerTlsContext:
    """A context for one service; `protocol` is its ALPN name ("imap", "pop3", "smtp"…). With `clients` it
    asks for certificates that these have signed.

    A client without ALPN is served (RFC 7301 is optional for mail), one that names another protocol is not.
    """
    context = ServerTlsContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_SINGLE_ECDH_USE
    context.set_ciphers(_CIPHERS)
    # Two tickets are OpenSSL's default; a mail client that wants a second connection gets its own.
    context.num_tickets = 1
    foreign = [name for name in _FOREIGN_PROTOCOLS if name != protocol]
    context.alpn_refused = frozenset(foreign)
    # Ours first: OpenSSL takes the first of our list that the client also names.
    context.set_alpn_protocols(([protocol] if protocol else []) + foreign)
    context._certificate = (certificate, key)
    context._clients = clients
    context.reload()
    return context


def _first_certificate(path: Path) -> bytes:
    text = path.read_text("ascii", "replace")
    end = "-----END CERTIFICATE-----"
    start = text.find("-----BEGIN CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(text[start : text.index(end, start) + len(end)])


@cache
def opportunistic_client_context() -> ssl.SSLContext:
    """For SMTP between servers (RFC 7435): any certificate is better than clear text."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@cache
def verified_client_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """The peer must show a certificate for its name, signed by an authority of the system (or `ca_file`)."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def ensure_self_signed(certificate: Path, key: Path, names: Sequence[str]) -> bool:
    """Make a self-signed certificate for `names` (host names, IP addresses) unless both files are there.

    Returns whether it was made. ECDSA P-256; the key file is readable by its owner only.
    """
    if certificate.exists() and key.exists():
        return False
    certificate_pem, key_pem = _self_signed(names[:SELF_SIGNED_NAMES_MAX], datetime.now(UTC))
    certificate.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(key, key_pem, 0o600)
    _write(certificate, certificate_pem, 0o644)
    return True


def _self_signed(names: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
    # Costs 0.15 s and 10 MB to import, once in the life of a server.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    private_key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private_key, hashes.SHA256())
    )
    key_pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key_pem


def _general_name(name: str) -> "x509.GeneralName":  # type: ignore[name-defined]  # noqa: F821
    import ipaddress

    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, durable, with its mode from the first moment on."""
    temporary = path.with_name(f".{path.name}.{hashlib.sha256(os.urandom(16)).hexdigest()[:8]}")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with open(file, "wb") as out:
            os.fchmod(out.fileno(), mode)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
