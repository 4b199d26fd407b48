"""VacationResponse/get, /set (RFC 8621 §8): one object, "singleton"."""

from typing import Any, Final

from bocau.formats.json_date import json_date, parse_utc_date
from bocau.services.jmap.capabilities import VACATION
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import invalid_properties
from bocau.services.jmap.patch import applied
from bocau.services.jmap.singletons import SINGLETON, run_singleton_set
from bocau.services.jmap.standard import get_response, take_get, take_set
from bocau.store import ChangeKind, Reading, Writing
from bocau.store.apart import last_change
from bocau.store.vacation import Vacation, set_vacation, vacation

BODY_CHARACTERS_MAX: Final = 256 * 1024
SUBJECT_CHARACTERS_MAX: Final = 250
DEFAULTS: Final = {
    "isEnabled": False,
    "fromDate": None,
    "toDate": None,
    "subject": None,
    "textBody": None,
    "htmlBody": None,
}
PROPERTIES: Final = ("id", *DEFAULTS)


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, PROPERTIES)
    state, found = context.store.glance(asked.account_id, lambda tx: (_state(tx), vacation(tx)))
    told = tell(found)
    wanted = [SINGLETON] if asked.ids is None else asked.ids
    chosen = [{name: told[name] for name in asked.properties} for one in wanted if one == SINGLETON]
    return get_response(asked, state, chosen, [one for one in wanted if one != SINGLETON])


async def set_(context: Context, arguments: Arguments) -> Arguments:
    call = take_set(context, arguments)
    account = call.account_id
    old_state = context.store.glance(account, _state)
    call.check_state(old_state)

    async def change(patch: Arguments) -> None:
        await context.store.write(account, lambda tx: _update(tx, patch))

    await run_singleton_set(context, call, change)
    return call.response(old_state, context.store.glance(account, _state))


def tell(one: Vacation) -> Arguments:
    """The VacationResponse object."""
    return {
        "id": SINGLETON,
        "isEnabled": one.is_enabled,
        "fromDate": None if one.from_at is None else json_date(one.from_at),
        "toDate": None if one.to_at is None else json_date(one.to_at),
        "subject": one.subject,
        "textBody": one.text_body,
        "htmlBody": one.html_body,
    }


def _state(tx: Reading) -> str:
    return str(last_change(tx, ChangeKind.VACATION))


def _update(tx: Writing, patch: Arguments) -> None:
    before = vacation(tx)
    after = applied(tell(before), patch, DEFAULTS)
    unknown = [name for name in after if name not in PROPERTIES]
    if unknown or after["id"] != SINGLETON:
        raise invalid_properties("this cannot be set", *(unknown or ["id"]))
    new = Vacation(
        _boolean(after),
        _date(after, "fromDate"),
        _date(after, "toDate"),
        _text(after, "subject", SUBJECT_CHARACTERS_MAX),
        _text(after, "textBody", BODY_CHARACTERS_MAX),
        _text(after, "htmlBody", BODY_CHARACTERS_MAX),
    )
    if new != before:
        set_vacation(tx, new)


def _boolean(said: Arguments) -> bool:
    value: Any = said["isEnabled"]
    if not isinstance(value, bool):
        raise invalid_properties("isEnabled is true or false", "isEnabled")
    return value


def _date(said: Arguments, name: str) -> int | None:
    value = said[name]
    at = None if value is None else parse_utc_date(value)
    if value is not None and at is None:
        raise invalid_properties(f"{name} is a UTCDate", name)
    return at


def _text(said: Arguments, name: str, limit: int) -> str | None:
    value: Any = said[name]
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > limit or "\0" in value:
        raise invalid_properties(f"{name} is a text of up to {limit} characters", name)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise invalid_properties(f"{name} holds what is no character", name) from None
    return value


METHODS: Final = {
    "VacationResponse/get": Registered(VACATION, get),
    "VacationResponse/set": Registered(VACATION, set_),
}
