"""What is read from the server's certificate: its channel binding `tls-server-end-point` (RFC 5929 §4) for
SCRAM-PLUS, and whether it is its own issuer.

The hash is that of the certificate's signature algorithm. Both are read from the DER here, in a few lines: a
certificate library would cost every worker several megabytes.
"""

import hashlib
from typing import Final

# Object identifiers (the octets of the value) → hash. MD5 and SHA-1 are replaced by SHA-256 (RFC 5929 §4.1).
_SIGNATURES: Final = {
    bytes.fromhex("2a864886f70d010104"): "sha256",  # md5WithRSAEncryption
    bytes.fromhex("2a864886f70d010105"): "sha256",  # sha1WithRSAEncryption
    bytes.fromhex("2a864886f70d01010b"): "sha256",  # sha256WithRSAEncryption
    bytes.fromhex("2a864886f70d01010c"): "sha384",
    bytes.fromhex("2a864886f70d01010d"): "sha512",
    bytes.fromhex("2a864886f70d01010e"): "sha224",
    bytes.fromhex("2a8648ce3d0401"): "sha256",  # ecdsa-with-SHA1
    bytes.fromhex("2a8648ce3d040301"): "sha224",
    bytes.fromhex("2a8648ce3d040302"): "sha256",
    bytes.fromhex("2a8648ce3d040303"): "sha384",
    bytes.fromhex("2a8648ce3d040304"): "sha512",
}
_EXPLICIT_VERSION: Final = 0xA0
_RSASSA_PSS: Final = bytes.fromhex("2a864886f70d01010a")
_PSS_HASHES: Final = {
    bytes.fromhex("0609608648016503040201"): "sha256",
    bytes.fromhex("0609608648016503040202"): "sha384",
    bytes.fromhex("0609608648016503040203"): "sha512",
}


def server_end_point(certificate: bytes) -> bytes:
    """Hash of a certificate (DER) by its signature's hash; b"" when it has none (Ed25519) or is broken."""
    try:
        _, start, _ = _element(certificate, 0)  # Certificate
        _, _, end = _element(certificate, start)  # tbsCertificate
        _, algorithm, algorithm_end = _element(certificate, end)
        _, identifier, identifier_end = _element(certificate, algorithm)
    except IndexError:
        return b""
    name = _SIGNATURES.get(certificate[identifier:identifier_end], "")
    if certificate[identifier:identifier_end] == _RSASSA_PSS:
        name = _pss_hash(certificate[identifier_end:algorithm_end])
    return hashlib.new(name, certificate).digest() if name else b""


def is_self_issued(certificate: bytes) -> bool:
    """Whether a certificate (DER) names its own subject as its issuer (RFC 5280 §3.2)."""
    try:
        _, start, _ = _element(certificate, 0)  # Certificate
        _, at, _ = _element(certificate, start)  # tbsCertificate
        fields = []
        # version (where it is said), serialNumber, signature, issuer, validity, subject (RFC 5280 §4.1)
        for _ in range(6):
            tag, value, end = _element(certificate, at)
            fields.append((tag, certificate[value:end]))
            at = end
    except IndexError:
        return False
    names = fields[1:] if fields[0][0] == _EXPLICIT_VERSION else fields
    return names[2] == names[4]


def _pss_hash(parameters: bytes) -> str:
    """The first hash named is the message's, the second the mask's; none means SHA-1, so SHA-256 here."""
    found = [(parameters.index(octets), name) for octets, name in _PSS_HASHES.items() if octets in parameters]
    return min(found)[1] if found else "sha256"


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start and end of the value of the DER element at `at`."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + length > len(data):
        raise IndexError("truncated")
    return data[at], start, start + length
