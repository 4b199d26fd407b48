"""What a client's certificate says, once TLS has verified it (RFC 5280 §4.2.1.6; for SASL EXTERNAL).

    tls.client_ca → CertificateRequest → the handshake verifies chain, dates, purpose, revocation → names

Sessions are never resumed where certificates are asked for: each connection is verified anew.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

NAMES_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A verified one."""

    names: tuple[str, ...]
    """Its rfc822Names; without any, its common names."""
    expires_at: float


@dataclass(frozen=True, slots=True)
class ClientAuthority:
    """Who may vouch for clients, PEM files both."""

    certificates: Path
    revoked: Path | None = None
    """Its list of revoked certificates; a list that is out of date lets nobody in."""


def ask_for_certificates(context: ssl.SSLContext, authority: ClientAuthority) -> None:
    """Have a server's context ask every client for a certificate, and take none for an answer.

    A client that shows one which does not verify is turned away in the handshake. May be called again after
    the files have changed: what they add is trusted, what they do not say any more stays until the restart.
    Raises OSError, ssl.SSLError.
    """
    context.load_verify_locations(authority.certificates)
    if authority.revoked is not None:
        context.load_verify_locations(authority.revoked)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    context.verify_mode = ssl.CERT_OPTIONAL
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET


def client_certificate(tls: ssl.SSLObject) -> ClientCertificate | None:
    """What the client has shown; None for nothing, and for what was verified in an earlier connection."""
    if not tls.server_side or tls.context.verify_mode is ssl.CERT_NONE or tls.session_reused:
        return None
    shown: dict[str, Any] | None = tls.getpeercert()
    if not shown:
        return None
    names = _values(shown, "subjectAltName", "email") or _values(shown, "subject", "commonName")
    return ClientCertificate(tuple(names[:NAMES_MAX]), ssl.cert_time_to_seconds(str(shown["notAfter"])))


def _values(shown: dict[str, Any], part: str, wanted: str) -> list[str]:
    """Of a list of pairs, or of the subject's list of lists of pairs."""
    pairs = [entry if part == "subjectAltName" else entry[0] for entry in shown.get(part, ())]
    return [str(pair[1]) for pair in pairs if pair[0] == wanted]
