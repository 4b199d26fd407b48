"""Which passwords are among the first that somebody tries (NIST SP 800-63B §3.1.1.2).

    "Mật khẩu 123!" → "matkhau123" → matkhau · 123 → a common word, a row of keys → refused

The webmail's meter has the same words and rules (web/src/screens/settings/strength.ts);
`tests/passwords.json` holds both to them.
"""

import re
from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from bocau.base.errors import NotPermitted
from bocau.formats.address import Address
from bocau.formats.searchable import unaccented

WORDS: Final = Path(__file__).with_name("common_passwords.txt")
ROWS: Final = (
    "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz",
    "qazwsxedcrfvtgbyhnujm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)  # fmt: skip
PIECE_MIN: Final = 3
"""Fewer letters are neither a name nor a row."""
APPENDED_MAX: Final = 6
"""Digits and signs around a word, such as a date, that hide nothing."""
PERIOD_MAX: Final = 4
"""Letters that come again and again."""
_SIGNS: Final = str.maketrans("013457@$!", "oieastasi")
_BARE: Final = re.compile(r"[^a-z0-9]+")
_PIECE: Final = re.compile(r"[a-z]+|[0-9]+")


class Weakness(StrEnum):
    COMMON = "one of the most common passwords"
    NAME = "the account's own name"
    SIMPLE = "a row of keys, or the same letters again and again"


def check_chosen(password: str, addresses: Iterable[Address]) -> None:
    """NotPermitted when a person's new password is guessed at once; `addresses`: the account's."""
    weakness = weakness_of(password, names_of(addresses))
    if weakness is not None:
        raise NotPermitted(f"the password is too easy to guess: {weakness}")


def names_of(addresses: Iterable[Address]) -> set[str]:
    """What is known of whoever has these addresses: the words of the local parts and of the domains."""
    found: set[str] = set()
    for address in addresses:
        local, domain = unaccented(address.local_part), unaccented(address.domain)
        labels = domain.split(".")[:-1]
        both = [f"{local}{label}" for label in (domain, *labels)]
        words = (local, domain, *re.split(r"[^a-z0-9]+", local), *labels, *both)
        found |= {_BARE.sub("", word) for word in words}
    return {name for name in found if len(name) >= PIECE_MIN}


def weakness_of(password: str, names: Collection[str]) -> Weakness | None:
    """Why a password is guessed at once; None: it is not. Its length is not looked at."""
    folded = unaccented(password)
    bare = _once(_BARE.sub("", folded) or folded)
    if len(bare) <= PERIOD_MAX:
        return Weakness.SIMPLE
    for word in _cores(folded, bare):
        if (known := _known(word, names)) is not None:
            return known
    found = [_known(piece, names) for piece in _PIECE.findall(bare)]
    weak = [one for one in found if one is not None]
    return min(weak, key=list(Weakness).index) if weak and len(weak) == len(found) else None


def _cores(folded: str, bare: str) -> list[str]:
    """The whole, and the word in it when only a little was put around it or in the place of letters."""
    word = bare.strip("0123456789")
    spelt = re.sub(r"^[^a-z]+|[^a-z]+$", "", folded)
    read = re.sub(r"[^a-z]", "", spelt.translate(_SIGNS))
    inner = [word] if len(bare) - len(word) <= APPENDED_MAX else []
    return [bare, *inner, *([read] if len(folded) - len(spelt) <= APPENDED_MAX else [])]


def _known(piece: str, names: Collection[str]) -> Weakness | None:
    if piece in names:
        return Weakness.NAME
    if piece in _common():
        return Weakness.COMMON
    is_row = len(piece) >= PIECE_MIN and any(piece in row or piece[::-1] in row for row in ROWS)
    return Weakness.SIMPLE if is_row or len(piece) > len(_once(piece)) <= PERIOD_MAX else None


def _once(text: str) -> str:
    """What a text is the repetition of."""
    return text[: (text + text).find(text, 1)]


@cache
def _common() -> frozenset[str]:
    return frozenset(WORDS.read_text("ascii").split())
