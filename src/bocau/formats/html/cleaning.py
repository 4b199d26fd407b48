"""A body to what may be shown of it: the one road through this room's modules."""

import re
from html import escape
from typing import Final, NamedTuple
from urllib.parse import quote

from bocau.base.errors import LimitReached
from bocau.formats.html.attributes import Rewriter
from bocau.formats.html.depth import check_depth
from bocau.formats.html.folding import ATTRIBUTE, TAG, Words, fold, quotable
from bocau.formats.html.plain import html_of_text
from bocau.formats.html.references import Kind, Reference, References
from bocau.formats.html.sanitizer import sanitize, sanitize_again
from bocau.formats.html.stylesheet import style_sheet

RULES_VERSION: Final = 1
"""Counted up with every change of what is allowed: results are kept by it."""
HTML_CHARACTERS_MAX: Final = 5_000_000
TEXT_CHARACTERS_MAX: Final = 2_000_000
"""What is beyond is not shown."""

WORDS: Final = {
    "en": Words("Show quoted text", "leads to"),
    "vi": Words("Hiện phần trích dẫn", "dẫn đến"),
}
_BODY: Final = re.compile(r"<body\b([^>]{0,4096}+)>", re.IGNORECASE)
_OUTER: Final = frozenset(("style", "class", "id", "dir", "lang", "align"))
_HTML: Final = re.compile(r"<html\b([^>]{0,4096}+)>", re.IGNORECASE)

Pieces = list[str | int]


class Asked(NamedTuple):
    """What to clean, and for what."""

    text: str
    is_html: bool
    nonce: str
    """Unguessable for whoever wrote the text, new for each call."""
    is_flowed: bool = False
    is_delsp: bool = False
    shows_remote: bool = False
    scheme: str = "light"
    language: str = "en"
    is_quote: bool = False
    """For a composer rather than for a page: nothing folded, no style sheet, images without addresses."""


class Cleaned(NamedTuple):
    """HTML and CSS in pieces: a str stands as it is, an int is the number of a reference, in whose place its
    showing address belongs."""

    body: Pieces
    sheet: Pieces
    references: list[Reference]
    has_remote: bool = False
    has_quote: bool = False
    has_colours: bool = False
    """The message says itself what colours it has: it is shown on white."""


def clean(asked: Asked) -> Cleaned:
    """LimitReached: too long or too deep, show another part; SyntaxFault: the parser failed."""
    return _clean_html(asked) if asked.is_html else _clean_text(asked)


def together(parts: list[Cleaned]) -> Cleaned:
    """Bodies that are shown one after the other, as one."""
    if len(parts) == 1:
        return parts[0]
    body: Pieces = []
    sheet: Pieces = []
    references: list[Reference] = []
    for part in parts:
        shift = len(references)
        body += [piece + shift if isinstance(piece, int) else piece for piece in part.body]
        sheet += [piece + shift if isinstance(piece, int) else piece for piece in part.sheet]
        references += part.references
    return Cleaned(
        body,
        sheet,
        references,
        any(part.has_remote for part in parts),
        any(part.has_quote for part in parts),
        any(part.has_colours for part in parts),
    )


def _words(asked: Asked) -> Words:
    return WORDS.get(asked.language, WORDS["en"])


def _clean_text(asked: Asked) -> Cleaned:
    found = html_of_text(
        asked.text[:TEXT_CHARACTERS_MAX],
        _words(asked),
        flowed=asked.is_flowed,
        delsp=asked.is_delsp,
        folds=not asked.is_quote,
    )
    return Cleaned([sanitize_again(found.html)], [], [], has_quote=found.has_quote)


def _clean_html(asked: Asked) -> Cleaned:
    if len(asked.text) > HTML_CHARACTERS_MAX:
        raise LimitReached("this HTML is too long to be shown")
    check_depth(asked.text)
    html = asked.text.replace("\0", "")
    references = References(asked.nonce, shows_remote=asked.shows_remote or asked.is_quote)
    background = _no_picture if asked.is_quote else references.image
    sheet = style_sheet("" if asked.is_quote else html, asked.scheme, background)
    rewriter = Rewriter(references, sheet.classes, background)
    inner = sanitize(html, rewriter)
    outer = _outer(html, rewriter)
    has_quote = False
    if asked.is_quote:
        inner = quotable(inner, _kept_apart(references))
    else:
        inner, has_quote = fold(inner, _words(asked))
    body = sanitize_again(f"<div{outer}>{inner}</div>")
    return Cleaned(
        references.split(body),
        references.split(sheet.text),
        references.found,
        references.has_remote,
        has_quote,
        sheet.has_colours or rewriter.has_colours,
    )


def _outer(html: str, rewriter: Rewriter) -> str:
    """The attributes of <body> and <html> as the sanitiser writes them: one element stands for both."""
    begin = html[:200_000]
    said = " ".join(found[1] for pattern in (_BODY, _HTML) if (found := pattern.search(begin)))
    if not said.strip():
        return ""
    found = TAG.match(sanitize(f"<table {said}></table>", rewriter))
    if found is None or found[2] != "table":
        return ""
    kept = dict(ATTRIBUTE.findall(found[3]))
    if colour := kept.pop("bgcolor", ""):
        kept["style"] = f"background-color:{colour};{kept.get('style', '')}"
    return "".join(f' {name}="{value}"' for name, value in kept.items() if name in _OUTER)


def _no_picture(url: str) -> None:
    return None


def _kept_apart(references: References) -> dict[str, tuple[str, str]]:
    """How an image of a quotation remembers where it comes from; a cid: URL (RFC 2392) loads nothing."""
    return {f"{references.nonce}-{number}": _kept(one) for number, one in enumerate(references.found)}


def _kept(one: Reference) -> tuple[str, str]:
    if one.kind is Kind.REMOTE:
        return "data-src", escape(one.value)
    return "src", f"cid:{quote(one.value, safe='@._-+=$!*~')}"
