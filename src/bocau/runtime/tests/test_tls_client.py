"""Certificates of clients: asked for, never required, believed only when everything about them is right."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bocau.runtime.tests.authority import Authority
from bocau.runtime.tls import ensure_self_signed, opportunistic_client_context, server_context
from bocau.runtime.tls_client import ClientAuthority, ClientCertificate, client_certificate
from bocau.runtime.tls_layer import TlsLayer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    ensure_self_signed(folder / "c.pem", folder / "k.pem", ["mail.demo.test"])
    return folder


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder)


def context_of(folder: Path, authority: ClientAuthority | None) -> ssl.SSLContext:
    return server_context(folder / "c.pem", folder / "k.pem", protocol="imap", clients=authority)


def seen(
    server: ssl.SSLContext, certificate: Path | None, maximum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ClientCertificate | None:
    """What the server knows of a client after the handshake. Raises ssl.SSLError."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = maximum
    if certificate is not None:
        client.load_cert_chain(certificate)
    near = TlsLayer(server, server_side=True, server_name=None)
    far = TlsLayer(client, server_side=False, server_name="mail.demo.test")
    while not (near.is_established and far.is_established):
        near.feed(memoryview(far.take_output()))
        far.feed(memoryview(near.take_output()))
    return client_certificate(near.ssl_object)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_valid_certificate_is_seen(folder: Path, authority: Authority, version: ssl.TLSVersion) -> None:
    server = context_of(folder, ClientAuthority(authority.file))
    file, certificate = authority.certify("ann@demo.test", "a@demo.test", common_name="bob@demo.test")
    shown = seen(server, file, version)
    assert shown is not None and shown.names == ("ann@demo.test", "a@demo.test")
    assert shown.expires_at == certificate.not_valid_after_utc.timestamp()
    assert seen(server, None, version) is None


def test_without_an_address_the_common_name_counts(folder: Path, authority: Authority) -> None:
    file, _ = authority.certify(common_name="ann@demo.test")
    shown = seen(context_of(folder, ClientAuthority(authority.file)), file)
    assert shown is not None and shown.names == ("ann@demo.test",)


def test_it_is_not_asked_for_without_an_authority(folder: Path, authority: Authority) -> None:
    file, _ = authority.certify("ann@demo.test")
    assert seen(context_of(folder, None), file) is None


@pytest.mark.parametrize(
    "fault", ["another authority", "same name, another key", "over", "not yet", "for servers"]
)
def test_a_certificate_that_is_not_right_ends_the_handshake(
    folder: Path, authority: Authority, fault: str
) -> None:
    now = datetime.now(UTC)
    twin = folder / fault
    twin.mkdir()
    match fault:
        case "another authority":
            file, _ = Authority(twin, "another").certify("ann@demo.test")
        case "same name, another key":
            file, _ = Authority(twin).certify("ann@demo.test")
        case "over":
            file, _ = authority.certify("ann@demo.test", ends_at=now - timedelta(seconds=5))
        case "not yet":
            file, _ = authority.certify("ann@demo.test", ends_at=now + timedelta(days=31))
        case _:
            file, _ = authority.certify("ann@demo.test", is_client=False)
    with pytest.raises(ssl.SSLError):
        seen(context_of(folder, ClientAuthority(authority.file)), file)


def test_revoked_certificates(folder: Path, authority: Authority) -> None:
    """RFC 5280 §5; one revoked after the start is noticed at the next reload."""
    good, _ = authority.certify("ann@demo.test")
    bad, certificate = authority.certify("ann@demo.test")
    later, other = authority.certify("ann@demo.test")
    listed = authority.revoke(certificate, minutes_ago=2)
    server = server_context(
        folder / "c.pem", folder / "k.pem", clients=ClientAuthority(authority.file, listed)
    )
    assert seen(server, good) is not None and seen(server, later) is not None
    with pytest.raises(ssl.SSLError):
        seen(server, bad)
    authority.revoke(certificate, other)
    server.reload()
    with pytest.raises(ssl.SSLError):
        seen(server, later)
    assert seen(server, good) is not None


def test_no_session_is_resumed(folder: Path, authority: Authority) -> None:
    """Or a certificate revoked meanwhile would go on."""
    server = context_of(folder, ClientAuthority(authority.file))
    assert server.num_tickets == 0 and server.options & ssl.OP_NO_TICKET


def test_a_client_context_shows_nothing(folder: Path) -> None:
    layer = TlsLayer(opportunistic_client_context(), server_side=False, server_name="x")
    assert client_certificate(layer.ssl_object) is None


def test_a_resumed_session_shows_no_certificate(folder: Path, authority: Authority) -> None:
    """TLS 1.2 resumes by session id, without tickets: what was verified long ago is not believed again."""
    server = context_of(folder, ClientAuthority(authority.file))
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.load_cert_chain(authority.certify("ann@demo.test")[0])
    session: ssl.SSLSession | None = None
    shown = []
    for _ in range(2):
        near = TlsLayer(server, server_side=True, server_name=None)
        from_near, to_near = ssl.MemoryBIO(), ssl.MemoryBIO()
        far = client.wrap_bio(from_near, to_near, server_hostname="mail.demo.test", session=session)
        while not near.is_established or not far.version():
            try:
                far.do_handshake()
            except ssl.SSLWantReadError:
                pass
            near.feed(memoryview(to_near.read()))
            from_near.write(near.take_output())
        far.do_handshake()
        session = far.session
        shown.append((near.ssl_object.session_reused, client_certificate(near.ssl_object)))
        # Only a session that ended well is kept.
        from_near.write(near.end())
        with suppress(ssl.SSLError):
            far.unwrap()
    assert shown[0][1] is not None and shown[1] == (True, None)
