"""Envelopes as JSON, as JMAP says and the store keeps them (RFC 8621 §7): checked, and read.

{mailFrom: {email, parameters}, rcptTo: [{email, parameters}]} ⇄ flow's Envelope; when to send, of RFC 4865
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bocau.base.errors import SyntaxFault
from bocau.flow.values import BodyType, Envelope, Notify, Recipient
from bocau.formats.address import Address, parse_address
from bocau.formats.json_date import parse_json_date
from bocau.formats.xtext import encode
from bocau.protocols.smtp.parameters import MAIL_PARAMETERS, RCPT_PARAMETERS, Readers

PARAMETERS_MAX: Final = 10
VALUE_CHARACTERS_MAX: Final = 1000
HOLD_SECONDS_DIGITS_MAX: Final = 9
"""RFC 4865 §4.2."""
HOLD_FOR: Final = "HOLDFOR"
HOLD_UNTIL: Final = "HOLDUNTIL"

Json = dict[str, Any]


class InvalidRecipients(SyntaxFault):
    """Some addresses of rcptTo cannot be written to."""

    def __init__(self, addresses: list[str]) -> None:
        super().__init__(f"not an address: {', '.join(addresses)[:500]}")
        self.addresses = addresses


class Release(NamedTuple):
    """When the sender wants it to go (RFC 4865 §4.2); both None: now."""

    after_seconds: int | None = None
    at: int | None = None


def read_envelope(said: Mapping[str, Any], *, smtputf8: bool = False) -> tuple[Envelope, Release]:
    """SyntaxFault; InvalidRecipients for addresses of rcptTo."""
    path, mail, release = _mail(said.get("mailFrom"))
    recipients = said.get("rcptTo")
    if not isinstance(recipients, list):
        raise SyntaxFault("rcptTo is a list")
    envelope = Envelope(
        path,
        tuple(_recipients(recipients)),
        BodyType(mail["BODY"].value) if "BODY" in mail else BodyType.EIGHT_BIT,
        smtputf8=smtputf8 or bool(mail.get("SMTPUTF8")),
        ret=mail.get("RET"),
        envid=mail.get("ENVID"),
    )
    return envelope, release


def plain_envelope(mail_from: Address | None, recipients: list[Address]) -> Json:
    """One without parameters."""
    return {
        "mailFrom": {"email": "" if mail_from is None else str(mail_from), "parameters": None},
        "rcptTo": [{"email": str(one), "parameters": None} for one in recipients],
    }


def _mail(said: Any) -> tuple[Address | None, Json, Release]:
    email, parameters = _address_object(said, "mailFrom")
    hold = {name: value for name, value in parameters.items() if name in (HOLD_FOR, HOLD_UNTIL)}
    others = {name: value for name, value in parameters.items() if name not in hold}
    path = parse_address(email) if email else None
    return path, _values(others, MAIL_PARAMETERS), _release(hold)


def _recipients(said: list[Any]) -> list[Recipient]:
    """Each address once."""
    found: dict[tuple[str, str], Recipient] = {}
    wrong: list[str] = []
    for one in said:
        email, parameters = _address_object(one, "rcptTo")
        try:
            address = parse_address(email)
        except SyntaxFault:
            wrong.append(email)
            continue
        values = _values(parameters, RCPT_PARAMETERS)
        notify = values.get("NOTIFY")
        words = None if notify is None else frozenset(map(Notify, notify))
        found.setdefault(address.key, Recipient(address, words, values.get("ORCPT")))
    if wrong:
        raise InvalidRecipients(wrong)
    return list(found.values())


def _address_object(said: Any, name: str) -> tuple[str, dict[str, str | None]]:
    """(email, parameters with names in upper case)."""
    if not isinstance(said, dict) or not set(said) <= {"email", "parameters"}:
        raise SyntaxFault(f"{name} holds {{email, parameters}}")
    email, parameters = said.get("email"), said.get("parameters") or {}
    if not isinstance(email, str) or not isinstance(parameters, dict) or len(parameters) > PARAMETERS_MAX:
        raise SyntaxFault(f"{name} holds {{email, parameters}}")
    if not all(_is_value(value) for value in parameters.values()):
        raise SyntaxFault(f"a parameter of {name} is not text")
    return email, {key.upper(): value for key, value in parameters.items()}


def _is_value(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= VALUE_CHARACTERS_MAX)


def _values(parameters: Mapping[str, str | None], readers: Readers) -> Json:
    """JMAP says the values as they are meant; xtext is the wire's (RFC 8621 §7)."""
    found: Json = {}
    for name, value in parameters.items():
        reader = readers.get(name)
        if reader is None or name == "AUTH":
            raise SyntaxFault(f"no such parameter: {name[:40]}")
        found[name] = reader(_on_the_wire(name, value or ""))
    return found


def _on_the_wire(name: str, value: str) -> bytes:
    octets = value.encode("utf-8", "replace")
    if name == "ENVID":
        return encode(octets)
    if name == "ORCPT":
        kind, semicolon, address = octets.partition(b";")
        return kind + semicolon + encode(address)
    return octets


def _release(hold: Mapping[str, str | None]) -> Release:
    if len(hold) > 1:
        raise SyntaxFault("HOLDFOR or HOLDUNTIL, not both")
    if HOLD_FOR in hold:
        seconds = hold[HOLD_FOR] or ""
        if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= HOLD_SECONDS_DIGITS_MAX):
            raise SyntaxFault("HOLDFOR is a number of seconds")
        return Release(after_seconds=int(seconds))
    if HOLD_UNTIL in hold:
        moment = parse_json_date(hold[HOLD_UNTIL])
        if moment is None:
            raise SyntaxFault("HOLDUNTIL is a date")
        return Release(at=moment[0])
    return Release()
