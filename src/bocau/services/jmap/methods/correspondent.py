"""Correspondent/query (docs/jmap.md): whom the account writes to, for completing an address."""

from typing import Final

from bocau.formats.json_date import json_date
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import invalid_arguments
from bocau.services.jmap.standard import only, optional, unsigned
from bocau.store.correspondents import find

TEXT_CHARACTERS_MAX: Final = 200
LIMIT: Final = 10
LIMIT_MAX: Final = 100


async def query(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "text", "limit")
    account = context.account(arguments)
    text: str = optional(arguments, "text", str, "")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise invalid_arguments(f"text has at most {TEXT_CHARACTERS_MAX} characters")
    limit = min(unsigned(arguments, "limit") or LIMIT, LIMIT_MAX)
    now = int(context.rooms.clock.now())
    found = context.store.glance(account, lambda tx: find(tx, text, limit, now))
    told = [
        {
            "name": one.name,
            "email": one.email,
            "sentCount": one.sent_count,
            "lastSentAt": json_date(one.last_sent_at),
        }
        for one in found
    ]
    return {"accountId": ids.account_id(account), "list": told}


METHODS: Final = {"Correspondent/query": Registered(BOCAU, query)}
