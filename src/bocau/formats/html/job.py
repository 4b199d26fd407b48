"""Cleaning as bytes → bytes, for a limited process. What comes back is checked like a stranger's."""

from typing import Any, Final

import msgspec

from bocau.formats.html.cleaning import Asked, Cleaned, clean
from bocau.formats.html.references import Reference

_asked: Final = msgspec.msgpack.Decoder(Asked)
_cleaned: Final = msgspec.msgpack.Decoder(Cleaned)
_WARM: Final = (
    "<html><style>p{color:red}</style><body bgcolor=red><p style='margin:calc(1px)'>On x wrote:<blockquote>",
    "> a http://a.example\n",
)


def run(data: bytes) -> bytes:
    """One job; b"": do something of everything, so that all is imported."""
    if not data:
        for number, text in enumerate(_WARM):
            data = asked_bytes(Asked(text, is_html=number == 0, nonce="n"))
            cleaned_of(run(data))
    return msgspec.msgpack.encode(clean(_asked.decode(data)))


def asked_bytes(asked: Asked) -> bytes:
    return msgspec.msgpack.encode(asked)


def cleaned_of(answer: bytes) -> Cleaned:
    """ValueError for what is no answer."""
    cleaned = _cleaned.decode(answer)
    pieces: list[Any] = [*cleaned.body, *cleaned.sheet]
    if any(isinstance(one, int) and not 0 <= one < len(cleaned.references) for one in pieces):
        raise ValueError("a reference to nothing")
    return cleaned._replace(references=[Reference(*one) for one in cleaned.references])
