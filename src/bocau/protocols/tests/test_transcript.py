"""The transcript player itself."""

import pytest

from bocau.protocols.tests.transcript import SPLITTERS, parse, play

ECHO = parse(
    "echo",
    """
# rfc: none    an echo
S: hello *
C: one
C! t\\x77o\\r\\n
S: one
S: tw*
C<EOF>
S: bye
S<END>
""",
)


class Echo:
    """Answers each complete line with itself."""

    def __init__(self, last_word: bytes = b"bye\r\n") -> None:
        self.is_over = False
        self._rest = b""
        self._last_word = last_word

    def begin(self) -> bytes:
        return b"hello there\r\n"

    def upgrade(self) -> None: ...

    def receive(self, data: bytes) -> bytes:
        if not data:
            self.is_over = True
            return self._last_word
        lines, newline, self._rest = (self._rest + data).rpartition(b"\r\n")
        return lines + newline


@pytest.mark.parametrize("splitter", SPLITTERS.values(), ids=SPLITTERS.keys())
def test_every_chunk_size_plays_alike(splitter):
    play(ECHO, Echo(), splitter)


@pytest.mark.parametrize("wrong", [b"", b"bye\r\nbye\r\n", b"bye", b"good bye\r\n"])
def test_a_wrong_answer_is_noticed(wrong):
    with pytest.raises(AssertionError):
        play(ECHO, Echo(wrong), SPLITTERS["at once"])


def test_an_untagged_star_is_not_a_wildcard():
    text = parse("star", "S: * BYE\n")
    player = Echo()
    player.begin = lambda: b"x BYE\r\n"  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        play(text, player, SPLITTERS["at once"])


def test_a_line_that_is_neither_side_is_refused():
    with pytest.raises(AssertionError, match=r"odd\.txt:1"):
        parse("odd", "X: what\n")
