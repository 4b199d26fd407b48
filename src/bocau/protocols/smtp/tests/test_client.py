"""The client engine against scripted servers, in every chunk size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import PeerGone, SequenceFault, SyntaxFault, TooLong
from bocau.formats.address import parse_address
from bocau.protocols.sasl.client import LoginClient, PlainClient
from bocau.protocols.smtp.client import (
    BodyWanted,
    Done,
    Event,
    ForwardPath,
    Refusal,
    SmtpClient,
    Step,
    Transaction,
    TransactionOver,
)
from bocau.protocols.smtp.client_body import DotStuffer
from bocau.protocols.smtp.events import Body

BODY = b"Subject: x\r\n\r\n.dot\r\n"
CHUNKS = (1, 2, 3, 7, 10_000)


def transaction(*names: str, body: Body = Body.EIGHT_BIT, size: int = len(BODY)) -> Transaction:
    paths = tuple(ForwardPath(parse_address(f"{name}@there.test")) for name in names or ("x",))
    return Transaction(parse_address("a@here.test"), paths, size, body)


def say(client: SmtpClient, text: str, chunk: int = 10_000) -> list[Event]:
    """The server says lines, in pieces; returns the events."""
    events = []
    data = text.replace("\n", "\r\n").encode()
    for start in range(0, len(data), chunk):
        client.receive(data[start : start + chunk])
        while (event := client.next_event()) is not None:
            events.append(event)
    return events


def sent(client: SmtpClient) -> str:
    return b"".join(client.take()).decode().replace("\r\n", "\n")


def greeted(*extensions: str) -> SmtpClient:
    client = SmtpClient("mail.here.test")
    say(client, "220 hi\n")
    client.hello()
    assert sent(client) == "EHLO mail.here.test\n"
    lines = ["there.test", *extensions]
    say(client, "".join(f"250{'-' if i < len(lines) - 1 else ' '}{line}\n" for i, line in enumerate(lines)))
    return client


@pytest.mark.parametrize("chunk", CHUNKS)
def test_pipelined_envelope_and_body_by_data(chunk: int) -> None:
    client = greeted("PIPELINING", "SIZE 1000", "8BITMIME")
    assert not client.begin(transaction("x", "y"))
    assert sent(client) == (
        f"MAIL FROM:<a@here.test> SIZE={len(BODY)} BODY=8BITMIME\n"
        "RCPT TO:<x@there.test>\nRCPT TO:<y@there.test>\nDATA\n"
    )
    assert say(client, "250 ok\n250 ok\n550-5.1.1 no\n550 5.1.1 such user\n354 go\n", chunk) == [BodyWanted()]
    client.body(BODY)
    client.end_body()
    assert sent(client) == "Subject: x\n\n..dot\n.\n"
    assert say(client, "250 2.0.0 taken\n", chunk) == [TransactionOver()]
    assert client.answers[0].is_delivered and not client.answers[1].is_delivered
    assert client.answers[1].reply.lines == ("no", "such user")


@pytest.mark.parametrize("chunk", CHUNKS)
def test_lockstep_without_pipelining(chunk: int) -> None:
    client = greeted()
    client.begin(transaction("x", "y"))
    for command, reply in (
        ("MAIL FROM:<a@here.test>\n", "250 ok\n"),
        ("RCPT TO:<x@there.test>\n", "450 later\n"),
        ("RCPT TO:<y@there.test>\n", "250 ok\n"),
    ):
        assert sent(client) == command
        assert say(client, reply, chunk) == []
    assert sent(client) == "DATA\n"
    assert say(client, "354 go\n", chunk) == [BodyWanted()]


def test_small_body_goes_with_its_envelope_by_bdat() -> None:
    client = greeted("PIPELINING", "CHUNKING")
    assert client.begin(transaction())
    client.body(BODY)
    client.end_body()
    assert sent(client).endswith(f"RCPT TO:<x@there.test>\nBDAT {len(BODY)} LAST\nSubject: x\n\n.dot\n")
    assert not client.is_outcome_unknown
    say(client, "250 ok\n250 ok\n")
    assert client.is_outcome_unknown
    assert say(client, "250 taken\n") == [TransactionOver()]
    assert client.answers[0].is_delivered


def test_large_body_waits_for_a_recipient() -> None:
    client = greeted("PIPELINING", "CHUNKING")
    assert not client.begin(transaction(size=10**6))
    assert "BDAT" not in sent(client)
    assert say(client, "250 ok\n250 ok\n") == [BodyWanted()]
    assert sent(client) == "BDAT 1000000 LAST\n"


def test_eager_bdat_with_everybody_refused() -> None:
    client = greeted("PIPELINING", "CHUNKING")
    client.begin(transaction("x", "y"))
    client.body(BODY)
    client.end_body()
    assert say(client, "250 ok\n550 no\n450 later\n503 no recipients\n") == [TransactionOver()]
    assert [client.answers[i].reply.code for i in (0, 1)] == [550, 450]


def test_a_refused_body_is_followed_by_rset_and_a_taken_one_is_not() -> None:
    client = greeted("PIPELINING", "CHUNKING")
    for reply, first_command in (("554 no recipients", "MAIL"), ("250 taken", "RSET"), ("250 taken", "MAIL")):
        client.begin(transaction())
        client.body(BODY)
        client.end_body()
        words = sent(client)
        assert words.startswith(first_command)
        if first_command == "RSET":
            say(client, "250 reset\n")
        say(client, f"250 ok\n{'550 no' if reply[0] == '5' else '250 ok'}\n{reply}\n")


def test_everybody_refused_although_354_gets_an_empty_message() -> None:
    client = greeted("PIPELINING")
    client.begin(transaction())
    sent(client)
    assert say(client, "250 ok\n550 no\n354 go on then\n") == []
    assert sent(client) == ".\n"
    assert say(client, "250 whatever\n") == [TransactionOver()]
    assert client.answers[0].reply.code == 550 and not client.answers[0].is_delivered


def test_refused_sender_speaks_for_all_and_needs_a_reset() -> None:
    client = greeted("PIPELINING")
    client.begin(transaction("x", "y"))
    sent(client)
    assert say(client, "550 5.7.1 not you\n503 no\n503 no\n503 no\n") == [TransactionOver()]
    assert {a.step for a in client.answers.values()} == {Step.MAIL}
    client.begin(transaction())
    assert sent(client).startswith("RSET\nMAIL FROM")
    assert say(client, "250 ok\n250 ok\n250 ok\n354 go\n") == [BodyWanted()]


def test_no_reset_after_a_whole_transaction() -> None:
    client = greeted("PIPELINING")
    for _ in range(2):
        client.begin(transaction())
        assert sent(client).startswith("MAIL FROM")
        say(client, "250 ok\n250 ok\n354 go\n")
        client.end_body()
        sent(client)
        say(client, "250 ok\n")


def test_positive_nonsense_is_a_passing_failure() -> None:
    client = greeted("PIPELINING")
    client.begin(transaction())
    assert say(client, "250 ok\n250 ok\n250 ok?\n") == [TransactionOver()]
    assert client.answers[0].reply.code == 451


def test_answers_so_far_survive_a_closing_server() -> None:
    client = greeted("PIPELINING")
    client.begin(transaction("x", "y", "z"))
    with pytest.raises(PeerGone):
        say(client, "250 ok\n550 no\n421 closing\n")
    assert {i: a.reply.code for i, a in client.answers.items()} == {0: 550, 1: 421}


def test_helo_when_ehlo_is_unknown() -> None:
    client = SmtpClient("me.test")
    say(client, "220 old\n")
    client.hello()
    assert say(client, "500 what\n") == []
    assert sent(client) == "EHLO me.test\nHELO me.test\n"
    (event,) = say(client, "250 hello\n")
    assert isinstance(event, Done) and client.extensions.offered == {}


def test_refusals_of_the_session() -> None:
    client = SmtpClient("me.test")
    (event,) = say(client, "554 go away\n")
    assert isinstance(event, Refusal) and (event.step, event.reply.code) == (Step.GREETING, 554)


def test_tls_forgets_everything_said_in_clear() -> None:
    client = greeted("STARTTLS", "AUTH PLAIN")
    client.start_tls()
    client.receive(b"220 go\r\n250 injected\r\n250-evil\r\n")
    assert isinstance(client.next_event(), Done)
    client.secured()
    assert "AUTH" not in client.extensions
    client.hello()
    say(client, "250 there.test\n")
    assert client.extensions.offered == {}


def test_reply_to_nothing_is_a_fault() -> None:
    client = greeted()
    with pytest.raises(SequenceFault):
        say(client, "250 surprise\n")


@pytest.mark.parametrize("text", ["hello\n", "25\n", "2500 x\n", "250_x\n", "\n", "+250 x\n", "２５０ x\n"])
def test_garbage_is_a_fault(text: str) -> None:
    with pytest.raises(SyntaxFault):
        say(SmtpClient("me.test"), text)


@pytest.mark.parametrize("piece", ["220-more\n", "2" * 100])
def test_endless_replies_are_cut(piece: str) -> None:
    client = SmtpClient("me.test")
    with pytest.raises(TooLong):
        for _ in range(10_000):
            say(client, piece)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_authentication(chunk: int) -> None:
    client = greeted("AUTH=PLAIN LOGIN")
    assert client.extensions.mechanisms == {"PLAIN", "LOGIN"}
    client.authenticate(PlainClient("me", "secret"))
    assert sent(client) == "AUTH PLAIN AG1lAHNlY3JldA==\n"
    (event,) = say(client, "535 5.7.8 no\n", chunk)
    assert isinstance(event, Refusal) and event.step is Step.AUTH
    client.authenticate(LoginClient("me", "secret"))
    assert say(client, "334 VXNlcm5hbWU6\n334 UGFzc3dvcmQ6\n", chunk) == []
    assert sent(client) == "AUTH LOGIN\nbWU=\nc2VjcmV0\n"
    (event,) = say(client, "235 2.7.0 ok\n", chunk)
    assert isinstance(event, Done)


def test_bad_challenges_are_faults() -> None:
    for text, fault in (("334 ***\n", SyntaxFault), ("334 \n334 \n334 \n", SequenceFault)):
        client = greeted("AUTH LOGIN")
        client.authenticate(LoginClient("me", "secret"))
        with pytest.raises(fault):
            say(client, text)


def test_unfit_servers() -> None:
    client = greeted("SIZE 100")
    assert client.unfit(transaction(size=100)) is None
    too_large = client.unfit(transaction(size=101))
    binary = client.unfit(transaction(body=Body.BINARY))
    assert (too_large and too_large.enhanced, binary and binary.enhanced) == ("5.3.4", "5.6.1")
    assert greeted("SIZE").unfit(transaction(size=10**9)) is None
    assert greeted("SIZE 0").unfit(transaction(size=10**9)) is None


@pytest.mark.parametrize(
    ("words", "limit"),
    [("RCPTMAX=5", 5), ("MAILMAX=1 RCPTMAX=7", 7), ("RCPTMAX=0", 100), ("RCPTMAX=x", 100), ("", 100)],
)
def test_stated_limit_of_recipients(words: str, limit: int) -> None:
    assert greeted(f"LIMITS {words}").extensions.recipients_max == limit


def unstuffed(wire: bytes) -> bytes:
    """What a strict server makes of it; the end may be at the very end only."""
    assert (b"\r\n" + wire).find(b"\r\n.\r\n") == len(wire) - 3
    return (b"\r\n" + wire[:-3]).replace(b"\r\n..", b"\r\n.")[2:]


@given(st.lists(st.text(alphabet=".\r\nx", max_size=8).map(str.encode), max_size=8))
def test_only_the_end_looks_like_the_end(pieces: list[bytes]) -> None:
    stuffer = DotStuffer()
    wire = b"".join([stuffer.piece(piece) for piece in pieces]) + stuffer.end()
    assert wire.count(b"\n") == wire.count(b"\r\n") == wire.count(b"\r")
    whole = DotStuffer()
    assert wire == whole.piece(b"".join(pieces)) + whole.end()
    if not unstuffed(wire).startswith(b"."):
        assert unstuffed(wire).count(b"x") == b"".join(pieces).count(b"x")


@given(st.lists(st.sampled_from([b".", b"..", b"x", b"", b".x", b"x."]), max_size=6), st.integers(1, 9))
def test_clean_content_comes_out_as_it_was(lines: list[bytes], chunk: int) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    stuffer = DotStuffer()
    wire = (
        b"".join(stuffer.piece(content[i : i + chunk]) for i in range(0, len(content), chunk)) + stuffer.end()
    )
    assert unstuffed(wire) == content
