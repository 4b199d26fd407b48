"""The command line of sendmail: short options with glued-on values, and forty years of options to ignore."""

from dataclasses import dataclass, field
from typing import Final

import click

WITH_VALUE: Final = frozenset("BCDFLNOQRVXdfhopr")
"""Options that take a value, in the next word when it is not glued on."""
GLUED_ONLY: Final = frozenset("doqb")
"""Their value is part of the same word."""
MODES: Final = {"bp": "mailq", "bi": "newaliases", "bm": "send"}
NOTIFY: Final = frozenset(("NEVER", "SUCCESS", "FAILURE", "DELAY"))


@dataclass(slots=True)
class Wish:
    """What the caller wants."""

    mode: str = "send"
    sender: str | None = None
    name: str = ""
    recipients: list[str] = field(default_factory=list)
    reads_header: bool = False
    dot_ends: bool = True
    notify: frozenset[str] | None = None
    ret: str | None = None
    envid: str | None = None


def read_options(words: tuple[str, ...]) -> Wish:
    """Read sendmail's words. Raises click.UsageError for what cannot be done."""
    wish = Wish()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            wish.recipients += rest
            break
        if word.startswith("-") and len(word) > 1:
            _option(wish, word[1:], rest)
        else:
            wish.recipients.append(word)
    return wish


def _option(wish: Wish, text: str, rest: list[str]) -> None:
    letter, value = text[0], text[1:]
    if letter == "b":
        _mode(wish, text)
        return
    if letter in WITH_VALUE and letter not in GLUED_ONLY and not value:
        if not rest:
            raise click.UsageError(f"Option -{letter} needs a value.")
        value = rest.pop(0)
    match letter:
        case "f" | "r":
            wish.sender = value
        case "F":
            wish.name = value
        case "t":
            wish.reads_header = True
            _more(wish, value, rest)
        case "i":
            wish.dot_ends = False
            _more(wish, value, rest)
        case "o" if value == "i":
            wish.dot_ends = False
        case "N":
            wish.notify = _notify(value)
        case "R":
            wish.ret = _ret(value)
        case "V":
            wish.envid = value
        case "G" | "U" | "m" | "n" | "v":
            _more(wish, value, rest)
        case _ if letter in WITH_VALUE or letter == "q":
            pass
        case _:
            raise click.UsageError(f"No such option: -{text}")


def _more(wish: Wish, text: str, rest: list[str]) -> None:
    """Letters without a value may stand together: -ti."""
    if text:
        _option(wish, text, rest)


def _mode(wish: Wish, text: str) -> None:
    if text not in MODES:
        raise click.UsageError(f"-{text} is not offered: `bocau serve` is the daemon.")
    wish.mode = MODES[text]


def _notify(value: str) -> frozenset[str]:
    """RFC 3461 §4.1: NEVER stands alone."""
    names = frozenset(value.upper().split(","))
    if not names <= NOTIFY or ("NEVER" in names and len(names) > 1):
        raise click.UsageError("-N takes never, or success, failure and delay with commas between.")
    return names


def _ret(value: str) -> str:
    kind = {"FULL": "FULL", "HDRS": "HDRS", "HEADERS": "HDRS"}.get(value.upper())
    if kind is None:
        raise click.UsageError("-R takes full or hdrs.")
    return kind
