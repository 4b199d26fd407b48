import asyncio
import hashlib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from bocau.runtime.connection import Connection
from bocau.runtime.tests.conftest import listening
from bocau.runtime.tls import ensure_self_signed, server_context
from bocau.runtime.tls_binding import is_self_issued, server_end_point


def _certificate(key, algorithm, rsa_padding=None, issuer="x.test") -> bytes:  # type: ignore[no-untyped-def]
    name, issued_by = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("x.test", issuer)
    )
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issued_by).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    options = {"rsa_padding": rsa_padding} if rsa_padding else {}
    return builder.sign(key, algorithm, **options).public_bytes(serialization.Encoding.DER)


RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("certificate", "name"),
    [
        (_certificate(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()), "sha256"),
        (_certificate(ec.generate_private_key(ec.SECP384R1()), hashes.SHA384()), "sha384"),
        (_certificate(RSA, hashes.SHA256()), "sha256"),
        (_certificate(RSA, hashes.SHA512()), "sha512"),
        (_certificate(RSA, hashes.SHA384(), padding.PSS(padding.MGF1(hashes.SHA384()), 48)), "sha384"),
        (_certificate(RSA, hashes.SHA256(), padding.PSS(padding.MGF1(hashes.SHA256()), 32)), "sha256"),
    ],
)
def test_the_end_point_is_hashed_by_the_signatures_hash(certificate: bytes, name: str) -> None:
    assert server_end_point(certificate) == hashlib.new(name, certificate).digest()


def test_a_certificate_that_names_itself() -> None:
    assert is_self_issued(_certificate(RSA, hashes.SHA256()))
    other = _certificate(RSA, hashes.SHA256(), issuer="An authority")
    assert not is_self_issued(other)
    assert not any(is_self_issued(other[:cut]) for cut in range(0, len(other), 7))


def test_no_end_point_without_a_single_hash_or_from_garbage() -> None:
    certificate = _certificate(ed25519.Ed25519PrivateKey.generate(), None)
    assert server_end_point(certificate) == b""
    assert all(server_end_point(certificate[:cut]) == b"" for cut in range(0, len(certificate), 7))


def test_a_self_signed_certificate_is_made_once_for_its_names_with_a_private_key(tmp_path: Path) -> None:
    certificate, key = tmp_path / "tls" / "c.pem", tmp_path / "tls" / "k.pem"
    assert ensure_self_signed(certificate, key, ["mail.demo.test", "127.0.0.1"])
    assert key.stat().st_mode & 0o777 == 0o600
    content = certificate.read_bytes()
    assert not ensure_self_signed(certificate, key, ["other.test"])
    assert certificate.read_bytes() == content
    assert sorted(path.name for path in certificate.parent.iterdir()) == ["c.pem", "k.pem"]
    names = x509.load_pem_x509_certificate(content).extensions
    found = names.get_extension_for_class(x509.SubjectAlternativeName).value
    assert found.get_values_for_type(x509.DNSName) == ["mail.demo.test"]
    assert [str(ip) for ip in found.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_a_client_that_trusts_the_certificate_verifies_it(certificate: tuple[Path, Path]) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    assert _shake(server_context(*certificate), trusting, "mail.demo.test") is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake(server_context(*certificate), trusting, "other.test")


def _shake(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str, session: ssl.SSLSession | None = None
) -> ssl.SSLObject:
    """A whole handshake in memory; returns the client's end."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(down, up, server_hostname=name, session=session),
        server.wrap_bio(up, down, server_side=True),
    ]
    waiting = list(ends)
    while waiting:
        for end in tuple(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
    try:
        ends[0].read(1)
    except ssl.SSLWantReadError:
        pass  # Takes in the session ticket.
    return ends[0]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_are_refused(certificate: tuple[Path, Path], client_tls: ssl.SSLContext) -> None:
    client_tls.minimum_version = ssl.TLSVersion.TLSv1
    client_tls.maximum_version = ssl.TLSVersion.TLSv1_1
    client_tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        _shake(server_context(*certificate), client_tls, "x")


def test_a_ticket_is_good_for_its_service_only(
    certificate: tuple[Path, Path], client_tls: ssl.SSLContext
) -> None:
    imap, smtp = server_context(*certificate, protocol="imap"), server_context(*certificate, protocol="smtp")
    session = _shake(imap, client_tls, "x").session
    assert _shake(imap, client_tls, "x", session).session_reused
    assert not _shake(smtp, client_tls, "x", _shake(imap, client_tls, "x").session).session_reused


def test_a_new_certificate_is_shown_without_dropping_open_connections(
    tmp_path: Path, client_tls: ssl.SSLContext
) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    ensure_self_signed(certificate, key, ["one.test"])
    context = server_context(certificate, key)

    async def echo(connection: Connection) -> None:
        while data := await connection.read(5):
            connection.write(data)
            await connection.flush()

    def connect(address: tuple[str, int]) -> ssl.SSLSocket:
        return client_tls.wrap_socket(socket.create_connection(address), server_hostname="x")

    async def main() -> None:
        async with listening(echo, tls_context=context) as listener:
            first = await asyncio.to_thread(connect, listener.address)
            before = context.server_end_point
            certificate.unlink()
            key.unlink()
            ensure_self_signed(certificate, key, ["two.test"])
            context.reload()
            second = await asyncio.to_thread(connect, listener.address)
            shown = second.getpeercert(binary_form=True)
            assert shown is not None
            assert hashlib.sha256(shown).digest() == context.server_end_point != before
            for sock in (first, second):
                sock.sendall(b"still here")
                assert await asyncio.to_thread(sock.recv, 100) == b"still here"
                sock.close()

    asyncio.run(main())


def test_a_key_that_does_not_fit_keeps_the_old_certificate(
    tmp_path: Path, client_tls: ssl.SSLContext
) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    ensure_self_signed(certificate, key, ["one.test"])
    context = server_context(certificate, key)
    before = context.server_end_point
    ensure_self_signed(tmp_path / "c2.pem", tmp_path / "k2.pem", ["two.test"])
    certificate.write_bytes((tmp_path / "c2.pem").read_bytes())
    with pytest.raises(ssl.SSLError):
        context.reload()
    shown = _shake(context, client_tls, "x").getpeercert(binary_form=True)
    assert shown is not None and hashlib.sha256(shown).digest() == before == context.server_end_point
