"""Plain text as HTML: paragraphs as they stand, quote levels, links (RFC 3676, RFC 3986 appendix C).

Built from pieces, each escaped by itself; nothing is replaced in a text that is HTML already.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from bocau.formats.html.allowed import PREFIX
from bocau.formats.html.folding import Words

LEVELS_MAX: Final = 30
"""Of quotation; deeper ones are shown at this level."""
LINES_MAX: Final = 100_000
LINKS_MAX: Final = 5000

_LEVEL: Final = re.compile(r"(?:> ?)*+")
_LINK: Final = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"'`{}|\\^\x00-\x20]{3,2000}|\b[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b"
)
_TRAILING: Final = ".,;:!?)]»”’'\""
_ATTRIBUTION: Final = re.compile(r"(?:\bwrote|đã viết|viết)\s*:\s*\Z")


class PlainText(NamedTuple):
    html: str
    has_quote: bool


class _Line(NamedTuple):
    level: int
    text: str


def html_of_text(
    text: str, words: Words, *, flowed: bool = False, delsp: bool = False, folds: bool = True
) -> PlainText:
    """`flowed`, `delsp`: what the Content-Type says of format and DelSp (RFC 3676 §4).
    `folds`: quotations are folded away."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:LINES_MAX]
    read = list(_flowed(lines, delsp) if flowed else map(_quoted, lines))
    while read and not read[-1].text:
        read.pop()
    return _Builder(words, folds=folds).build(read)


def _quoted(line: str) -> _Line:
    found = _LEVEL.match(line)
    prefix = found[0] if found else ""
    return _Line(min(prefix.count(">"), LEVELS_MAX), line[len(prefix) :] if prefix else line)


def _flowed(lines: list[str], delsp: bool) -> Iterator[_Line]:
    """Lines that end in a space go on in the next one of the same level (RFC 3676 §4.2–4.5)."""
    parts: list[str] = []
    level = 0
    for line in lines:
        bare = line.lstrip(">")
        depth = min(len(line) - len(bare), LEVELS_MAX)
        bare = bare.removeprefix(" ")
        if parts and depth != level:
            yield _Line(level, "".join(parts))
            parts = []
        level = depth
        if bare.endswith(" ") and bare != "-- ":
            parts.append(bare[:-1] if delsp else bare)
            continue
        if bare == "-- " and parts:
            yield _Line(level, "".join(parts))
            parts = []
        yield _Line(level, "".join([*parts, bare]))
        parts = []
    if parts:
        yield _Line(level, "".join(parts))


class _Builder:
    def __init__(self, words: Words, *, folds: bool) -> None:
        self.words = words
        self.folds = folds
        self.parts: list[str] = []
        self.level = 0
        self.has_quote = False
        self.is_folded = False
        self.has_text = False
        self.links_left = LINKS_MAX

    def build(self, lines: list[_Line]) -> PlainText:
        self.parts.append(f'<div class="{PREFIX}text">')
        for line in lines:
            self._to_level(line.level)
            self.parts += self._line(line.text)
            self.parts.append("<br>")
            self.has_text = self.has_text or (line.level == 0 and self._says(line.text))
        self._to_level(0)
        self.parts.append("</div>")
        return PlainText("".join(self.parts), self.has_quote)

    def _says(self, text: str) -> bool:
        return bool(text.strip()) and not _ATTRIBUTION.search(text)

    def _to_level(self, level: int) -> None:
        while self.level > level:
            self.level -= 1
            self.parts.append("</blockquote>")
            if self.level == 0 and self.is_folded:
                self.is_folded = False
                self.parts.append("</details>")
        while self.level < level:
            if self.level == 0 and self.has_text and self.folds:
                self.is_folded = self.has_quote = True
                self.parts.append(
                    f'<details class="{PREFIX}quoted"><summary>{escape(self.words.quoted)}</summary>'
                )
            self.level += 1
            self.parts.append('<blockquote type="cite">')

    def _line(self, text: str) -> Iterator[str]:
        position = 0
        for found in _LINK.finditer(text):
            if self.links_left <= 0:
                break
            self.links_left -= 1
            shown = found[0].rstrip(_TRAILING)
            if "(" in shown and found[0][len(shown) :].startswith(")"):
                shown += ")"
            yield escape(text[position : found.start()], quote=False)
            yield f'<a href="{escape(_target(shown))}">{escape(shown, quote=False)}</a>'
            position = found.start() + len(shown)
        yield escape(text[position:], quote=False)


def _target(shown: str) -> str:
    if shown.startswith(("http://", "https://")):
        return shown
    return f"https://{shown}" if shown.startswith("www.") else f"mailto:{shown}"
