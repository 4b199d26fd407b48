"""The engine alone: transcripts in every chunk size, and the limits."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import SyntaxFault
from bocau.protocols.pop import (
    AuthAsked,
    Delete,
    Event,
    Fault,
    Faulty,
    PassSaid,
    QuitAsked,
    ResponseSaid,
    Retrieve,
    ServerEngine,
    StartTlsAsked,
    State,
    TopAsked,
)
from bocau.protocols.pop.limits import (
    BAD_COMMANDS_MAX,
    COMMAND_BYTES_MAX,
    JUNK_BYTES_MAX,
    LOGINS_MAX,
    RESPONSE_BYTES_MAX,
)
from bocau.protocols.sasl import decode_response
from bocau.protocols.tests import transcript
from bocau.protocols.tests.transcript import SPLITTERS, Splitter, Transcript

LOGIN = b"USER a\r\nPASS b\r\n"


class Player:
    """A session that says yes, except to the password "wrong", and repeats what it heard."""

    def __init__(self) -> None:
        self.engine = ServerEngine()
        self.is_over = False
        self._is_waiting_for_tls = False

    def begin(self) -> bytes:
        return b"+OK ready\r\n"

    def upgrade(self) -> None:
        self.engine.tls_started()
        self._is_waiting_for_tls = False

    def receive(self, data: bytes) -> bytes:
        if self._is_waiting_for_tls:
            return b""
        self.engine.receive(data)
        answers = b""
        while not self._is_waiting_for_tls and (event := self.engine.next_event()) is not None:
            answers += self._answer(event)
        return answers

    def _answer(self, event: Event) -> bytes:
        match event:
            case Faulty():
                self.is_over = event.is_fatal
                return self.engine.refuse(event.fault.value)
            case PassSaid(name, password):
                if password == "wrong":
                    return self.engine.refuse("wrong", "AUTH")
                return self.engine.accept(f"{name}/{password}")
            case AuthAsked(initial=None):
                return self.engine.challenge(b"")
            case AuthAsked() | ResponseSaid():
                return self._prove(event)
            case Retrieve(number) | Delete(number):
                return self.engine.accept(str(number))
            case TopAsked(number, lines):
                return self.engine.accept(f"{number} {lines}")
            case StartTlsAsked():
                self._is_waiting_for_tls = True
                return self.engine.accept()
            case QuitAsked():
                self.is_over = True
        return self.engine.accept()

    def _prove(self, event: AuthAsked | ResponseSaid) -> bytes:
        line = event.initial if isinstance(event, AuthAsked) else event.line
        try:
            assert line is not None
            decode_response(line)
        except SyntaxFault:
            return self.engine.refuse("not base64")
        return self.engine.accept()


@pytest.mark.parametrize("splitter", SPLITTERS.values(), ids=SPLITTERS.keys())
@pytest.mark.parametrize("script", transcript.find(Path(__file__).parent), ids=lambda script: script.name)
def test_transcript(script: Transcript, splitter: Splitter) -> None:
    transcript.play(script, Player(), splitter)


def heard(data: bytes, chunk: int = 1 << 20) -> tuple[Player, bytes]:
    player = Player()
    answers = b"".join(player.receive(data[at : at + chunk]) for at in range(0, len(data), chunk))
    return player, answers


@pytest.mark.parametrize("chunk", [1, 1000, 1 << 20])
def test_a_command_has_a_longest_length(chunk: int) -> None:
    password = b"p" * (COMMAND_BYTES_MAX - len(b"PASS "))
    _, answers = heard(b"USER a\r\nPASS " + password + b"\r\n", chunk)
    assert answers.endswith(b"+OK a/" + password + b"\r\n")
    player, answers = heard(b"USER a\r\nPASS " + password + b"p\r\nCAPA\r\n", chunk)
    assert answers == b"+OK\r\n-ERR Line too long\r\n+OK\r\n"
    assert player.engine.state is State.NAMED


@pytest.mark.parametrize("chunk", [1, 1000, 1 << 20])
def test_a_response_has_a_longest_length(chunk: int) -> None:
    line = b"A" * RESPONSE_BYTES_MAX
    assert heard(b"AUTH PLAIN\r\n" + line + b"\r\n", chunk)[1] == b"+ \r\n+OK\r\n"
    assert heard(b"AUTH PLAIN\r\n" + line + b"AAAA\r\n", chunk)[1] == b"+ \r\n-ERR Line too long\r\n"


def test_an_endless_line_ends_the_conversation_and_is_not_kept() -> None:
    player = Player()
    answers = b""
    for _ in range(JUNK_BYTES_MAX // 1000 + 2):
        answers += player.receive(b"x" * 1000)
        assert len(player.engine._inbox) <= RESPONSE_BYTES_MAX + 1001
    assert answers == b"-ERR Line too long\r\n"
    assert player.is_over


def test_bad_commands_after_the_login_are_counted_too() -> None:
    player, answers = heard(LOGIN + b"X\r\n" * (BAD_COMMANDS_MAX + 5))
    assert answers.count(b"-ERR") == BAD_COMMANDS_MAX
    assert answers.endswith(b"-ERR Too many bad commands\r\n")
    assert player.is_over


def test_failed_logins_are_counted() -> None:
    player, _ = heard(b"USER a\r\nPASS wrong\r\n" * (LOGINS_MAX - 1))
    assert not player.engine.has_failed_enough
    player.receive(b"AUTH PLAIN\r\n*\r\n")
    assert player.engine.has_failed_enough


def test_secrets_are_in_no_repr() -> None:
    engine = ServerEngine()
    engine.receive(b"USER a\r\nPASS hunter2\r\n")
    engine.next_event()
    engine.accept()
    assert "hunter2" not in repr(engine.next_event())


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 50))
def test_any_bytes_get_one_answer_a_line(lines: list[bytes], chunk: int) -> None:
    data = b"".join(line + b"\r\n" for line in lines)
    whole, one = heard(data), heard(data, chunk)
    assert whole[1] == one[1]
    assert all(answer.startswith((b"+OK", b"-ERR ", b"+ ")) for answer in whole[1].split(b"\r\n")[:-1])


def test_the_fault_of_a_refused_line_names_no_content() -> None:
    engine = ServerEngine()
    engine.receive(b"\x1b[31m\r\n")
    assert engine.next_event() == Faulty(Fault.UNKNOWN_COMMAND)
