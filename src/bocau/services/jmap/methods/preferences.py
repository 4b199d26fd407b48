"""Preferences/get, Preferences/set: one object that a webmail keeps with the account (docs/jmap.md)."""

import re
from typing import Any, Final

from bocau.base.errors import LimitReached
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import invalid_properties
from bocau.services.jmap.patch import applied, split
from bocau.services.jmap.singletons import SINGLETON, run_singleton_set
from bocau.services.jmap.standard import get_response, take_get, take_set
from bocau.store import ChangeKind, Reading, Writing
from bocau.store.apart import last_change
from bocau.store.preferences import change_preferences, preferences

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,99}\Z", re.ASCII)
LANGUAGES: Final = ("en", "vi")
SENDERS_MAX: Final = 1000
"""Addresses whose remote images are shown."""


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, ("id",), is_known=lambda name: _NAME.match(name) is not None)
    state, known = context.store.glance(asked.account_id, lambda tx: (_state(tx), preferences(tx)))
    told: Arguments = {"id": SINGLETON, **known}
    if arguments.get("properties") is not None:
        told = {name: told.get(name) for name in asked.properties}
    wanted = [SINGLETON] if asked.ids is None else asked.ids
    found = [told] if SINGLETON in wanted else []
    return get_response(asked, state, found, [one for one in wanted if one != SINGLETON])


async def set_(context: Context, arguments: Arguments) -> Arguments:
    call = take_set(context, arguments)
    old_state = context.store.glance(call.account_id, _state)
    call.check_state(old_state)

    async def change(patch: Arguments) -> None:
        try:
            await context.store.write(call.account_id, lambda tx: _update(tx, patch))
        except LimitReached as error:
            raise invalid_properties(str(error), *split(patch)) from None

    await run_singleton_set(context, call, change)
    return call.response(old_state, context.store.glance(call.account_id, _state))


def _state(reading: Reading) -> str:
    return str(last_change(reading, ChangeKind.PREFERENCE))


def _update(tx: Writing, patch: Arguments) -> None:
    before = preferences(tx)
    after = applied(before, patch)
    named = {name: after.get(name) for name in split(patch) if name != "id"}
    if after.get("id", SINGLETON) != SINGLETON:
        raise invalid_properties("the id cannot be changed", "id")
    for name, value in named.items():
        _check(name, value)
    change_preferences(tx, named)


def _check(name: str, value: Any) -> None:
    """SetError invalidProperties."""
    if not _NAME.match(name):
        raise invalid_properties("a name is a letter followed by letters and digits", name[:200])
    if name == "language" and value is not None and value not in LANGUAGES:
        raise invalid_properties(f"a language is one of {', '.join(LANGUAGES)}", name)
    if name == "imageSenders" and value is not None and not _are_senders(value):
        raise invalid_properties(f"at most {SENDERS_MAX} addresses", name)


def _are_senders(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) <= SENDERS_MAX and all(isinstance(one, str) for one in value)
    )


METHODS: Final = {
    "Preferences/get": Registered(BOCAU, get),
    "Preferences/set": Registered(BOCAU, set_),
}
