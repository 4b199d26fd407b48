"""Correspondent/query, /forget, /remember (docs/jmap.md): whom the account writes to."""

from typing import Any, Final

from bocau.base.errors import SyntaxFault
from bocau.formats.address import Address, parse_address
from bocau.formats.json_date import json_date, parse_json_date
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError, invalid_arguments
from bocau.services.jmap.standard import INTEGER_MAX, only, optional, unsigned
from bocau.store import Writing, correspondents
from bocau.store.correspondents import NAME_CHARACTERS_MAX, Correspondent

TEXT_CHARACTERS_MAX: Final = 200
LIMIT: Final = 10
LIMIT_MAX: Final = 100
PEOPLE_MAX: Final = 100
"""Forgotten or put back by one call."""


async def query(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "text", "limit")
    account = context.account(arguments)
    text: str = optional(arguments, "text", str, "")
    if len(text) > TEXT_CHARACTERS_MAX:
        raise invalid_arguments(f"text has at most {TEXT_CHARACTERS_MAX} characters")
    limit = min(unsigned(arguments, "limit") or LIMIT, LIMIT_MAX)
    now = int(context.rooms.clock.now())
    found = context.store.glance(account, lambda tx: correspondents.find(tx, text, limit, now))
    return {"accountId": ids.account_id(account), "list": [_told(one) for one in found]}


async def forget(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "emails")
    account = context.account(arguments)
    wanted = {str(said): _address(said) for said in _few(arguments, "emails")}

    def job(tx: Writing) -> dict[str, Correspondent | None]:
        return {said: correspondents.forget(tx, address) for said, address in wanted.items()}

    known = await context.store.write(account, job)
    gone = [_told(one) for one in known.values() if one is not None]
    not_found = [said for said, one in known.items() if one is None]
    return {"accountId": ids.account_id(account), "list": gone, "notFound": not_found}


async def remember(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "list")
    account = context.account(arguments)
    now = int(context.rooms.clock.now())
    people = [_taken(said, now) for said in _few(arguments, "list")]
    await context.store.write(account, lambda tx: correspondents.remember(tx, people))
    return {"accountId": ids.account_id(account)}


def _told(one: Correspondent) -> Arguments:
    return {
        "name": one.name,
        "email": one.email,
        "sentCount": one.sent_count,
        "lastSentAt": json_date(one.last_sent_at),
    }


def _few(arguments: Arguments, name: str) -> list[Any]:
    found: list[Any] = optional(arguments, name, list, [])
    if len(found) > PEOPLE_MAX:
        raise MethodError("requestTooLarge", f"at most {PEOPLE_MAX} people at once")
    return found


def _address(said: object) -> Address:
    try:
        return parse_address(said if isinstance(said, str) else "")
    except SyntaxFault:
        raise invalid_arguments("this is no address") from None


def _taken(said: object, now: int) -> tuple[Address, Correspondent]:
    """One as `_told` says it."""
    match said:
        case {"name": str(name), "email": str(email), "sentCount": int(count), "lastSentAt": str(last)}:
            at = parse_json_date(last)
            if at is not None and type(count) is int and 0 < count <= INTEGER_MAX and _is_name(name):
                return _address(email), Correspondent(name, email, count, min(at[0], now))
    raise invalid_arguments("people are listed as Correspondent/query tells them")


def _is_name(text: str) -> bool:
    """A lone surrogate is no character."""
    return len(text) <= NAME_CHARACTERS_MAX and text.encode("utf-8", "replace").decode("utf-8") == text


METHODS: Final = {
    "Correspondent/query": Registered(BOCAU, query),
    "Correspondent/forget": Registered(BOCAU, forget),
    "Correspondent/remember": Registered(BOCAU, remember),
}
