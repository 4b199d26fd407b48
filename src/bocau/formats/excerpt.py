"""Where words were found in a text, shown as HTML: `<mark>` around them, all else escaped (RFC 8621 §5).

text → folded, with the place of each character → where the words are → a stretch of few octets → HTML
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from bocau.formats.searchable import unaccented

MARKS_MAX: Final = 50
"""Places marked in one text."""
LEAD_CHARACTERS: Final = 40
"""Text before the first place, at most."""
_MARK: Final = "<mark>"
_END: Final = "</mark>"
_MARK_OCTETS: Final = len(_MARK) + len(_END)
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_BEFORE: Final = re.compile(r"\S+\Z")

Spans = list[tuple[int, int]]


class _Folded(NamedTuple):
    """A text as words are compared."""

    text: str
    starts: list[int] | None
    """Of each character of it the place in the original; None: the same."""

    def original(self, place: int, end: int) -> int:
        if self.starts is None:
            return place
        return self.starts[place] if place < len(self.starts) else end


def on_one_line(text: str) -> str:
    """Composed, white space as single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def marked(text: str, words: Sequence[str], octets_max: int) -> str | None:
    """The text from its beginning; None when none of the words (`unaccented`) is in it."""
    text = on_one_line(text)
    spans = _spans(text, words)
    return _html(text, spans, 0, octets_max) if spans else None


def excerpt(text: str, words: Sequence[str], octets_max: int) -> str | None:
    """A stretch of it around the first of the words; None when none is in it."""
    text = on_one_line(text)
    spans = _spans(text, words)
    return _html(text, spans, _lead(text, spans[0][0]), octets_max) if spans else None


def _folded(text: str) -> _Folded:
    if text.isascii():
        return _Folded(text.lower(), None)
    pieces, starts = [], []
    for place, character in enumerate(text):
        piece = unaccented(character)
        pieces.append(piece)
        starts += [place] * len(piece)
    return _Folded("".join(pieces), starts)


def _spans(text: str, words: Sequence[str]) -> Spans:
    """Where the words are, ascending, none touching another."""
    folded = _folded(text)
    found = []
    for word in words:
        for start in _places(folded.text, word):
            last = folded.original(start + len(word) - 1, len(text) - 1)
            found.append((folded.original(start, len(text)), last + 1))
    joined: Spans = []
    for start, stop in sorted(found)[:MARKS_MAX]:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return joined


def _places(text: str, word: str) -> Iterator[int]:
    at, count = text.find(word) if word else -1, 0
    while at >= 0 and count < MARKS_MAX:
        yield at
        at, count = text.find(word, at + len(word)), count + 1


def _lead(text: str, first: int) -> int:
    """Where to begin, so that what was found has something before it: at a word, if there is one."""
    begin = max(0, first - LEAD_CHARACTERS)
    if begin == 0:
        return 0
    space = text.find(" ", begin, first)
    return begin if space < 0 else space + 1


def _html(text: str, spans: Spans, begin: int, octets_max: int) -> str:
    """From `begin` as far as the octets reach; a word is cut only where nothing else would be left."""
    pieces: list[str] = []
    left, at = octets_max, begin
    for start, stop in [*[span for span in spans if span[0] >= begin], (len(text), len(text))]:
        plain = _fitting(text[at:start], left)
        pieces.append(plain.translate(_ESCAPES))
        left -= _octets(plain)
        if len(plain) < start - at or start == stop:
            break
        inside = _fitting(text[start:stop], left - _MARK_OCTETS)
        if not inside:
            break
        pieces.append(f"{_MARK}{inside.translate(_ESCAPES)}{_END}")
        left -= _MARK_OCTETS + _octets(inside)
        if len(inside) < stop - start:
            break
        at = stop
    return "".join(pieces)


def _octets(text: str) -> int:
    return len(text.translate(_ESCAPES).encode("utf-8", "replace"))


def _fitting(text: str, octets: int) -> str:
    """As much of its beginning as these octets hold once it is escaped."""
    text = text[: max(0, octets)]
    if _octets(text) <= octets:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _octets(text[:middle]) <= octets else (low, middle - 1)
    cut = text[:low]
    return _BEFORE.sub("", cut) or cut
