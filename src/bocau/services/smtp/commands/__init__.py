"""Which event is answered by which command."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from bocau.protocols.smtp import Reply, events
from bocau.services.smtp.commands import auth, hello, mail, message, talk, tls

Answer = Reply | tuple[Reply, ...] | None

COMMANDS: Final[dict[type, Callable[[Any, Any], Awaitable[Answer]]]] = {
    events.HelloSaid: hello.hello,
    events.MailFrom: mail.mail,
    events.RcptTo: mail.recipient,
    events.DataAsked: message.data,
    events.BodyPiece: message.piece,
    events.ChunkEnded: message.chunk_ended,
    events.MessageEnded: message.ended,
    events.MessageFaulty: message.faulty,
    events.ResetAsked: talk.reset,
    events.NoopSaid: talk.noop,
    events.HelpAsked: talk.help_,
    events.VerifyAsked: talk.verify,
    events.ExpandAsked: talk.expand,
    events.QuitAsked: talk.quit_,
    events.StartTlsAsked: tls.start_tls,
    events.AuthAsked: auth.auth,
    events.AuthResponse: auth.response,
    events.AuthCancelled: auth.cancelled,
    events.Faulty: talk.faulty,
}

IDLE: Final = frozenset(
    {
        events.ResetAsked,
        events.NoopSaid,
        events.HelpAsked,
        events.VerifyAsked,
        events.ExpandAsked,
        events.HelloSaid,
    }
)
"""Commands that a client may repeat only so often without sending a message."""
