"""Names that look like others (Unicode TR39): domains one letter off, letters of two alphabets in a word."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

DOMAIN_CHARACTERS_MAX: Final = 253
SHORT_NAME: Final = 5
"""Shorter names differ from each other by one letter as a matter of course."""

# Letters that are drawn alike, as the Latin one. From TR39's confusables, those that fonts do not tell apart.
_TWINS: Final = str.maketrans(
    {
        **dict(zip("абвгеһіјкӏмнорԛгѕтухуԝьԁ", "a6brehijklmhopqrstyxywbd", strict=True)),
        **dict(zip("αβγεηικνορτυχω", "abyenikvoptuxw", strict=True)),
        **dict(zip("0135", "oles", strict=True)),
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ß": "b",
        "|": "l",
    }
)
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))
_MARKS: Final = re.compile("[\u0300-\u036f]+")
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Alphabets whose letters are taken for each other's."""


def skeleton(text: str) -> str:
    """What a hurried reader sees: names with equal skeletons are taken for each other."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).translate(_TWINS).replace("i", "l")
    for pair, one in _PAIRS:
        bare = bare.replace(pair, one)
    return bare


def shown_domain(domain: str) -> str:
    """A domain with its A-labels as the letters they stand for (RFC 5891 §5.3); itself when they stand for
    none."""
    if "xn--" not in domain.lower():
        return domain
    import idna

    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


def imitated(domain: str, known: Iterable[str]) -> str | None:
    """The known domain that this one looks like without being it or lying in it; None when there is none."""
    mine = domain.lower()[:DOMAIN_CHARACTERS_MAX]
    others = [other.lower() for other in known]
    if any(mine == other or mine.endswith(f".{other}") or other.endswith(f".{mine}") for other in others):
        return None
    name = registered(shown_domain(mine))
    drawn = skeleton(name)
    for other in others:
        theirs = registered(shown_domain(other))
        if theirs != name and (skeleton(theirs) == drawn or _is_one_off(name, theirs)):
            return other
    return None


def registered(domain: str) -> str:
    """Roughly what its owner registered: the last two labels, three below short ones as .com.vn."""
    labels = domain.split(".")
    is_deep = len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) == 2
    return ".".join(labels[-3:] if is_deep else labels[-2:])


def _is_one_off(one: str, other: str) -> bool:
    """One letter changed, added, left out, or two swapped, in a name long enough to be meant."""
    name, _, end = one.partition(".")
    theirs, _, their_end = other.partition(".")
    if end != their_end or min(len(name), len(theirs)) < SHORT_NAME or abs(len(name) - len(theirs)) > 1:
        return False
    start = 0
    while start < min(len(name), len(theirs)) and name[start] == theirs[start]:
        start += 1
    left, right = name[start:], theirs[start:]
    if left[1:] == right[1:] or left[1:] == right or left == right[1:]:
        return True
    return left[:2] == right[1::-1] and left[2:] == right[2:] and len(left) > 1


def has_mixed_scripts(text: str) -> bool:
    """Whether one word has letters of two alphabets that look alike."""
    return any(len(_scripts(word)) > 1 for word in re.findall(r"[^\W\d_]+", text[:1000]))


def _scripts(word: str) -> set[str]:
    if word.isascii():
        return set()
    names = {unicodedata.name(char, "").partition(" ")[0] for char in word}
    return names.intersection(_SCRIPTS)
