"""What a message and its envelope must be before it is sent (RFC 8621 §7, §7.5).

email, identity, envelope (said, or derived from the header) → Checked, or the SetError that says why not
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from bocau.base.errors import BadName, LimitReached, NoSuchDomain, NotPermitted, Refused, SyntaxFault
from bocau.base.ids import AccountId
from bocau.directory import Directory
from bocau.flow.submission.envelopes import InvalidRecipients, Release, plain_envelope, read_envelope
from bocau.flow.submission.identity import check_authors, check_reverse_path
from bocau.flow.submission.people import address_of
from bocau.flow.values import Envelope
from bocau.formats.address import Address, parse_address
from bocau.formats.address_list import Mailbox, parse_address_list
from bocau.formats.header import body_start, fields, get_all
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.errors import SetError, invalid_properties
from bocau.store.identities import Identity

RECIPIENTS_MAX: Final = 1000
"""Of one message."""


class Checked(NamedTuple):
    """A message that may be sent."""

    said: dict[str, Any]
    """The envelope as JSON."""
    envelope: Envelope
    release: Release


def check(directory: Directory, account: AccountId, identity: Identity, content: bytes, said: Any) -> Checked:
    """`said`: the client's envelope, or None. SetError."""
    _check_header(directory, account, content)
    derived = said is None
    json: Any = _derived(directory, account, identity, content) if derived else said
    if not isinstance(json, dict) or set(json) - {"mailFrom", "rcptTo"}:
        raise invalid_properties("envelope is {mailFrom, rcptTo}", "envelope")
    smtputf8 = not content[: body_start(content)].isascii()
    try:
        envelope, release = read_envelope(json, smtputf8=smtputf8)
    except InvalidRecipients as error:
        raise invalid_recipients(error.addresses) from None
    except SyntaxFault as error:
        raise invalid_properties(str(error), "envelope") from None
    _check_sender(directory, account, envelope)
    _check_recipients(directory, envelope)
    return Checked({"mailFrom": json["mailFrom"], "rcptTo": json["rcptTo"]}, envelope, release)


def invalid_recipients(addresses: Iterable[str], description: str = "") -> SetError:
    told = list(addresses)
    return SetError("invalidRecipients", description or "some cannot be written to", invalidRecipients=told)


def _check_header(directory: Directory, account: AccountId, content: bytes) -> None:
    """One From, that can be read, and that this account may write as; RFC 8621 §7.5 invalidEmail,
    forbiddenFrom."""
    authors = get_all(content, b"from")
    if len(authors) != 1 or not any(isinstance(one, Mailbox) for one in parse_address_list(authors[0])):
        raise SetError("invalidEmail", "a message has one From field that names somebody", ["from"])
    if len(get_all(content, b"sender")) > 1:
        raise SetError("invalidEmail", "more than one Sender field", ["sender"])
    try:
        check_authors(directory, account, content, fields(content))
    except NotPermitted as error:
        raise SetError("forbiddenFrom", str(error)) from None


def _check_sender(directory: Directory, account: AccountId, envelope: Envelope) -> None:
    try:
        check_reverse_path(directory, account, envelope.reverse_path)
    except NotPermitted as error:
        raise SetError("forbiddenMailFrom", str(error)) from None


def _check_recipients(directory: Directory, envelope: Envelope) -> None:
    recipients = envelope.recipients
    if not recipients:
        raise SetError("noRecipients", "the message is for nobody")
    if len(recipients) > RECIPIENTS_MAX:
        raise SetError(
            "tooManyRecipients", f"at most {RECIPIENTS_MAX} recipients", maxRecipients=RECIPIENTS_MAX
        )
    wrong = [str(one.address) for one in recipients if not _is_reachable(directory, one.address)]
    if wrong:
        raise invalid_recipients(wrong, "there is no such address here")


def _is_reachable(directory: Directory, address: Address) -> bool:
    """Addresses of other servers may be; of ours it is known."""
    try:
        directory.expand(address)
    except NoSuchDomain:
        return True
    except (LimitReached, BadName):
        return True
    except Refused:
        return False
    return True


def _derived(directory: Directory, account: AccountId, identity: Identity, content: bytes) -> Arguments:
    """RFC 8621 §7: Sender, else From, else the identity's address; To, Cc and Bcc, each once."""
    sender = _first(content, b"sender") or _first(content, b"from")
    if sender is None or not directory.may_send_as(account, sender):
        sender = parse_address(identity.email)
    wrong: list[str] = []
    recipients: dict[tuple[str, str], Address] = {}
    for one in _mailboxes(content, (b"to", b"cc", b"bcc")):
        address = address_of(one)
        if address is None:
            wrong.append((one.local + b"@" + one.host).decode("utf-8", "replace")[:320])
        else:
            recipients.setdefault(address.key, address)
    if wrong:
        raise invalid_recipients(wrong)
    return plain_envelope(sender, list(recipients.values()))


def _first(content: bytes, name: bytes) -> Address | None:
    return next(filter(None, map(address_of, _mailboxes(content, (name,)))), None)


def _mailboxes(content: bytes, names: tuple[bytes, ...]) -> list[Mailbox]:
    values = [value for name in names for value in get_all(content, name)]
    return [one for value in values for one in parse_address_list(value) if isinstance(one, Mailbox)]
