"""SignIn/get: the newest logins, and tries at one (docs/jmap.md)."""

from typing import Final

from bocau.directory import SignIn
from bocau.formats.json_date import json_date
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.security import listed, only_owner
from bocau.services.jmap.standard import take_get

PREFIX: Final = "L"
PROPERTIES: Final = ("id", "at", "way", "outcome", "clientHost", "client")


async def get(context: Context, arguments: Arguments) -> Arguments:
    """The newest first."""
    only_owner(context)
    call = take_get(context, arguments, PROPERTIES)
    kept = context.rooms.directory.sign_ins.of_account(context.account_id)
    return listed(call, [_told(one) for one in kept])


def _told(one: SignIn) -> Arguments:
    return {
        "id": f"{PREFIX}{one.sign_in_id}",
        "at": json_date(one.at),
        "way": one.way,
        "outcome": one.outcome.value,
        "clientHost": one.client_host,
        "client": one.client,
    }


METHODS: Final = {"SignIn/get": Registered(BOCAU, get)}
