"""Identifiers of access control lists (RFC 4314 §2): addresses of this server's accounts, or "anyone"; "-"
before either for rights that are taken away.

Grants hold the number of the account, so a new account with an old address inherits nothing.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

from bocau.base.errors import NoSuchAccount, Refused, SyntaxFault
from bocau.base.ids import AccountId
from bocau.formats.address import parse_address
from bocau.protocols.imap.names import astring
from bocau.store.access import ANYONE, Grant

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

ANYONE_NAME: Final = "anyone"
NEGATIVE: Final = "-"


class Identifier(NamedTuple):
    grantee_id: AccountId
    is_negative: bool


def resolved(session: "ImapSession", text: str) -> Identifier:
    """Whom an identifier means; an alias means its account. Refused, NotPermitted (several people)."""
    is_negative = text.startswith(NEGATIVE)
    name = text.removeprefix(NEGATIVE)
    if name == ANYONE_NAME:
        return Identifier(ANYONE, is_negative)
    try:
        account = session.service.directory.account_known_as(parse_address(name))
    except (NoSuchAccount, SyntaxFault):
        raise Refused("no account of this server has this address") from None
    return Identifier(account.account_id, is_negative)


def identifier_text(session: "ImapSession", grant: Grant) -> bytes | None:
    """The identifier of a grant; None: its account is just being removed."""
    name = ANYONE_NAME
    if grant.grantee_id != ANYONE:
        try:
            name = str(session.service.directory.account(grant.grantee_id).address)
        except NoSuchAccount:
            return None
    return astring(f"{NEGATIVE if grant.is_negative else ''}{name}".encode())
