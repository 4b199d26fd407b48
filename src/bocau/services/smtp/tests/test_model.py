"""A random client against the simplest model of a transaction: an envelope never leaks into the next one."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bocau.base.errors import MailLoop, StoreBusy
from bocau.formats.address import Address
from bocau.services.smtp.tests.stage import Stage

NAMES = st.sampled_from(["bob", "carl", "full", "nobody"])
LIMITS = {
    "message_bytes_max": 100,
    "recipients_max": 3,
    "faults_max": 9999,
    "refused_recipients_max": 9999,
    "idle_commands_max": 9999,
}


class Client(RuleBasedStateMachine):
    """`sender` and `names` are all that the server may know of the transaction."""

    PROFILE, HELLO, TLS = "mx", "EHLO", False

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(self.PROFILE, tls=self.TLS, starttls=not self.TLS, **LIMITS)
        self.stage.begin()
        self.has_greeted = False
        self.sender: str | None = None
        self.names: list[str] = []
        self.chunks = b""
        self.is_chunking = False
        self.number = 0
        self.delivered: list[tuple[str, list[str], bytes]] = []
        self.hello()

    def say(self, *lines: str | bytes) -> str:
        return self.stage.say(*lines)[-1][:3]

    def forget(self) -> None:
        self.sender, self.names, self.chunks, self.is_chunking = None, [], b"", False

    @rule()
    def hello(self) -> None:
        assert self.say(f"{self.HELLO} client.example") == "250"
        self.has_greeted = True
        self.forget()

    @rule()
    def reset(self) -> None:
        assert self.say("RSET") == "250"
        self.forget()

    @rule(line=st.sampled_from(["NOOP", "VRFY x", "HELP", "NONSENSE", "MAIL FROM:<", "RCPT TO:<>", "EXPN x"]))
    def talk(self, line: str) -> None:
        self.say(line)

    @rule(is_utf8=st.booleans())
    def mail(self, is_utf8: bool) -> None:
        self.number += 1
        name = f"s{self.number}"
        code = self.say(f"MAIL FROM:<{name}@client.example>{' SMTPUTF8' if is_utf8 else ''}")
        if self.has_greeted and self.sender is None:
            assert code == "250"
            self.sender = name
        else:
            assert code == "503"

    @rule()
    def mail_refused(self) -> None:
        assert self.say("MAIL FROM:<late@client.example> SIZE=101")[0] == "5"

    @rule(name=NAMES)
    def recipient(self, name: str) -> None:
        code = self.say(f"RCPT TO:<{name}@demo.test>")
        if self.sender is None or self.is_chunking:
            assert code == "503"
        elif len(self.names) >= LIMITS["recipients_max"]:
            assert code == "452"
        elif name == "nobody":
            assert code == "550"
        else:
            assert code == "250"
            self.names.append(name)

    @precondition(lambda self: self.names and not self.is_chunking)
    @rule(
        body=st.sampled_from([b"ok", b"..dot", b"bare\nLF", b"x" * 120]),
        error=st.sampled_from([None, None, StoreBusy("x"), MailLoop("x")]),
    )
    def data(self, body: bytes, error: Exception | None) -> None:
        assert self.say("DATA") == "354"
        self.stage.flow.error = error
        answers = self.stage.say(body, ".")
        self.stage.flow.error = None
        if error is None and body in (b"ok", b"..dot"):
            self.delivered.append((self.sender or "", self.names, body.replace(b"..", b".") + b"\r\n"))
        else:
            assert all(answer[0] in "45" for answer in answers)
        assert len(answers) == (len(self.names) if self.PROFILE == "lmtp" else 1)
        self.forget()

    @precondition(lambda self: not self.names)
    @rule()
    def data_too_early(self) -> None:
        assert self.say("DATA") == ("503" if self.sender is None else "554")
        self.forget()

    @rule(chunk=st.sampled_from([b"", b"a\r\n", b"bare\n", b"y" * 60]), is_last=st.booleans())
    def bdat(self, chunk: bytes, is_last: bool) -> None:
        is_legal = bool(self.names)
        answer = self.stage.receive(b"BDAT %d%s\r\n%s" % (len(chunk), b" LAST" if is_last else b"", chunk))
        if not is_legal:
            assert answer[:1] == b"5"
            self.forget()
            return
        self.chunks += chunk
        self.is_chunking = True
        if b"bare" in self.chunks or len(self.chunks) > 100:
            assert answer[:1] == b"5"
            self.forget()
        elif is_last:
            self.delivered.append((self.sender or "", self.names, self.chunks))
            self.forget()
        else:
            assert answer[:3] == b"250"

    @rule()
    def log_in(self) -> None:
        assert self.say("AUTH PLAIN AGFubkBkZW1vLnRlc3QAd3Jvbmc=")[0] == "5"

    @precondition(lambda self: self.stage.wire.tls is None and self.sender is None and self.has_greeted)
    @rule()
    def start_tls(self) -> None:
        assert self.say("STARTTLS") == "220"
        self.has_greeted = False
        self.forget()

    @invariant()
    def the_server_knows_what_the_model_knows(self) -> None:
        transaction = self.stage.session.transaction
        expected = None if self.sender is None else Address(self.sender, "client.example")
        assert (transaction.mail.reverse_path if transaction.mail else None) == expected
        assert [each.address.local_part for each in transaction.recipients] == self.names
        assert transaction.body.size == len(self.chunks) == self.stage.service.in_flight.bytes_taken

    @invariant()
    def the_flow_got_what_was_acknowledged(self) -> None:
        got = [
            (
                each.envelope.reverse_path.local_part if each.envelope.reverse_path else "",
                [recipient.address.local_part for recipient in each.envelope.recipients],
                each.content,
            )
            for each in self.stage.flow.arrived
        ]
        assert got == self.delivered


class LmtpClient(Client):
    PROFILE, HELLO = "lmtp", "LHLO"


FEW = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestMx = Client.TestCase
TestMx.settings = FEW
TestLmtp = LmtpClient.TestCase
TestLmtp.settings = FEW
