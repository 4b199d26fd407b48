"""What a search text asks for: words, and phrases in quotes (RFC 8621 §4.4.1)."""

import re
from collections.abc import Iterator
from typing import Final

from bocau.formats.searchable import unaccented

# A quote opens a phrase only where a word begins, so that "don't" is a word; so is 'tis, but what a double
# quote opens goes to the end of the text. Possessive: linear on any input.
_PHRASE: Final = re.compile(
    r"""(?<!\S)(?:"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)|'((?:[^'\\]|\\.)*+)'(?!\S))|(\S++)""", re.DOTALL
)
_ESCAPED: Final = re.compile(r"""\\(['"\\])""")


def folded(text: str) -> str:
    """For comparing: without case and accents, runs of white space as one space."""
    return " ".join(unaccented(text).split())


def written(text: str) -> Iterator[str]:
    """The words and phrases as they were typed."""
    for double, single, word in _PHRASE.findall(text):
        phrase = word or _ESCAPED.sub(r"\1", double or single)
        if phrase and not phrase.isspace():
            yield " ".join(phrase.split())


def phrases(text: str) -> list[str]:
    """The same `folded`, each once, none empty."""
    return list(dict.fromkeys(found for phrase in written(text) if (found := folded(phrase))))
