"""The engine: the order of things, limits of lines, and independence from chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.protocols.smtp import Reply, ServerEngine, State
from bocau.protocols.smtp.events import Fault, Faulty, HelloSaid
from bocau.protocols.smtp.limits import AUTH_BYTES_MAX, COMMAND_BYTES_MAX, JUNK_BYTES_MAX
from bocau.protocols.smtp.states import NEXT
from bocau.protocols.smtp.tests.responder import Responder
from bocau.protocols.smtp.tests.test_data import split

OK = Reply(250, "2.0.0", "ok")
NO = Reply(550, "5.0.0", "no")


def greeted() -> ServerEngine:
    engine = ServerEngine()
    engine.send(Reply(220, "", "hi"))
    return engine


def test_an_event_must_be_answered_first():
    engine = greeted()
    engine.receive(b"NOOP\r\nNOOP\r\n")
    engine.next_event()
    with pytest.raises(AssertionError):
        engine.next_event()


def test_nothing_can_be_said_unasked_but_421():
    engine = greeted()
    with pytest.raises(AssertionError):
        engine.send(OK)
    assert engine.send(Reply(421, "4.4.2", "silent")).startswith(b"421")
    engine.receive(b"NOOP\r\n")
    assert engine.next_event() is None


def test_a_refused_command_leaves_the_state():
    engine = greeted()
    for line, reply, state in (
        (b"EHLO c.example\r\n", NO, State.START),
        (b"EHLO c.example\r\n", OK, State.READY),
        (b"MAIL FROM:<>\r\n", NO, State.READY),
        (b"MAIL FROM:<>\r\n", OK, State.MAIL),
        (b"RCPT TO:<a@b.example>\r\n", NO, State.MAIL),
        (b"RCPT TO:<a@b.example>\r\n", OK, State.RCPT),
        (b"RCPT TO:<a@b.example>\r\n", NO, State.RCPT),
        (b"DATA\r\n", NO, State.RCPT),
        (b"RSET\r\n", OK, State.READY),
        (b"AUTH PLAIN\r\n", Reply(334, "", ""), State.AUTH),
        (b"Zm9v\r\n", NO, State.READY),
        (b"AUTH PLAIN\r\n", Reply(334, "", ""), State.AUTH),
        (b"not base64\r\n", NO, State.READY),
        (b"QUIT\r\n", OK, State.CLOSED),
    ):
        engine.receive(line)
        assert engine.next_event() is not None
        engine.send(reply)
        assert engine.state is state, line


def test_every_state_of_the_table_can_be_reached():
    reached = {State.CONNECTED, State.AUTH}  # AUTH: by 334
    for _ in State:
        reached |= {after for (before, _), after in NEXT.items() if before in reached}
    assert reached == set(State)


def fault_of(engine: ServerEngine, *chunks: bytes) -> Fault | None:
    for chunk in chunks:
        engine.receive(chunk)
        event = engine.next_event()
        if event is not None:
            return event.fault if isinstance(event, Faulty) else None
    raise AssertionError("no event")


def test_line_limits():
    longest = b"NOOP ".ljust(COMMAND_BYTES_MAX, b"x")
    assert fault_of(greeted(), longest + b"\r\n") is None
    assert fault_of(greeted(), longest + b"x\r\n") is Fault.LINE_TOO_LONG
    engine = greeted()
    assert fault_of(engine, longest, b"x", b"x" * 5000 + b"\r", b"\nNOOP\r\n") is Fault.LINE_TOO_LONG
    engine.send(NO)
    assert engine.next_event() is not None


def test_auth_lines_may_be_longer():
    for engine in (greeted(), greeted()):
        engine.receive(b"EHLO c.example\r\n")
        engine.next_event()
        engine.send(OK)
        assert (
            fault_of(engine, b"AUTH PLAIN ".ljust(AUTH_BYTES_MAX - 1, b"A") + b"\r\n")
            is not Fault.LINE_TOO_LONG
        )
    engine.send(Reply(334, "", ""))
    assert fault_of(engine, b"A" * (AUTH_BYTES_MAX - 3), b"AA", b"A" * 10, b"\r\n") is Fault.LINE_TOO_LONG


def test_junk_without_end_is_counted_not_kept():
    engine = greeted()
    sent = 0
    while (event := engine.next_event()) is None:
        engine.receive(b"x" * 1000)
        sent += 1000
        assert len(engine._inbox) <= COMMAND_BYTES_MAX + 1002
    assert event == Faulty(Fault.TOO_MUCH_JUNK) and sent <= JUNK_BYTES_MAX + 2000
    engine.send(Reply(421, "4.7.0", "enough"))
    engine.receive(b"NOOP\r\n")
    assert engine.next_event() is None


@pytest.mark.parametrize("early", [b"EHLO c.example\r\nMAIL FROM:<>\r\n", b"HELO c.example\r\nN"])
def test_nothing_may_come_with_the_first_hello(early):
    assert fault_of(greeted(), early) is Fault.EARLY_INPUT


def test_a_body_before_354_ends_the_conversation():
    server = Responder({})
    server.begin()
    server.receive(b"HELO c.example\r\n")
    heard = server.receive(
        b"MAIL FROM:<>\r\nRCPT TO:<bob@demo.test>\r\nDATA\r\nMAIL FROM:<smug@x.example>\r\n.\r\n"
    )
    assert [line[:3] for line in heard.split(b"\r\n")] == [b"250", b"250", b"554", b""]
    assert server.is_over and not server.messages


def test_starttls_with_company_is_refused():
    """A-7: CVE-2011-0411, CVE-2021-33515."""
    server = Responder({})
    server.begin()
    server.receive(b"HELO c.example\r\n")
    assert server.receive(b"STARTTLS\r\nNOOP\r\n").startswith(b"554")
    assert server.is_over


def test_tls_forgets_what_was_said():
    server = Responder({})
    server.begin()
    server.receive(b"HELO c.example\r\n")
    assert server.receive(b"STARTTLS\r\n").startswith(b"220")
    server.engine.receive(b"NOOP\r\n")
    server.upgrade()
    assert server.receive(b"") == b""
    assert server.receive(b"MAIL FROM:<>\r\n").startswith(b"503")


COMMANDS = st.sampled_from(
    [
        b"MAIL FROM:<a@c.example>\r\n",
        b"MAIL FROM:<a@c.example> BODY=BINARYMIME\r\n",
        b"RCPT TO:<bob@demo.test>\r\n",
        b"RCPT TO:<nobody@demo.test>\r\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"nonsense\r\n",
        b"NO\rOP\r\n",
        b"\r\n",
        b"NOOP\n",
        b"BDAT 5\r\nab\r\nc",
        b"BDAT 3\r\nabc",
        b"BDAT 0 LAST\r\n",
        b"BDAT 2 LAST\r\n\r\n",
        b"BDAT x\r\n",
        b"BDAT 99999 LAST\r\n",
        b"x" * (COMMAND_BYTES_MAX + 9) + b"\r\n",
    ]
)


@given(st.lists(COMMANDS, max_size=12), st.lists(st.integers(0, 400), max_size=8))
def test_chunks_never_matter(commands, at):
    heard, messages = [], []
    for chunks in ([b"".join(commands)], commands, split(b"".join(commands), at)):
        server = Responder({})
        server.begin()
        server.receive(b"HELO c.example\r\n")
        heard.append(b"".join(server.receive(chunk) for chunk in chunks if chunk))
        messages.append(server.messages)
    assert heard[0] == heard[1] == heard[2]
    assert messages[0] == messages[1] == messages[2]


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_any_input_is_survived(chunks):
    server = Responder({})
    server.begin()
    server.receive(b"EHLO c.example\r\n")
    for chunk in chunks:
        server.receive(chunk or b"\r\n")


def test_hello_names_are_kept():
    engine = greeted()
    engine.receive(b"EHLO [IPv6:2001:db8::1]\r\n")
    event = engine.next_event()
    assert isinstance(event, HelloSaid) and event.name == "[IPv6:2001:db8::1]"
