"""The simplest server there can be over the engine: fixed answers, `nobody` is refused, `full` is full."""

from bocau.protocols.smtp import BodyLimits, Dialect, Reply, ServerEngine
from bocau.protocols.smtp import events as ev

KEYWORDS = (
    "PIPELINING|SIZE 1|8BITMIME|SMTPUTF8|ENHANCEDSTATUSCODES|CHUNKING|BINARYMIME|DSN|LIMITS RCPTMAX=9|HELP"
)

FAULTS = {
    ev.Fault.UNKNOWN_COMMAND: Reply(500, "5.5.2", "?"),
    ev.Fault.BAD_LINE: Reply(500, "5.5.2", "?"),
    ev.Fault.LINE_TOO_LONG: Reply(500, "5.5.2", "?"),
    ev.Fault.BAD_SENDER: Reply(553, "5.1.7", "?"),
    ev.Fault.BAD_RECIPIENT: Reply(553, "5.1.3", "?"),
    ev.Fault.BAD_PARAMETER: Reply(555, "5.5.4", "?"),
    ev.Fault.OUT_OF_SEQUENCE: Reply(503, "5.5.1", "?"),
    ev.Fault.NO_RECIPIENTS: Reply(554, "5.5.1", "?"),
    ev.Fault.BARE_LINE_END: Reply(550, "5.6.0", "?"),
    ev.Fault.MESSAGE_TOO_LARGE: Reply(552, "5.3.4", "?"),
    ev.Fault.NEVER_ENDING_BODY: Reply(552, "5.3.4", "?"),
    ev.Fault.BARE_LF: Reply(521, "5.5.2", "?"),
    ev.Fault.NOT_SMTP: Reply(521, "5.5.2", "?"),
    ev.Fault.EARLY_INPUT: Reply(554, "5.5.0", "?"),
    ev.Fault.TOO_MUCH_JUNK: Reply(421, "4.7.0", "?"),
}


class Responder:
    """A player for transcripts; `messages` are what was accepted, each (sender, recipients, body)."""

    def __init__(self, about: dict[str, str]) -> None:
        is_lmtp = about.get("profile") == "lmtp"
        self.engine = ServerEngine(
            Dialect.LMTP if is_lmtp else Dialect.SMTP,
            BodyLimits(
                int(about.get("message_bytes_max", 1_000_000)), int(about.get("discard_bytes_max", 1_000_000))
            ),
        )
        self.is_over = False
        self.messages: list[tuple[str, tuple[str, ...], bytes]] = []
        self._reset()

    def _reset(self) -> None:
        self._sender = ""
        self._recipients: list[str] = []
        self._body = b""

    def begin(self) -> bytes:
        return self.engine.send(Reply(220, "", "test"))

    def upgrade(self) -> None:
        self.engine.upgraded()

    def receive(self, data: bytes) -> bytes:
        self.engine.receive(data)
        out = b""
        while (event := self.engine.next_event()) is not None:
            replies = self._answer(event)
            out += self.engine.send(*replies) if replies else b""
        self.is_over = self.engine.state.name == "CLOSED"
        return out

    def _answer(self, event: ev.Event) -> list[Reply]:
        match event:
            case ev.HelloSaid(verb, _):
                self._reset()
                return [
                    Reply(250, "", *("test|" + KEYWORDS).split("|"))
                    if verb != "HELO"
                    else Reply(250, "", "test")
                ]
            case ev.MailFrom(sender):
                if not (event.is_ascii or event.smtputf8):
                    return [Reply(553, "5.6.7", "?")]
                self._sender, self._utf8 = str(sender or ""), event.smtputf8
                return [Reply(250, "2.1.0", "ok")]
            case ev.RcptTo(address):
                return [self._recipient(event, address.local_part)]
            case ev.DataAsked():
                return [Reply(354, "", "go")]
            case ev.BodyPiece(data):
                self._body += data
                return []
            case ev.ChunkEnded(data, size):
                self._body += data
                return [Reply(250, "2.0.0", f"{size} octets received")]
            case ev.MessageEnded(data):
                return self._message(self._body + data)
            case ev.MessageFaulty(fault):
                self._reset()
                return [FAULTS[fault]] * self.engine.replies_due
            case ev.Faulty(fault):
                return [FAULTS.get(fault, Reply(501, "5.5.4", "?"))]
            case ev.VerifyAsked():
                return [Reply(252, "2.5.0", "?")]
            case ev.ExpandAsked():
                return [Reply(502, "5.5.1", "no")]
            case ev.HelpAsked():
                return [Reply(214, "2.0.0", "help", "yourself")]
            case ev.QuitAsked():
                return [Reply(221, "2.0.0", "bye")]
            case ev.StartTlsAsked():
                return [Reply(220, "2.0.0", "go")]
            case ev.ResetAsked():
                self._reset()
        return [Reply(250, "2.0.0", "ok")]

    def _recipient(self, event: ev.RcptTo, local_part: str) -> Reply:
        if not (event.is_ascii or self._utf8):
            return Reply(553, "5.6.7", "?")
        if local_part.startswith("nobody"):
            return Reply(550, "5.1.1", "no such user")
        self._recipients.append(local_part)
        return Reply(250, "2.1.5", "ok")

    def _message(self, body: bytes) -> list[Reply]:
        self.messages.append((self._sender, tuple(self._recipients), body))
        replies = [
            Reply(452, "4.2.2", "full") if name == "full" else Reply(250, "2.0.0", "Ok 1")
            for name in self._recipients[: self.engine.replies_due]
        ]
        self._reset()
        return replies
