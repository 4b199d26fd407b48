"""What a server mechanism answers with."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Challenge:
    """Bytes for the client, before base64."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A name and the password that shall prove it."""

    name: str
    password: str = field(repr=False)
