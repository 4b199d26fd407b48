"""One command line to one event (RFC 5321 §4.1): address → path → parameters → command.

Only CRLF ends a command. A line that cannot be read is an event too (`Faulty`): it gets its reply in order.
"""

import binascii
import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from bocau.base.errors import SyntaxFault
from bocau.base.wiretext import UINT63_MAX, number, printable
from bocau.formats.address import Address
from bocau.protocols.smtp.bdat import ChunkAnnounced, parse_bdat
from bocau.protocols.smtp.events import (
    AuthAsked,
    AuthCancelled,
    AuthResponse,
    Body,
    DataAsked,
    Event,
    ExpandAsked,
    Fault,
    Faulty,
    Hello,
    HelloSaid,
    HelpAsked,
    MailFrom,
    NoopSaid,
    QuitAsked,
    RcptTo,
    ResetAsked,
    StartTlsAsked,
    VerifyAsked,
)
from bocau.protocols.smtp.limits import HELLO_NAME_BYTES_MAX
from bocau.protocols.smtp.parameters import (
    MAIL_PARAMETERS,
    RCPT_PARAMETERS,
    Readers,
    UnknownParameter,
    parse_parameters,
)
from bocau.protocols.smtp.path import parse_forward_path, parse_reverse_path

Command: TypeAlias = Event | ChunkAnnounced

_PATH: Final = rb' *+<((?:[^<>"\x00-\x1f\x7f]++|"(?:[^"\\]|\\.)*+")*+)>(?: ++(.*))?'
# A space after the colon is wrong and common; everyone takes it.
_FROM: Final = re.compile(b"(?i:FROM):" + _PATH)
_TO: Final = re.compile(b"(?i:TO):" + _PATH)
_SIZE_ALONE: Final = re.compile(rb"(?i:SIZE)=([0-9]{1,18})")
# What would break a Received field is no name either.
_HELLO_NAME: Final = re.compile(rb"[!#-'*+\-./0-9:=?A-Z\[\]^_`a-z{|}~]+")
_MECHANISM: Final = re.compile(rb"[A-Za-z0-9_-]{1,20}")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_OTHER_PROTOCOL: Final = re.compile(
    rb"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|CONNECT|PATCH|TRACE|PRI) [^ ]*+ HTTP/", re.I
)


def parse_command(line: bytes) -> Command:
    """Read one line without its CRLF. Never raises."""
    verb, _, argument = line.partition(b" ")
    parser = _PARSERS.get(verb.upper())
    if parser is None:
        return _unknown(line)
    if _CONTROL.search(line):
        return Faulty(Fault.BAD_LINE)
    return parser(argument)


def parse_response(line: bytes) -> AuthResponse | AuthCancelled | Faulty:
    """The answer to a 334 (RFC 4954 §4)."""
    if line == b"*":
        return AuthCancelled()
    try:
        return AuthResponse(_base64(line))
    except SyntaxFault:
        return Faulty(Fault.BAD_RESPONSE, "AUTH")


def _unknown(line: bytes) -> Faulty:
    if _OTHER_PROTOCOL.match(line):
        return Faulty(Fault.NOT_SMTP)
    is_readable = line.isascii() and not _CONTROL.search(line)
    return Faulty(Fault.UNKNOWN_COMMAND if is_readable else Fault.BAD_LINE)


def _hello(verb: Hello) -> Callable[[bytes], Command]:
    def parse(argument: bytes) -> Command:
        name = argument.strip(b" ")
        if len(name) > HELLO_NAME_BYTES_MAX or not _HELLO_NAME.fullmatch(name):
            return Faulty(Fault.BAD_ARGUMENT, verb)
        return HelloSaid(verb, name.decode("ascii"))

    return parse


def _mail(argument: bytes) -> Command:
    match = _FROM.fullmatch(argument)
    if match is None:
        return Faulty(Fault.BAD_ARGUMENT, "MAIL")
    path, parameters = match.groups()
    try:
        reverse_path = parse_reverse_path(path)
    except SyntaxFault:
        return Faulty(Fault.BAD_SENDER, "MAIL")
    if not parameters:
        return MailFrom(reverse_path, is_ascii=path.isascii())
    # What nearly every client sends; the grammar below would say the same.
    if size := _SIZE_ALONE.fullmatch(parameters):
        return MailFrom(reverse_path, number(size[1], maximum=UINT63_MAX), is_ascii=path.isascii())
    return _with_parameters(
        "MAIL", parameters, MAIL_PARAMETERS, lambda said: _mail_from(reverse_path, path, said)
    )


def _mail_from(reverse_path: Address | None, path: bytes, said: dict[str, Any]) -> MailFrom:
    return MailFrom(
        reverse_path,
        size=said.get("SIZE"),
        body=said.get("BODY", Body.SEVEN_BIT),
        smtputf8=said.get("SMTPUTF8", False),
        ret=said.get("RET"),
        envid=said.get("ENVID"),
        is_ascii=path.isascii(),
    )


def _rcpt(argument: bytes) -> Command:
    match = _TO.fullmatch(argument)
    if match is None:
        return Faulty(Fault.BAD_ARGUMENT, "RCPT")
    path, parameters = match.groups()
    try:
        address = parse_forward_path(path)
    except SyntaxFault:
        return Faulty(Fault.BAD_RECIPIENT, "RCPT")
    if not parameters:
        return RcptTo(address, is_ascii=path.isascii())
    return _with_parameters(
        "RCPT",
        parameters,
        RCPT_PARAMETERS,
        lambda said: RcptTo(address, said.get("NOTIFY"), said.get("ORCPT"), path.isascii()),
    )


def _with_parameters(
    verb: str, text: bytes, readers: Readers, make: Callable[[dict[str, Any]], MailFrom | RcptTo]
) -> Command:
    try:
        return make(parse_parameters(text, readers))
    except UnknownParameter:
        return Faulty(Fault.BAD_PARAMETER, verb)
    except SyntaxFault:
        return Faulty(Fault.BAD_ARGUMENT, verb)


def _bdat(argument: bytes) -> Command:
    try:
        return parse_bdat(argument.strip(b" "))
    except SyntaxFault:
        return Faulty(Fault.UNCOUNTABLE_CHUNK, "BDAT")


def _auth(argument: bytes) -> Command:
    mechanism, _, initial = argument.strip(b" ").partition(b" ")
    if not _MECHANISM.fullmatch(mechanism):
        return Faulty(Fault.BAD_ARGUMENT, "AUTH")
    name = mechanism.upper().decode("ascii")
    if not initial:
        return AuthAsked(name, None)
    try:
        return AuthAsked(name, b"" if initial == b"=" else _base64(initial))
    except SyntaxFault:
        return Faulty(Fault.BAD_RESPONSE, "AUTH")


def _base64(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise SyntaxFault("not base64") from None


def _alone(event: Event, verb: str) -> Callable[[bytes], Command]:
    """A command that takes no argument."""

    def parse(argument: bytes) -> Command:
        return Faulty(Fault.BAD_ARGUMENT, verb) if argument.strip(b" ") else event

    return parse


def _vrfy(argument: bytes) -> Command:
    text = printable(argument.strip(b" "))
    return VerifyAsked(text) if text else Faulty(Fault.BAD_ARGUMENT, "VRFY")


def _expn(argument: bytes) -> Command:
    text = printable(argument.strip(b" "))
    return ExpandAsked(text) if text else Faulty(Fault.BAD_ARGUMENT, "EXPN")


_PARSERS: Final[dict[bytes, Callable[[bytes], Command]]] = {
    b"MAIL": _mail,
    b"RCPT": _rcpt,
    b"DATA": _alone(DataAsked(), "DATA"),
    b"BDAT": _bdat,
    b"RSET": _alone(ResetAsked(), "RSET"),
    b"QUIT": _alone(QuitAsked(), "QUIT"),
    b"EHLO": _hello(Hello.EHLO),
    b"HELO": _hello(Hello.HELO),
    b"LHLO": _hello(Hello.LHLO),
    b"AUTH": _auth,
    b"STARTTLS": _alone(StartTlsAsked(), "STARTTLS"),
    b"NOOP": lambda _: NoopSaid(),
    b"HELP": lambda _: HelpAsked(),
    b"VRFY": _vrfy,
    b"EXPN": _expn,
}
