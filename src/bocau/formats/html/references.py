"""What a message wants to load: collected, and replaced by marks that no sender can guess.

Whoever shows the page puts an address of the server's own in the place of each mark.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

REFERENCES_MAX: Final = 2000
"""Of one message; more are left out."""
URL_CHARACTERS_MAX: Final = 4096
DATA_CHARACTERS_MAX: Final = 128 * 1024
"""Of one image that is in the message's own text."""

_STRIPPED: Final = re.compile(r"[\t\n\r]+")
_EDGES: Final = "".join(map(chr, range(33)))
"""What browsers take away around a URL (URL Standard §4.1)."""
_DATA: Final = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=]++\Z", re.IGNORECASE)
_WEB: Final = re.compile(r"https?://[^\s/?#\\@\"'<>`{}|^]++(?:[/?#][^\s\"'<>`\\^{|}]*+)?\Z", re.IGNORECASE)


class Kind(StrEnum):
    PART = "part"
    """An image of this message; the value is its Content-ID without brackets."""
    NUMBER = "number"
    """The same by the number of its part; never in a message's own words."""
    REMOTE = "remote"
    """An image elsewhere; the value is its URL."""


class Reference(NamedTuple):
    kind: Kind
    value: str


def plain_url(value: str) -> str:
    """A URL as a browser would read it."""
    return _STRIPPED.sub("", value).strip(_EDGES)


class References:
    """`nonce`: unguessable and new for each message; a mark is "<nonce>-<number>"."""

    def __init__(self, nonce: str, *, shows_remote: bool) -> None:
        self.nonce = nonce
        self.shows_remote = shows_remote
        self.found: list[Reference] = []
        self.has_remote = False
        """It wants something from elsewhere, shown or not."""
        self._numbers: dict[Reference, int] = {}

    def image(self, value: str) -> str | None:
        """What to write in the place of an image's address; None: nothing, it is not shown."""
        if len(value) <= DATA_CHARACTERS_MAX and _DATA.match(value):
            return value
        url = plain_url(value)
        if len(url) > URL_CHARACTERS_MAX:
            return None
        if url[:4].lower() == "cid:":
            return self._mark(Reference(Kind.PART, url[4:].strip("<>")))
        if url.startswith("//"):
            url = f"https:{url}"
        url = url.replace(" ", "%20").replace("|", "%7C")
        if not _WEB.match(url):
            return None
        self.has_remote = True
        return self._mark(Reference(Kind.REMOTE, url)) if self.shows_remote else None

    def _mark(self, reference: Reference) -> str | None:
        number = self._numbers.get(reference)
        if number is None:
            if len(self.found) >= REFERENCES_MAX:
                return None
            number = self._numbers[reference] = len(self.found)
            self.found.append(reference)
        return f"{self.nonce}-{number}"

    def split(self, text: str) -> list[str | int]:
        """Text in pieces: a str is text, an int the number of the reference that stands there."""
        pieces = re.split(rf"{re.escape(self.nonce)}-([0-9]{{1,4}})", text)
        return [int(piece) if index % 2 else piece for index, piece in enumerate(pieces)]
