"""How to leave a mailing list: List-Unsubscribe (RFC 2369 §3.2) and one click (RFC 8058)."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

URLS_MAX: Final = 10
URL_CHARACTERS_MAX: Final = 2000

_URL: Final = re.compile(r"<\s*+([^<>\s]{1,2000})\s*+>")
_HOST: Final = re.compile(
    r"(?:https?)://((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,62})"
    r"(?::[0-9]{1,5})?(?:[/?#][^\s\"'<>\\^`{|}]*+)?\Z",
    re.IGNORECASE,
)
_MAILTO: Final = re.compile(r"mailto:[^\s<>\"'\\^`{|}]+@[^\s<>\"'\\^`{|}]+\Z", re.IGNORECASE)
_ONE_CLICK: Final = "list-unsubscribe=one-click"


class Way(StrEnum):
    ONE_CLICK = "oneClick"
    """A POST by the server, without a page."""
    MAILTO = "mailto"
    WEB = "web"


class Unsubscribe(NamedTuple):
    way: Way
    target: str


def unsubscribe(field: str, post_field: str) -> Unsubscribe | None:
    """The best way that the two fields offer. Only https may be posted to; hosts must have names."""
    urls = [url[:URL_CHARACTERS_MAX] for url in _URL.findall(field[:20_000])[:URLS_MAX]]
    web = [url for url in urls if _HOST.match(url)]
    secure = [url for url in web if url[:8].lower() == "https://"]
    if secure and "".join(post_field.split()).lower() == _ONE_CLICK:
        return Unsubscribe(Way.ONE_CLICK, secure[0])
    mail = [url for url in urls if _MAILTO.match(url)]
    if mail:
        return Unsubscribe(Way.MAILTO, mail[0])
    return Unsubscribe(Way.WEB, web[0]) if web else None
