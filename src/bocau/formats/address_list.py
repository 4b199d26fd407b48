"""Address lists of header fields (RFC 5322 §3.4, §4.4): From, To, Cc … as an ENVELOPE wants them.

    raw value → Mailbox(name, route, local, host) · GroupMarker(b"name") … GroupMarker(None)

Linear, tolerant, never raises: garbage becomes the mailbox that a person would guess, or nothing.
"""

import re
from typing import Final, NamedTuple

from bocau.formats.comments import comment_end

VALUE_BYTES_MAX: Final = 1024 * 1024
"""A longer value is read up to here."""
TOKENS_MAX: Final = 200_000
"""Words and special characters of one value; the rest is not read. Common forms of address count as none."""


class Mailbox(NamedTuple):
    """One mailbox, octets as they stand (encoded words kept, quotes and escapes removed)."""

    name: bytes | None
    route: bytes | None
    """Obsolete source route, `@a,@b`; shown, never followed."""
    local: bytes
    host: bytes
    """b"" when the sender wrote none."""


class GroupMarker(NamedTuple):
    """A group begins (its name) or ends (None)."""

    name: bytes | None


_SPACE: Final = b" \t\r\n"
_ATEXT: Final = rb"[^\x00-\x20()<>\[\]:;@\\,.\"\x7f]"
# Nearly every address that is met: `Name <local@host>`, `"Name" <local@host>`, `local@host`.
_COMMON: Final = re.compile(
    rb'[ \t\r\n]*+(?:(?:"([^"\\\r\n]*+)"[ \t]*+|(' + _ATEXT + rb"++(?:[ \t]" + _ATEXT + rb"++)*+)[ \t]++)?<"
    rb"(" + _ATEXT + rb"++(?:\." + _ATEXT + rb"++)*+)@([A-Za-z0-9.-]++)>"
    rb"|(" + _ATEXT + rb"++(?:\." + _ATEXT + rb"++)*+)@([A-Za-z0-9.-]++))[ \t\r\n]*+(?:,|\Z)"
)
_TOKEN: Final = re.compile(
    rb'[ \t\r\n]*+(?:("(?:[^"\\]++|\\.)*+"?)|(\[(?:[^\]\\]++|\\.)*+\]?)|(' + _ATEXT + rb"++)|(.))",
    re.DOTALL,
)
_QUOTED_PAIR: Final = re.compile(rb"\\(.)", re.DOTALL)
_SPACES: Final = re.compile(rb"[ \t\r\n]++")


def parse_address_list(raw: bytes) -> tuple[Mailbox | GroupMarker, ...]:
    """Read the value of an address field. Never raises."""
    return _Reader(raw[:VALUE_BYTES_MAX]).read()


class _Reader:
    """One pass over the tokens; `words` is what may yet become a name or a local part."""

    __slots__ = ("comment", "data", "found", "in_group", "position", "tokens_left", "words")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.tokens_left = TOKENS_MAX
        self.found: list[Mailbox | GroupMarker] = []
        self.words: list[tuple[bytes, bool]] = []
        """(text, whether white space stood before it)"""
        self.comment: bytes | None = None
        self.in_group = False

    def read(self) -> tuple[Mailbox | GroupMarker, ...]:
        size = len(self.data)
        while self.position < size:
            if not self.words and self.comment is None and self._common():
                continue
            self._step()
        self._finish()
        if self.in_group:
            self.found.append(GroupMarker(None))
        return tuple(self.found)

    def _common(self) -> bool:
        match = _COMMON.match(self.data, self.position)
        if match is None:
            return False
        quoted, name, local, host, bare_local, bare_host = match.groups()
        if local is None:
            self.found.append(Mailbox(None, None, bare_local, bare_host))
        else:
            self.found.append(Mailbox(quoted or name or None, None, local, host))
        self.position = match.end()
        return True

    def _next(self) -> tuple[bytes, bytes, bool]:
        """(kind, text, white space before): the kind is the special character, or b"a" for a word, b"[" for a
        literal, b"" at the end."""
        match = _TOKEN.match(self.data, self.position)
        self.tokens_left -= 1
        if match is None or self.tokens_left < 0:
            self.position = len(self.data)
            return b"", b"", False
        start = match.start(match.lastindex or 0)
        is_apart = start > self.position
        self.position = match.end()
        match match.lastindex:
            case 1:
                return b"a", _unquote(match[1]), is_apart
            case 2:
                return b"[", match[2], is_apart
            case 3:
                return b"a", match[3], is_apart
            case _:
                return match[4], match[4], is_apart

    def _step(self) -> None:
        kind, text, is_apart = self._next()
        match kind:
            case b"a" | b"." | b"[":
                self.words.append((text, is_apart))
            case b"(":
                self._read_comment()
            case b"<":
                self._angle()
            case b"@":
                self._bare()
            case b",":
                self._finish()
            case b":" if not self.in_group:
                self.found.append(GroupMarker(self._phrase() or b""))
                self.words, self.comment, self.in_group = [], None, True
            case b";":
                self._finish()
                if self.in_group:
                    self.found.append(GroupMarker(None))
                    self.in_group = False

    def _read_comment(self) -> None:
        start = self.position
        self.position = comment_end(self.data, start - 1)
        inner = self.data[start : self.position]
        inner = _SPACES.sub(b" ", inner.removesuffix(b")")).strip()
        self.comment = _QUOTED_PAIR.sub(rb"\1", inner) or None

    def _phrase(self) -> bytes | None:
        """The words as a name: single spaces where white space was (RFC 5322 §3.2.5, obsolete dots too)."""
        return (
            b"".join([b" " + text if is_apart else text for text, is_apart in self.words]).strip(_SPACE)
            or None
        )

    def _finish(self) -> None:
        """At the end of an item: words without any "@" are taken as a local part."""
        if self.words:
            local = b"".join([text for text, _ in self.words])
            self.found.append(Mailbox(self.comment, None, local, b""))
        self.words, self.comment = [], None

    def _bare(self) -> None:
        """`local@host`: the words so far are the local part; a comment after it is its name."""
        local = b"".join([text for text, _ in self.words])
        self.words = []
        host = self._host()
        position = self.position
        kind = self._next()[0]
        if kind == b"(":
            self._read_comment()
            position = self.position
        self.position = position
        name, self.comment = self.comment, None
        if local or host:
            self.found.append(Mailbox(name, None, local, host))

    def _host(self) -> bytes:
        """Domain or literal; stops before what cannot belong to it."""
        pieces: list[bytes] = []
        while True:
            position = self.position
            kind, text, is_apart = self._next()
            if kind == b"(":
                self._read_comment()
                continue
            # `a@b c@d`: two atoms side by side are two things.
            if kind not in (b"a", b".", b"[") or (
                kind == b"a" and is_apart and pieces and pieces[-1] != b"."
            ):
                self.position = position
                return b"".join(pieces)
            pieces.append(text)

    def _angle(self) -> None:
        """`name <@route:local@host>`; the words so far are the name."""
        name = self._phrase() or self.comment
        self.words, self.comment = [], None
        route, local, host = b"", b"", b""
        pieces: list[bytes] = []
        while True:
            kind, text, _ = self._next()
            match kind:
                case b"a" | b"." | b"[":
                    pieces.append(text)
                case b"(":
                    self._read_comment()
                case b"@" if not pieces and not local:
                    route += (b"," if route else b"") + b"@" + self._host()
                case b"@":
                    local += (b"@" + host if host else b"") + b"".join(pieces)
                    pieces, host = [], self._host()
                case b":" | b"," if not pieces and not local:
                    pass
                case b">" | b"":
                    break
                case b"<":
                    pieces, local, host, route = [], b"", b"", b""
                case _:
                    pieces.append(text)
        if not local:
            local = b"".join(pieces)
        self.comment = None
        self.found.append(Mailbox(name, route or None, local, host))


def _unquote(quoted: bytes) -> bytes:
    inner = quoted[1:-1] if len(quoted) > 1 and quoted.endswith(b'"') else quoted[1:]
    if b"\r" in inner or b"\n" in inner:
        inner = inner.replace(b"\r", b"").replace(b"\n", b"")
    return _QUOTED_PAIR.sub(rb"\1", inner) if b"\\" in inner else inner
