"""The engine alone: transcripts in every chunk size, and what it refuses."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.protocols import pop2
from bocau.protocols.pop2.engine import COMMAND_BYTES_MAX
from bocau.protocols.tests import transcript
from bocau.protocols.tests.transcript import SPLITTERS, Splitter, Transcript

HELLO = b"HELO a b\r\n"


class Player:
    """A mailbox of three messages of ten octets."""

    def __init__(self) -> None:
        self.engine = pop2.ServerEngine()
        self.is_over = False

    def begin(self) -> bytes:
        return b"+ ready\r\n"

    def upgrade(self) -> None:
        raise AssertionError("POP2 has no TLS")

    def receive(self, data: bytes) -> bytes:
        self.engine.receive(data)
        answers = b""
        while not self.is_over and (event := self.engine.next_event()) is not None:
            answers += self._answer(event)
        return answers

    def _answer(self, event: pop2.Event) -> bytes:
        engine = self.engine
        match event:
            case pop2.Hello(name, password):
                if password == "wrong":
                    self.is_over = True
                    return engine.refuse("wrong")
                return engine.counted(3, f"{name}/{password}")
            case pop2.Fold(mailbox):
                return engine.counted(3, mailbox)
            case pop2.Read(number) if number and number > 3:
                return engine.sized(0, "none")
            case pop2.Retrieve():
                engine.sending()
                return b"12345678\r\n"
            case pop2.QuitAsked():
                self.is_over = True
                return engine.accept("bye")
            case pop2.Faulty(text):
                self.is_over = True
                return engine.refuse(text)
        return engine.sized(10)


@pytest.mark.parametrize("splitter", SPLITTERS.values(), ids=SPLITTERS.keys())
@pytest.mark.parametrize("script", transcript.find(Path(__file__).parent), ids=lambda script: script.name)
def test_transcript(script: Transcript, splitter: Splitter) -> None:
    transcript.play(script, Player(), splitter)


@pytest.mark.parametrize(
    "line",
    [
        *(b"READ 0", b"READ -1", b"READ 1_0", "READ １".encode(), b"READ 99999999999999999999", b"READ x"),
        *(b"RETR 1", b"ACKS 1", b"FOLD", b"FOLD \0", b"FOLD \xff", b"QUIT now"),
    ],
)
def test_bad_arguments_end_it(line: bytes) -> None:
    player = Player()
    assert player.receive(HELLO + line + b"\r\n" + HELLO) == b"#3 a/b\r\n- Bad argument\r\n"
    assert player.engine.state is pop2.State.CLOSED


@pytest.mark.parametrize("line", [b"", b"USER a", b"HEL", b"\x00\xff", b"GET / HTTP/1.1", b" HELO a b"])
def test_unknown_commands_end_it(line: bytes) -> None:
    assert Player().receive(line + b"\r\n") == b"- Unknown command\r\n"


@pytest.mark.parametrize("chunk", [1, 100, 1 << 20])
def test_a_line_has_a_longest_length(chunk: int) -> None:
    def said(line: bytes) -> bytes:
        player = Player()
        return b"".join(player.receive(line[at : at + chunk]) for at in range(0, len(line), chunk))

    password = b"p" * (COMMAND_BYTES_MAX - len(b"HELO a "))
    assert said(b"HELO a " + password + b"\r\n") == b"#3 a/" + password + b"\r\n"
    assert said(b"HELO a " + password + b"pp\r\n") == b"- Line too long\r\n"
    assert said(b"x" * 100_000) == b"- Line too long\r\n"


@given(
    st.lists(
        st.sampled_from([HELLO, b"READ\r\n", b"READ 2\n", b"RETR\r\n", b"ACKS\r\n", b"ACKD\r\n", b"NACK\r\n",
                         b"FOLD x\r\n", b"QUIT\r\n", b"\r\n", b"\xff", b"READ 9\r\n"]),
        max_size=20,
    ),
    st.integers(1, 9),
)  # fmt: skip
def test_no_input_breaks_it(said: list[bytes], chunk: int) -> None:
    data, whole, cut = b"".join(said), Player(), Player()
    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    assert b"".join(map(cut.receive, pieces)) == whole.receive(data)
    assert whole.is_over == (whole.engine.state is pop2.State.CLOSED)
