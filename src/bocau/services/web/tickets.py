"""Signed addresses as they come back: whoever has one may see that one thing, as long as its login stands."""

from bocau.directory import Login
from bocau.formats.address import Address
from bocau.runtime.asgi import Scope
from bocau.services.jmap.context import JmapRooms
from bocau.services.jmap.viewing.seal import Ticket
from bocau.services.jmap.viewing.viewing import Viewing

_NOBODY = Address("nobody", "invalid")
"""The directory asks by numbers."""


def ticket_of(rooms: JmapRooms, viewing: Viewing, scope: Scope, kind: str) -> Ticket | None:
    """What the last segment of the path opens now; None when it opens nothing (any more)."""
    token = scope["path"].rpartition("/")[2]
    ticket = viewing.seal.open(token, kind, rooms.clock.now())
    if ticket is None:
        return None
    login = Login(ticket.account_id, _NOBODY, None, ticket.credential_id, session_id=ticket.session_id)
    return ticket if rooms.directory.is_still_valid(login) else None
