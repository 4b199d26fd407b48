"""Password/set: the account's main password (docs/jmap.md)."""

from typing import Final

from bocau.base.errors import NotPermitted
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import invalid_properties
from bocau.services.jmap.security import audit, only_owner, prove_password
from bocau.services.jmap.singletons import run_singleton_set
from bocau.services.jmap.standard import take_set

PASSWORD_CHARACTERS_MIN: Final = 8
"""NIST SP 800-63B §3.1.1.2; beside length, the directory refuses what is guessed at once."""
STATE: Final = "0"
"""Nothing of a password can be read, so nothing of it ever differs."""


async def set_(context: Context, arguments: Arguments) -> Arguments:
    only_owner(context)
    call = take_set(context, arguments)
    call.check_state(STATE)

    async def change(patch: Arguments) -> None:
        await _change(context, patch)

    await run_singleton_set(context, call, change)
    return call.response(STATE, STATE)


async def _change(context: Context, patch: Arguments) -> None:
    if set(patch) != {"current", "new"}:
        raise invalid_properties("a change of password is {current, new}", *sorted(patch))
    new = patch["new"]
    if not isinstance(new, str) or len(new) < PASSWORD_CHARACTERS_MIN:
        raise invalid_properties(f"at least {PASSWORD_CHARACTERS_MIN} characters", "new")
    await prove_password(context, patch["current"], "current")
    caller = context.caller
    kept = caller.session_id if caller.give_cookie is not None else 0
    try:
        cookie = await context.rooms.directory.change_password(context.account_id, new, kept)
    except NotPermitted as error:
        raise invalid_properties(str(error), "new") from None
    if caller.give_cookie is not None:
        caller.give_cookie(cookie)
    audit(context, "password changed")


METHODS: Final = {"Password/set": Registered(BOCAU, set_)}
