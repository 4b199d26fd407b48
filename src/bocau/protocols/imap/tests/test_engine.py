"""What the engine makes of bytes: commands, literals, states; whatever the chunks."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.protocols.imap import Event, ImapEngine, State
from bocau.protocols.imap import commands as c
from bocau.protocols.imap.append import (
    AppendChunk,
    AppendEnd,
    AppendMessage,
    AppendText,
    AppendUrl,
)
from bocau.protocols.imap.finding import Search
from bocau.protocols.imap.replies import Broken, IdleDone, Ready, Rejected, SaslResponse, Status, Tagged


def known(state: State = State.SELECTED) -> ImapEngine:
    """An engine whose client has logged in."""
    engine = ImapEngine(append_bytes_max=1_000_000)
    list(events(engine, [b"l LOGIN a b\r\n"]))
    engine.send(Tagged(b"l", Status.OK, "hello"))
    engine.state = state
    return engine


def events(engine: ImapEngine, chunks: Iterable[bytes]) -> list[Event]:
    """Everything told, accepting each message and entering IDLE and AUTHENTICATE as a session would."""
    told: list[Event] = []
    for chunk in chunks:
        engine.receive(chunk)
        while (event := engine.next_event()) is not None:
            told.append(event)
            match event:
                case AppendMessage() | AppendUrl() | AppendText():
                    engine.accept()
                case c.Idle():
                    engine.idle()
                case c.Authenticate():
                    engine.challenge(b"")
    return told


CONVERSATION = (
    b"a1 NOOP\r\na2 login {5}\r\nalice {6+}\r\nsecret\r\na3 UID FETCH 1:* (FLAGS)\r\n"
    b'a4 APPEND "In box" (\\Seen) "17-Jul-1996 02:44:25 +0200" {5+}\r\nhello {3+}\r\nabc\r\n'
    b"a5 IDLE\r\nDONE\r\na6 SEARCH SUBJECT {3+}\r\nabc FROM x\r\na7 APPEND x {9000000+}\r\n"
)


@given(st.lists(st.integers(1, len(CONVERSATION) - 1), max_size=30))
def test_chunks_do_not_matter(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(CONVERSATION)]
    chunks = [CONVERSATION[low:high] for low, high in pairwise(edges) if low < high]
    assert events(known(), chunks) == events(known(), [CONVERSATION])


def test_one_conversation() -> None:
    told = events(known(), [CONVERSATION])
    assert [type(event) for event in told] == [
        *(c.Noop, Ready, Rejected, c.Fetch, AppendMessage, AppendChunk, AppendMessage, AppendChunk),
        *(AppendEnd, c.Idle, IdleDone, Search),
    ]
    assert told[4] == AppendMessage(b"a4", "In box", ("\\Seen",), 837564265, 5, True, False)


def test_a_large_body_streams_in_chunks() -> None:
    engine = known()
    told = events(engine, [b"a APPEND x {700000+}\r\n", *[b"y" * 50_000] * 14, b"\r\n"])
    chunks = [event for event in told if isinstance(event, AppendChunk)]
    assert sum(len(chunk.data) for chunk in chunks) == 700_000
    assert [chunk.is_last for chunk in chunks] == [False, False, True]
    assert isinstance(told[-1], AppendEnd)


def test_a_refused_message_passes_by_and_the_next_command_is_read() -> None:
    engine = known()
    engine.receive(b"a APPEND x {10+}\r\nb LOGOUT\r\n (\\Seen) {3+}\r\nabc\r\nc NOOP\r\n")
    offered = engine.next_event()
    assert isinstance(offered, AppendMessage)
    assert engine.refuse(Tagged(b"a", Status.NO, "no", b"TRYCREATE")) == b""
    assert engine.next_event() == Rejected(Tagged(b"a", Status.NO, "no", b"TRYCREATE"))
    assert engine.next_event() == c.Noop(b"c")


def test_a_synchronizing_literal_is_refused_before_it_is_sent() -> None:
    engine = known()
    [told] = events(engine, [b"a APPEND x {1000001}\r\n"])
    assert told == Rejected(Tagged(b"a", Status.NO, "the message is too large", b"TOOBIG"))
    assert events(engine, [b"b NOOP\r\n"]) == [c.Noop(b"b")]


def test_states_refuse_what_is_too_early() -> None:
    engine = ImapEngine()
    for line in (b"a SELECT x\r\n", b"a FETCH 1 UID\r\n", b"a APPEND x {3+}\r\nabc\r\n", b"a ENABLE X\r\n"):
        told = events(engine, [line])
        assert [type(event) for event in told] == [Rejected], line
    assert isinstance(events(known(State.AUTHENTICATED), [b"a FETCH 1 UID\r\n"])[0], Rejected)
    assert isinstance(events(known(), [b"a LOGIN x y\r\n"])[0], Rejected)


def test_a_failed_select_leaves_nothing_selected() -> None:
    engine = known()
    events(engine, [b"a SELECT x\r\n"])
    engine.send(Tagged(b"a", Status.NO, "no"))
    assert engine.state is State.AUTHENTICATED


def test_what_is_pipelined_behind_starttls_is_dropped() -> None:
    engine = ImapEngine()
    engine.receive(b"a STARTTLS\r\nb NOOP\r\nc LOGIN x {")
    assert engine.next_event() == c.StartTls(b"a")
    engine.upgrade()
    assert events(engine, [b"d NOOP\r\n"]) == [c.Noop(b"d")]


def test_sasl_responses() -> None:
    engine = ImapEngine()
    told = events(engine, [b"a AUTHENTICATE PLAIN\r\n", b"AGEAYg==\r\n"])
    assert told[1] == SaslResponse(b"\0a\0b")
    for bad in (b"*", b"AGEAYg=", b"!!!!", b"A" * 13_000, b"AGEAYg== "):
        assert events(ImapEngine(), [b"a AUTHENTICATE PLAIN\r\n", bad + b"\r\n"])[1:] in (
            [SaslResponse(None)],
            [Broken("line too long")],
        )
    assert events(ImapEngine(), [b"a AUTHENTICATE PLAIN =\r\n"]) == [c.Authenticate(b"a", "PLAIN", b"")]


@pytest.mark.parametrize("end", [b"\r\n", b"\n\r\n", b"\r\n\r\n"])
def test_a_response_of_an_encoder_that_breaks_lines(end: bytes) -> None:
    single = [b"AGEAYg==", *[b"%c" % octet for octet in end], b"b NOOP\r\n"]
    for chunks in ([b"".join(single)], single):
        told = events(ImapEngine(), [b"a AUTHENTICATE PLAIN\r\n", *chunks])
        assert told[1:] == [SaslResponse(b"\0a\0b"), c.Noop(b"b")]
    [_, _, _, again] = events(ImapEngine(), [b"a AUTHENTICATE PLAIN\r\n", b"AGEAYg==\r\n\r\n\r\nb NOOP\r\n"])
    assert again == c.Noop(b"b"), "only one empty line is passed over"


# --- E-1, E-2: hostile input ---------------------------------------------------------------


@pytest.mark.parametrize(
    "mark",
    ["{4294967295}", "{1000000000+}", "{" + "9" * 5000 + "}", "{-1}", "{1_0}", "{１２}", "{", "{}", "{1"],
)
@pytest.mark.parametrize("command", ["a LOGIN ", "a SEARCH TEXT ", "a APPEND x "])
def test_absurd_literals_are_refused(mark: str, command: str) -> None:
    for engine in (ImapEngine(), known()):
        told = events(engine, [f"{command}{mark}\r\n".encode()])
        assert len(told) == 1 and isinstance(told[0], Rejected | Broken), told


def test_a_million_empty_literals_cost_little() -> None:
    for engine in (ImapEngine(), known()):
        told = events(engine, [b"a LOGIN x " + b" {0+}\r\n" * 1_000_000 + b"\r\nb NOOP\r\n"])
        assert len(told) <= 2
        assert isinstance(told[0], Rejected | Broken)


def test_many_full_literals_in_one_search_are_refused() -> None:
    engine = known()
    told = events(engine, [b"a SEARCH", *[b" TEXT {100000+}\r\n" + b"y" * 100_000] * 100, b"\r\nb NOOP\r\n"])
    assert isinstance(told[0], Rejected) and told[0].reply.code == b"TOOBIG"
    assert told[-1] == c.Noop(b"b")


def held_bytes(engine: ImapEngine) -> int:
    return (
        len(engine._inbox)
        + sum(map(len, engine._literals))
        + sum(map(len, engine._pieces))
        + len(engine._text)
    )


def test_a_stranger_holds_little_memory() -> None:
    for line in (b"a" * 100, b"(" * 100, b"a LOGIN {16000+}\r\n" + b"x" * 100, b"a LOGIN {60000+}\r\n"):
        engine = ImapEngine()
        told: list[Event] = []
        for _ in range(11_000):
            told += events(engine, [line])
            assert held_bytes(engine) < 64 * 1024
            if any(isinstance(event, Broken) for event in told):
                break
        assert engine.state is State.LOGOUT or all(isinstance(event, Rejected) for event in told)


def test_long_lines_end_the_conversation() -> None:
    assert isinstance(events(ImapEngine(), [b"a NOOP " + b"x" * 9_000])[0], Broken)
    assert isinstance(events(known(), [b"a FETCH " + b"1," * 40_000 + b"1 UID\r\n"])[0], Broken)
    assert events(known(), [b"x" * 70_000, b"\r\nb LOGOUT\r\n"]) == [Broken("line too long")]


@pytest.mark.parametrize(
    "program",
    [
        b"NOT " * 5_000 + b"ALL",
        b"OR " * 5_000 + b"ALL",
        b"(" * 5_000,
        b"(" * 5_000 + b"ALL" + b")" * 5_000,
        b" ".join([b"ALL"] * 5_000),
    ],
)
def test_deep_or_endless_programs_are_refused(program: bytes) -> None:
    [told] = events(known(), [b"a SEARCH " + program + b"\r\n"])
    assert isinstance(told, Rejected) and told.reply.status is Status.BAD


def test_deep_sections_and_parentheses_are_refused() -> None:
    deep = b"a FETCH 1 BODY[" + b".".join([b"1"] * 10_000) + b"]\r\n"
    assert isinstance(events(known(), [deep])[0], Rejected)
    assert isinstance(events(known(), [b"a FETCH 1 " + b"(" * 30_000 + b"\r\n"])[0], Rejected)
    assert isinstance(events(ImapEngine(), [b"a LOGIN " + b"(" * 8_000 + b"\r\n"])[0], Rejected)


def test_a_set_as_long_as_a_line_may_be_is_read_fast() -> None:
    [told] = events(known(), [b"a FETCH " + b",".join(b"%d" % n for n in range(1, 12_000)) + b" UID\r\n"])
    assert isinstance(told, c.Fetch)
    assert told.numbers.resolved(20_000) == [(1, 11_999)]


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_or_awaited(data: bytes) -> None:
    for engine in (ImapEngine(), known()):
        for event in events(engine, [data, b"\r\n"]):
            if isinstance(event, Rejected):
                reply = engine.send(event.reply)
                assert reply.endswith(b"\r\n") and reply.count(b"\r\n") == 1


@given(st.lists(st.sampled_from(
    [b"a", b" ", b"FETCH", b"1:*", b"(", b")", b"BODY[", b"]", b"<0.5>", b"FLAGS", b"{3+}\r\nabc", b'"',
     b"\\Seen", b"SEARCH", b"UID", b"OR", b"NOT", b"STORE", b"+FLAGS", b"LIST", b"RETURN", b"STATUS",
     b"APPEND", b"\r\n", b"\0", b"\xff", b"$", b"*", b"%"]
), max_size=25))  # fmt: skip
def test_any_tokens_are_answered_or_awaited(tokens: list[bytes]) -> None:
    events(known(), [b"a ", b"".join(tokens), b"\r\n"])


def test_secrets_do_not_show() -> None:
    [told] = events(ImapEngine(), [b"a LOGIN alice hunter2\r\n"])
    assert "hunter2" not in repr(told)
