"""Everything an SMTP session can say, made once (RFC 5321 §4.2.3, RFC 3463, RFC 4954 §6)."""

from base64 import b64encode
from typing import Final

from bocau.protocols.smtp import Reply
from bocau.protocols.smtp.events import Fault

SENDER_OK: Final = Reply(250, "2.1.0", "Sender ok")
RECIPIENT_OK: Final = Reply(250, "2.1.5", "Recipient ok")
START_MAIL: Final = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
RESET: Final = Reply(250, "2.0.0", "Ok")
NOOP: Final = Reply(250, "2.0.0", "Ok")
CANNOT_VERIFY: Final = Reply(252, "2.5.0", "Send some mail, and I will try to deliver it")
NO_EXPN: Final = Reply(502, "5.5.1", "EXPN is not offered here")
HELP: Final = Reply(
    214,
    "2.0.0",
    "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP STARTTLS AUTH",
    "RFC 5321 says how to speak; postmaster says why mail was refused",
)

READY_FOR_TLS: Final = Reply(220, "2.0.0", "Ready to start TLS")
TLS_UNAVAILABLE: Final = Reply(454, "4.7.0", "TLS is not available")
TLS_ALREADY: Final = Reply(503, "5.5.1", "TLS is already active")
TLS_FIRST: Final = Reply(530, "5.7.0", "Must issue a STARTTLS command first")

LOGIN_FIRST: Final = Reply(530, "5.7.0", "Authentication required")
LOGIN_NEEDS_TLS: Final = Reply(538, "5.7.11", "Encryption required for authentication")
LOGIN_NOT_OFFERED: Final = Reply(502, "5.5.1", "AUTH is not offered here")
LOGIN_ALREADY: Final = Reply(503, "5.5.1", "Already authenticated")
LOGIN_UNKNOWN_MECHANISM: Final = Reply(504, "5.5.4", "Unrecognized authentication mechanism")
LOGIN_CANCELLED: Final = Reply(501, "5.7.0", "Authentication cancelled")
LOGIN_OK: Final = Reply(235, "2.7.0", "Authentication successful")

TOO_LARGE: Final = Reply(552, "5.3.4", "Message is larger than this server takes")
TOO_MANY_RECIPIENTS: Final = Reply(452, "4.5.3", "Too many recipients")
NEEDS_SMTPUTF8: Final = Reply(553, "5.6.7", "Address needs SMTPUTF8")
OVERLOADED: Final = Reply(452, "4.3.1", "Too much mail at once, try again later")

TOO_MANY_FAULTS: Final = Reply(421, "4.7.0", "Too many errors")
TOO_MANY_GUESSES: Final = Reply(421, "4.7.0", "Too many unknown recipients")
TOO_MANY_IDLE_COMMANDS: Final = Reply(421, "4.7.0", "Too many commands without a message")
SILENT: Final = Reply(421, "4.4.2", "Silent for too long")
STOPPING: Final = Reply(421, "4.3.2", "Server is shutting down")
BROKEN: Final = Reply(421, "4.3.0", "Internal error")

FAULTS: Final[dict[Fault, Reply]] = {
    Fault.UNKNOWN_COMMAND: Reply(500, "5.5.2", "Command not recognized"),
    Fault.BAD_LINE: Reply(500, "5.5.2", "Unreadable command"),
    Fault.LINE_TOO_LONG: Reply(500, "5.5.2", "Line too long"),
    Fault.BAD_ARGUMENT: Reply(501, "5.5.4", "Syntax error in arguments"),
    Fault.BAD_SENDER: Reply(553, "5.1.7", "Sender address not understood"),
    Fault.BAD_RECIPIENT: Reply(553, "5.1.3", "Recipient address not understood"),
    Fault.BAD_PARAMETER: Reply(555, "5.5.4", "Parameter not recognized"),
    Fault.OUT_OF_SEQUENCE: Reply(503, "5.5.1", "Bad sequence of commands"),
    Fault.NO_RECIPIENTS: Reply(554, "5.5.1", "No valid recipients"),
    Fault.BAD_RESPONSE: Reply(501, "5.5.2", "Not base64"),
    Fault.BARE_LINE_END: Reply(550, "5.6.0", "Message contains a bare CR or LF"),
    Fault.MESSAGE_TOO_LARGE: TOO_LARGE,
    Fault.BARE_LF: Reply(521, "5.5.2", "Lines end with <CR><LF>; closing connection"),
    Fault.EARLY_INPUT: Reply(554, "5.5.0", "You talk before my answer; closing connection"),
    Fault.NOT_SMTP: Reply(521, "5.5.2", "This is a mail server; closing connection"),
    Fault.TOO_MUCH_JUNK: Reply(421, "4.7.0", "Line without end; closing connection"),
    Fault.UNCOUNTABLE_CHUNK: Reply(501, "5.5.4", "BDAT without a readable size; closing connection"),
    Fault.NEVER_ENDING_BODY: Reply(552, "5.3.4", "Far too large; closing connection"),
}


def greeting(hostname: str) -> Reply:
    return Reply(220, "", f"{hostname} ESMTP bocau")


def lmtp_greeting(hostname: str) -> Reply:
    return Reply(220, "", f"{hostname} LMTP bocau")


def farewell(hostname: str) -> Reply:
    return Reply(221, "2.0.0", f"{hostname} Bye")


def accepted(message_id: str) -> Reply:
    return Reply(250, "2.0.0", f"Ok {message_id}")


def chunk_taken(size: int) -> Reply:
    return Reply(250, "2.0.0", f"{size} octets received")


def challenge(data: bytes) -> Reply:
    """RFC 4954 §4: base64 after 334."""
    return Reply(334, "", b64encode(data).decode("ascii"))
