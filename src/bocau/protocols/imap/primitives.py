"""The first rung of the grammar: atoms, strings, literals, numbers, lists (RFC 9051 §4, §9).

A command arrives as its text with every literal taken out: b'a APPEND {3}\\r\\n (\\\\Seen)' and [b"box"].
The literal's mark stays in the text, so that its content can never be read as syntax.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from bocau.base.errors import SyntaxFault, TooLong
from bocau.base.wiretext import UINT32_MAX, number

ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
ASTRING_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
LIST_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\\]+')
QUOTED: Final = re.compile(rb'"([^"\\\r\n\x00]*(?:\\["\\][^"\\\r\n\x00]*)*)"')
LITERAL_MARK: Final = re.compile(rb"~?\{[0-9]+\+?\}\r\n")
DIGITS: Final = re.compile(rb"[0-9]+")
_ESCAPED: Final = re.compile(rb'\\(["\\])')

T = TypeVar("T")


class Cursor:
    """Reads one command from left to right; SyntaxFault where it does not fit."""

    __slots__ = ("depth", "is_utf8", "literals", "nesting_max", "pos", "taken", "text")

    def __init__(
        self, text: bytes, literals: Sequence[bytes] = (), *, is_utf8: bool = False, nesting_max: int = 50
    ) -> None:
        self.text = text
        self.pos = 0
        self.literals = literals
        self.taken = 0
        self.is_utf8 = is_utf8
        self.nesting_max = nesting_max
        self.depth = 0

    def peek(self, *prefixes: bytes) -> bool:
        """Whether the rest begins with one of `prefixes` (case counts)."""
        return self.text.startswith(prefixes, self.pos)

    def peek_word(self) -> bytes:
        """The atom that comes next, upper case, without taking it; b"" for none."""
        found = ATOM.match(self.text, self.pos)
        return found[0].upper() if found else b""

    def skip(self, expected: bytes) -> bool:
        """Take `expected` when it comes next (case counts)."""
        if self.text.startswith(expected, self.pos):
            self.pos += len(expected)
            return True
        return False

    def expect(self, expected: bytes) -> None:
        if not self.skip(expected):
            raise SyntaxFault(f"expected {expected.decode('ascii')!r}")

    def space(self) -> None:
        if self.text[self.pos : self.pos + 1] != b" ":
            raise SyntaxFault("expected a space")
        self.pos += 1

    def end(self) -> None:
        if self.pos != len(self.text):
            raise SyntaxFault("unexpected text after the arguments")

    @property
    def at_end(self) -> bool:
        return self.pos >= len(self.text)

    def take(self, pattern: "re.Pattern[bytes]", what: str) -> bytes:
        found = pattern.match(self.text, self.pos)
        if found is None:
            raise SyntaxFault(f"expected {what}")
        self.pos = found.end()
        return found[0]

    def atom(self) -> bytes:
        return self.take(ATOM, "an atom")

    def word(self) -> bytes:
        """An atom that names something, upper case."""
        return self.take(ATOM, "a word").upper()

    def number(self, *, maximum: int = UINT32_MAX, minimum: int = 0) -> int:
        return number(self.take(DIGITS, "a number"), maximum=maximum, minimum=minimum)

    def string(self) -> bytes:
        """quoted / literal."""
        found = QUOTED.match(self.text, self.pos)
        if found is not None:
            self.pos = found.end()
            content: bytes = found[1]
            return _ESCAPED.sub(rb"\1", content) if b"\\" in content else content
        return self.literal()

    def literal(self) -> bytes:
        found = LITERAL_MARK.match(self.text, self.pos)
        if found is None or self.taken >= len(self.literals):
            raise SyntaxFault("expected a string")
        self.pos = found.end()
        self.taken += 1
        return self.literals[self.taken - 1]

    def astring(self) -> bytes:
        """1*ASTRING-CHAR / string."""
        return self._atom_or_string(ASTRING_ATOM)

    def list_mailbox(self) -> bytes:
        """1*list-char / string: an astring that may hold wildcards."""
        return self._atom_or_string(LIST_ATOM)

    def _atom_or_string(self, pattern: "re.Pattern[bytes]") -> bytes:
        found = pattern.match(self.text, self.pos)
        if found is not None:
            self.pos = found.end()
            return found[0]
        return self.string()

    def nstring(self) -> bytes | None:
        """string / NIL."""
        if self.text[self.pos : self.pos + 3].upper() == b"NIL":
            self.pos += 3
            return None
        return self.string()

    def text_string(self) -> str:
        """An astring of UTF-8 text (search strings, user names)."""
        return decoded(self.astring())

    def parenthesized(self, item: Callable[["Cursor"], T], *, count_max: int, empty: bool = True) -> list[T]:
        """ "(" [item *(SP item)] ")"."""
        self.expect(b"(")
        self.descend()
        items: list[T] = []
        if not (empty and self.peek(b")")):
            items.append(item(self))
            while self.skip(b" "):
                if len(items) >= count_max:
                    raise TooLong("too many items in a list")
                items.append(item(self))
        self.expect(b")")
        self.depth -= 1
        return items

    def descend(self) -> None:
        """Count one level of nesting; whoever calls it comes up again by `depth -= 1`."""
        self.depth += 1
        if self.depth > self.nesting_max:
            raise TooLong("nested too deeply")


def decoded(data: bytes) -> str:
    """UTF-8 without NUL; SyntaxFault."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxFault("not UTF-8") from None
    if "\x00" in text:
        raise SyntaxFault("NUL in a string")
    return text
