"""Names inside GS2 headers and SCRAM messages (RFC 5801 §4, RFC 5802 §5.1)."""

from bocau.base.errors import SyntaxFault
from bocau.protocols.sasl.encoding import decode_text
from bocau.protocols.sasl.preparation import saslprep


def unescaped_name(data: bytes) -> str:
    """RFC 5801 §4, RFC 5802 §5.1: "=2C" is a comma, "=3D" an equals sign, any other "=" an error."""
    if data.count(b"=") != data.count(b"=2C") + data.count(b"=3D"):
        raise SyntaxFault("escaped name")
    return saslprep(decode_text(data.replace(b"=2C", b",").replace(b"=3D", b"=")))
