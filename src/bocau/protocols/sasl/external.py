"""EXTERNAL (RFC 4422 appendix A): who the client is was shown below, by its TLS certificate."""

from bocau.base.errors import SyntaxFault
from bocau.protocols.sasl.encoding import decode_text
from bocau.protocols.sasl.values import Challenge

AUTHZID_CHARACTERS_MAX = 320


class ExternalServer:
    def respond(self, response: bytes | None) -> Challenge | str:
        """The identity the client wants to act as, "" for its own; an empty challenge asks for it.
        SyntaxFault."""
        if response is None:
            return Challenge(b"")
        authzid = decode_text(response)
        if len(authzid) > AUTHZID_CHARACTERS_MAX:
            raise SyntaxFault("EXTERNAL identity too long")
        return authzid
