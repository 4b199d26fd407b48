"""Each attribute of a message, looked at by itself: kept, rewritten or dropped."""

import re
from collections.abc import Callable, Set
from typing import Final

from bocau.formats.html.allowed import LINK_SCHEMES, PREFIX
from bocau.formats.html.css import Reference as Background
from bocau.formats.html.css import declarations
from bocau.formats.html.references import URL_CHARACTERS_MAX, References, plain_url

TEXT_CHARACTERS_MAX: Final = 1000
"""Of alt and title."""
CLASSES_MAX: Final = 30
MARKED_CLASSES: Final = frozenset(
    (
        "gmail_quote",
        "gmail_attr",
        "gmail_quote_container",
        "moz-cite-prefix",
        "yahoo_quoted",
        "protonmail_quote",
    )
)
"""Kept, because mail programs put quotations into them."""
MARKED_IDS: Final = frozenset(("divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container"))

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,99}\Z")
_CLASS: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}\Z")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):")
_SIZE: Final = re.compile(r"\s*+[0-9]{1,5}(?:\.[0-9]{1,3})?\s*+(?:px|%)?\s*+\Z")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,5}\Z")
_COLOUR: Final = re.compile(r"#?[A-Za-z0-9]{1,24}\Z")
_WORD: Final = re.compile(r"[A-Za-z0-9]{0,12}\Z")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}\Z")
_FACE: Final = re.compile(r"[\w ,'\"-]{1,200}\Z")
_COORDINATES: Final = re.compile(r"[0-9 ,.-]{1,1000}\Z")

_SHAPES: Final[dict[str, re.Pattern[str]]] = {
    **dict.fromkeys(("width", "height"), _SIZE),
    **dict.fromkeys(
        ("border", "cellpadding", "cellspacing", "colspan", "rowspan", "span", "size", "start", "value"),
        _NUMBER,
    ),
    **dict.fromkeys(("hspace", "vspace"), _NUMBER),
    **dict.fromkeys(("bgcolor", "color"), _COLOUR),
    **dict.fromkeys(
        ("align", "valign", "dir", "type", "nowrap", "noshade", "reversed", "scope", "shape", "open"), _WORD
    ),
    "coords": _COORDINATES,
    "face": _FACE,
    "lang": _LANGUAGE,
}


class Rewriter:
    """The attribute filter of one message; notes what it met."""

    def __init__(self, references: References, classes: Set[str], background: Background) -> None:
        self.background = background
        self.classes = classes | MARKED_CLASSES
        self.has_colours = False
        self._special: Final[dict[str, Callable[[str], str | None]]] = {
            "style": self._style,
            "class": self._class,
            "id": _name,
            "name": _name,
            "href": link,
            "src": references.image,
            "usemap": lambda value: _fragment(value) if value.startswith("#") else None,
            "alt": _text,
            "title": _text,
        }

    def __call__(self, tag: str, attribute: str, value: str) -> str | None:
        special = self._special.get(attribute)
        if special is not None:
            return special(value)
        if attribute in ("bgcolor", "color"):
            self.has_colours = True
        shape = _SHAPES.get(attribute)
        if shape is None:
            return value if attribute in ("target", "rel") else None
        return value if shape.match(value) else None

    def _style(self, value: str) -> str | None:
        style = declarations(value, self.background)
        self.has_colours = self.has_colours or style.has_colours
        return style.text or None

    def _class(self, value: str) -> str | None:
        # With our prefix already: a message that was quoted here.
        names = [name.removeprefix(PREFIX) for name in value.split()[:CLASSES_MAX]]
        kept = [PREFIX + name for name in names if name in self.classes and _CLASS.match(name)]
        return " ".join(kept) or None


def link(value: str) -> str | None:
    """Where a link may lead: the web, an address, a telephone, a place in the message. Never to a page of
    this server: a link without a host is none."""
    url = plain_url(value)
    if not url or len(url) > URL_CHARACTERS_MAX:
        return None
    if url.startswith("#"):
        return _fragment(url)
    if url.startswith("//"):
        return f"https:{url}"
    scheme = _SCHEME.match(url)
    return url if scheme is not None and scheme[1].lower() in LINK_SCHEMES else None


def _fragment(value: str) -> str | None:
    name = _name(value[1:])
    return None if name is None else f"#{name}"


def _name(value: str) -> str | None:
    return PREFIX + value.removeprefix(PREFIX) if _NAME.match(value) else None


def _text(value: str) -> str:
    return value[:TEXT_CHARACTERS_MAX]
