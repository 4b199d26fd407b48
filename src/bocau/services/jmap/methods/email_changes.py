"""Email/changes (RFC 8621 §4.3)."""

from typing import Final

from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.following import follow
from bocau.services.jmap.ids import email_id
from bocau.services.jmap.standard import changes_response, take_changes
from bocau.store.emailchanges import email_changes


async def changes(context: Context, arguments: Arguments) -> Arguments:
    asked = take_changes(context, arguments)
    found, state = await follow(context, asked, email_changes)
    account = asked.account_id << 32
    created, updated, destroyed = (
        [email_id(account + serial) for serial in serials]
        for serials in (found.created, found.updated, found.destroyed)
    )
    return changes_response(asked, state, created, updated, destroyed, has_more=found.has_more)


METHODS: Final = {"Email/changes": Registered(MAIL, changes)}
