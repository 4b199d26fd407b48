"""PLAIN (RFC 4616): [authzid] NUL authcid NUL password."""

from bocau.base.errors import NotPermitted, SyntaxFault
from bocau.protocols.sasl.encoding import decode_text
from bocau.protocols.sasl.values import Challenge, Claim


class PlainServer:
    def respond(self, response: bytes | None) -> Challenge | Claim:
        """Read the only client message; an empty challenge asks for it when it was not sent at once.

        Raises SyntaxFault; NotPermitted when the client wants to act as somebody else.
        """
        if response is None:
            return Challenge(b"")
        parts = response.split(b"\0")
        if len(parts) != 3:
            raise SyntaxFault("PLAIN wants authzid, authcid and password")
        authzid, name, password = map(decode_text, parts)
        if not name or not password:
            raise SyntaxFault("PLAIN without name or password")
        # An unverified authzid let anyone be anyone: CVE-2023-27582.
        if authzid and authzid != name:
            raise NotPermitted("the authorization identity is not the login name")
        return Claim(name, password)
