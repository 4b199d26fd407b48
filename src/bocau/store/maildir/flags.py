"""Flags as letters of a Maildir file name: "…:2,FS"; lower-case letters are Dovecot's numbered keywords."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bocau.store.values import Flags

LETTERS: Final = {
    "D": Flags.DRAFT,
    "F": Flags.FLAGGED,
    "R": Flags.ANSWERED,
    "S": Flags.SEEN,
    "T": Flags.DELETED,
}
FORWARDED: Final = "$Forwarded"
"""Letter P, "passed"."""
KEYWORDS_FILE: Final = "dovecot-keywords"
KEYWORDS_MAX: Final = 26
MARK: Final = ":2,"


def info_of(flags: Flags, keywords: Sequence[str], numbered: list[str]) -> str:
    """The end of the file name; new keywords are added to `numbered` as long as letters last."""
    letters = [letter for letter, flag in LETTERS.items() if flags & flag]
    for keyword in keywords:
        if keyword == FORWARDED:
            letters.append("P")
            continue
        if keyword not in numbered and len(numbered) < KEYWORDS_MAX:
            numbered.append(keyword)
        if keyword in numbered:
            letters.append(chr(ord("a") + numbered.index(keyword)))
    return MARK + "".join(sorted(letters))


def parse_info(name: str, numbered: Sequence[str]) -> tuple[Flags, str]:
    """(flags, keywords) of a file name."""
    letters = name.partition(MARK)[2]
    flags, keywords = Flags(0), set()
    for letter in letters:
        index = ord(letter) - ord("a")
        if letter in LETTERS:
            flags |= LETTERS[letter]
        elif letter == "P":
            keywords.add(FORWARDED)
        elif 0 <= index < len(numbered) and numbered[index]:
            keywords.add(numbered[index])
    return flags, " ".join(sorted(keywords))


def read_numbered(folder: Path) -> list[str]:
    """The keywords of the letters a…z: lines "0 $Junk" of dovecot-keywords."""
    numbered = [""] * KEYWORDS_MAX
    try:
        lines = (folder / KEYWORDS_FILE).read_text("utf-8", "replace").split("\n")
    except FileNotFoundError:
        return numbered
    for line in lines:
        number, _, keyword = line.partition(" ")
        if number.isascii() and number.isdigit() and len(number) < 3 and int(number) < KEYWORDS_MAX:
            numbered[int(number)] = keyword
    return numbered


def write_numbered(folder: Path, numbered: Sequence[str]) -> None:
    if numbered:
        lines = (f"{number} {keyword}\n" for number, keyword in enumerate(numbered))
        (folder / KEYWORDS_FILE).write_text("".join(lines), "utf-8")
