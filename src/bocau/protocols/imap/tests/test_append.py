"""APPEND's larger grammar: CATENATE and REPLACE, whatever the chunks; and what it refuses (E-1, E-2)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.protocols.imap import Event, ImapEngine, State
from bocau.protocols.imap import commands as c
from bocau.protocols.imap.append import (
    AppendChunk,
    AppendEnd,
    AppendJoined,
    AppendMessage,
    AppendText,
    AppendUrl,
    Replaced,
    ReplaceMessage,
)
from bocau.protocols.imap.replies import Broken, Ready, Rejected, Status, Tagged
from bocau.protocols.imap.sets import STAR, NumberSet
from bocau.protocols.imap.tests.test_engine import events, held_bytes, known

CONVERSATION = (
    b'a1 APPEND {3+}\r\nbox (\\Seen k) "17-Jul-1996 02:44:25 +0200" CATENATE (URL "/x/;UID=1"'
    b" TEXT {5+}\r\nhello URL {4}\r\n;x=1 URL y TEXT ~{0+}\r\n)"
    b" {3+}\r\nabc CATENATE (URL z) UTF8 (~{2+}\r\nde)\r\n"
    b"a2 UID REPLACE 7 box CATENATE (UTF8 (~{3+}\r\nabc))\r\na3 replace * {3+}\r\nbox (x) {3+}\r\nabc\r\n"
    b"a4 APPEND box CATENATE (URL {9000+}\r\n"
    + b"u"
    * 9000
    + b")\r\na5 REPLACE 1 box {3+}\r\nabc {1+}\r\nx\r\n"
    b"a6 APPEND box CATENATE (TEXT {9000000+}\r\n"
)


@given(st.lists(st.integers(1, len(CONVERSATION) - 1), max_size=30))
def test_chunks_do_not_matter(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(CONVERSATION)]
    chunks = [CONVERSATION[low:high] for low, high in pairwise(edges) if low < high]
    assert events(known(), chunks) == events(known(), [CONVERSATION])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
def test_every_chunk_size(size: int) -> None:
    chunks = [CONVERSATION[at : at + size] for at in range(0, len(CONVERSATION), size)]
    assert events(known(), chunks) == events(known(), [CONVERSATION])


def test_one_conversation() -> None:
    told = events(known(), [CONVERSATION])
    first = AppendMessage(b"a1", "box", ("\\Seen", "k"), 837564265, 0, True, is_catenated=True)
    old = Replaced(NumberSet(((7, 7),)), by_uid=True)
    assert told == [
        *(first, AppendUrl(b"/x/;UID=1"), AppendText(5), AppendChunk(b"hello", True), Ready()),
        *(AppendUrl(b";x=1"), AppendUrl(b"y"), AppendText(0), AppendChunk(b"", True), AppendJoined()),
        *(AppendMessage(b"a1", "box", (), None, 3, False), AppendChunk(b"abc", True)),
        *(AppendMessage(b"a1", "box", (), None, 0, False, is_catenated=True), AppendUrl(b"z")),
        *(AppendJoined(), AppendMessage(b"a1", "box", (), None, 2, False, True), AppendChunk(b"de", True)),
        AppendEnd(b"a1"),
        ReplaceMessage(b"a2", "box", (), None, 0, True, False, True, old),
        *(AppendText(3), AppendChunk(b"abc", True), AppendJoined(), AppendEnd(b"a2")),
        ReplaceMessage(
            *(b"a3", "box", ("x",), None, 3, True, False, False),
            Replaced(NumberSet(((STAR, STAR),)), by_uid=False),
        ),
        *(AppendChunk(b"abc", True), AppendEnd(b"a3")),
        Rejected(Tagged(b"a4", Status.NO, "the message is too large", b"TOOBIG")),
        ReplaceMessage(
            *(b"a5", "box", (), None, 3, True, False, False), Replaced(NumberSet(((1, 1),)), by_uid=False)
        ),
        AppendChunk(b"abc", True),
        Rejected(Tagged(b"a5", Status.BAD, "REPLACE takes one message")),
    ]


@pytest.mark.parametrize(
    "command",
    [
        *(
            b"CATENATE ()",
            b"CATENATE (",
            b"CATENATE (URL)",
            b"CATENATE (URL x",
            b"CATENATE (URL x )",
            b"CATENATE",
        ),
        *(b'CATENATE (TEXT "x")', b"CATENATE (URL x)x", b"CATENATE (URL x) ", b"CATENATE (URL x URL)", b""),
        *(b"CATENATE (URL " + b"(" * 60_000, b"(" * 60_000, b"CATENATE (URL x TEXT)", b"CATENATE (URL x)) "),
        *(b"CATENATE (URL " + b'"' * 60_000, b"CATENATE " * 7_000, b"CATENATE (UTF8 x)", b"UTF8 (x)", b"{3"),
        b"CATENATE (URL x TEXT {" + b"9" * 5000 + b"}",
    ],
    ids=range(21),
)
def test_broken_catenations_are_refused_and_the_next_command_is_read(command: bytes) -> None:
    engine = known()
    told = events(engine, [b"a APPEND x " + command + b"\r\nb NOOP\r\n"])
    refused = [event for event in told if isinstance(event, Rejected)]
    assert len(refused) == 1 and refused[0].reply.tag == b"a" and refused[0].reply.status is Status.BAD
    assert told[-1] == c.Noop(b"b")


@pytest.mark.parametrize("number", [b"0", b"-1", b"1:2", b"$", b"4294967296", b"9" * 64, b"1,2"])
def test_replace_takes_one_number(number: bytes) -> None:
    for form in (b"a REPLACE ", b"a UID REPLACE "):
        [told] = events(known(), [form + number + b" x {3}\r\n"])
        assert isinstance(told, Rejected) and told.reply.status is Status.BAD


def test_replace_needs_a_selected_mailbox() -> None:
    for state in (State.AUTHENTICATED, State.NOT_AUTHENTICATED):
        [told] = events(known(state), [b"a REPLACE 1 x {3+}\r\nabc\r\n"])
        assert isinstance(told, Rejected) and told.reply.status is Status.BAD


def refuse_all(engine: ImapEngine, data: bytes, *, at: type[object]) -> list[Event | bytes]:
    """What is told when the session refuses at the first event of one kind, and what it writes then."""
    told: list[Event | bytes] = []
    engine.receive(data)
    while (event := engine.next_event()) is not None:
        told.append(event)
        if isinstance(event, at):
            told.append(engine.refuse(Tagged(b"a", Status.NO, "no")))
        elif isinstance(event, AppendMessage | AppendUrl | AppendText):
            engine.accept()
    return told


@pytest.mark.parametrize("at", [AppendMessage, AppendUrl, AppendText, AppendChunk, AppendJoined])
def test_a_refusal_at_any_step_leaves_the_next_command(at: type[object]) -> None:
    command = (
        b"a APPEND x CATENATE (URL u TEXT {3+}\r\nabc) CATENATE (TEXT {20+}\r\nz LOGOUT\r\nz LOGOUT\r\n)\r\n"
    )
    told = refuse_all(known(), command + b"b NOOP\r\n", at=at)
    assert Rejected(Tagged(b"a", Status.NO, "no")) in told and told[-1] == c.Noop(b"b")


def test_a_refusal_at_the_last_step_is_answered_at_once() -> None:
    told = refuse_all(known(), b"a APPEND x CATENATE (URL u)\r\nb NOOP\r\n", at=AppendUrl)
    assert told[2:] == [b"a NO no\r\n", c.Noop(b"b")]
    told = refuse_all(known(), b"a APPEND x CATENATE (URL u TEXT {3}\r\nb NOOP\r\n", at=AppendUrl)
    assert told[2:] == [b"a NO no\r\n", c.Noop(b"b")]


def test_too_many_messages_or_parts_are_refused() -> None:
    parts = b"a APPEND x CATENATE (" + b" ".join([b"URL y"] * 1001) + b")\r\n"
    messages = b"a APPEND x " + b" ".join([b"CATENATE (URL y)"] * 1001) + b"\r\n"
    for line in (parts, messages):
        [told] = events(known(), [line])
        assert isinstance(told, Rejected) and told.reply.code == b"LIMIT"


@pytest.mark.timeout(20)
def test_a_million_literal_urls_cost_little() -> None:
    engine = known()
    told = events(engine, [b"a APPEND x CATENATE (", *[b"URL {1+}\r\nx " * 1000] * 1000, b")\r\nb NOOP\r\n"])
    assert any(isinstance(event, Rejected | Broken) for event in told[:1002])
    assert held_bytes(engine) < 64 * 1024


TOKENS = (
    *(b" ", b"CATENATE", b"(", b")", b"URL", b"TEXT", b"UTF8", b"{3+}\r\nabc", b"~{0+}\r\n", b'"x"', b"x"),
    *(b"\\Seen", b'"17-Jul-1996 02:44:25 +0200"', b"\r\n", b"\r\na REPLACE 1 x", b"\r\na UID REPLACE * x"),
    b"CATENATE (URL x",
)


@given(st.lists(st.sampled_from(TOKENS), max_size=25))
def test_any_tokens_are_answered_or_awaited(tokens: list[bytes]) -> None:
    events(known(), [b"a APPEND x ", b"".join(tokens), b"\r\n"])
