"""LOGIN (draft-murchison-sasl-login): two prompts, kept for old clients."""

from bocau.base.errors import SyntaxFault
from bocau.protocols.sasl.encoding import decode_text
from bocau.protocols.sasl.values import Challenge, Claim


class LoginServer:
    def __init__(self) -> None:
        self._name: str | None = None

    def respond(self, response: bytes | None) -> Challenge | Claim:
        """Ask for the name, then the password. Some clients send the name as initial response.
        SyntaxFault."""
        if response is None:
            return Challenge(b"Username:")
        text = decode_text(response)
        if not text:
            raise SyntaxFault("LOGIN without name or password")
        if self._name is None:
            self._name = text
            return Challenge(b"Password:")
        return Claim(self._name, text)
