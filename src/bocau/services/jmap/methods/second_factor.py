"""SecondFactor/get and /set: codes of an authenticator app, and recovery codes (docs/jmap.md, RFC 6238)."""

from collections.abc import Awaitable, Callable
from typing import Final

from bocau.base.errors import AlreadyExists, CodeWanted, NotPermitted
from bocau.directory.one_time_codes import uri_of
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import invalid_properties
from bocau.services.jmap.qr import qr_svg
from bocau.services.jmap.security import (
    audit,
    listed,
    only_owner,
    prove_both,
    prove_password,
    state_of,
)
from bocau.services.jmap.singletons import SINGLETON, run_singleton_set
from bocau.services.jmap.standard import take_get, take_set

PROPERTIES: Final = ("id", "isEnabled", "isPending", "recoveryCodesLeft")
Step = Callable[[Context, Arguments], Awaitable[Arguments | None]]


async def get(context: Context, arguments: Arguments) -> Arguments:
    only_owner(context)
    call = take_get(context, arguments, PROPERTIES)
    return listed(call, [_told(context)])


def _told(context: Context) -> Arguments:
    factor = context.rooms.directory.second_factors.of_account(context.account_id)
    return {
        "id": SINGLETON,
        "isEnabled": factor.is_enabled,
        "isPending": factor.is_pending,
        "recoveryCodesLeft": factor.recovery_codes_left,
    }


async def set_(context: Context, arguments: Arguments) -> Arguments:
    only_owner(context)
    call = take_set(context, arguments)
    old_state = state_of([_told(context)])
    call.check_state(old_state)

    async def change(patch: Arguments) -> Arguments | None:
        return await _step(patch)(context, patch)

    await run_singleton_set(context, call, change)
    return call.response(old_state, state_of([_told(context)]))


def _step(patch: Arguments) -> Step:
    """What a patch asks for. SetError invalidProperties."""
    match patch:
        case {"password": _, "isPending": True} if len(patch) == 2:
            return _begin
        case {"code": _, "isEnabled": True} if len(patch) == 2:
            return _confirm
        case {"password": _, "code": _, "isEnabled": False} if len(patch) == 3:
            return _turn_off
        case {"password": _, "code": _, "renewRecoveryCodes": True} if len(patch) == 3:
            return _renew
    raise invalid_properties("none of the changes that there are", *sorted(patch))


async def _begin(context: Context, patch: Arguments) -> Arguments | None:
    await prove_password(context, patch["password"], "password")
    try:
        secret = await context.rooms.directory.second_factors.begin(context.account_id)
    except AlreadyExists as error:
        raise invalid_properties(str(error), "isPending") from None
    audit(context, "second factor being set up")
    uri = uri_of(secret, str(context.caller.login.address), context.rooms.settings.hostname)
    return {"secret": secret, "uri": uri, "qr": qr_svg(uri)}


async def _confirm(context: Context, patch: Arguments) -> Arguments | None:
    if not isinstance(patch["code"], str):
        raise invalid_properties("a code is wanted", "code")
    try:
        turned_on = await context.rooms.directory.second_factors.confirm(
            context.account_id, patch["code"], _kept_session(context)
        )
    except CodeWanted as error:
        raise invalid_properties(str(error), "code") from None
    except NotPermitted as error:
        raise invalid_properties(str(error), "isEnabled") from None
    _give(context, turned_on.cookie)
    audit(context, "second factor turned on")
    return {"recoveryCodes": turned_on.recovery_codes}


async def _turn_off(context: Context, patch: Arguments) -> Arguments | None:
    await prove_both(context, patch["password"], patch["code"])
    cookie = await context.rooms.directory.second_factors.turn_off(context.account_id, _kept_session(context))
    _give(context, cookie)
    audit(context, "second factor turned off")
    return None


async def _renew(context: Context, patch: Arguments) -> Arguments | None:
    await prove_both(context, patch["password"], patch["code"])
    shown = await context.rooms.directory.second_factors.renew_recovery_codes(context.account_id)
    audit(context, "recovery codes renewed")
    return {"recoveryCodes": shown}


def _kept_session(context: Context) -> int:
    """The session that goes on with another cookie; where no cookie can be given, none."""
    return context.caller.session_id if context.caller.give_cookie is not None else 0


def _give(context: Context, cookie: str) -> None:
    if context.caller.give_cookie is not None:
        context.caller.give_cookie(cookie)


METHODS: Final = {
    "SecondFactor/get": Registered(BOCAU, get),
    "SecondFactor/set": Registered(BOCAU, set_),
}
