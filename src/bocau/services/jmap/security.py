"""What the types about logging in share: whose business they are, passwords asked for again, states."""

import hashlib
from typing import Any, Final

from bocau.base.errors import BadCredentials, CodeWanted
from bocau.directory import LoginAttempt, Scope
from bocau.services.jmap import wire
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import MethodError, SetError, invalid_properties
from bocau.services.jmap.standard import Get, get_response

NUMBER_DIGITS_MAX: Final = 18


def only_owner(context: Context) -> None:
    """An app password or token opens mail, not the account's keys. MethodError forbidden."""
    if context.caller.login.scopes is not None:
        raise MethodError("forbidden", "log in with the account's own password for this")


async def prove_password(context: Context, said: object, property_name: str) -> None:
    """Ask for the main password once more, counted as logins are. SetError invalidProperties, Throttled."""
    if not isinstance(said, str):
        raise invalid_properties("the current password is wanted", property_name)
    try:
        await context.rooms.directory.confirm_password(context.caller.login, said, attempt(context))
    except BadCredentials:
        audit(context, "wrong password given for a change of logins")
        raise invalid_properties("wrong password", property_name) from None


async def prove_both(context: Context, password: object, code: object) -> None:
    """Password and second factor. SetError invalidProperties, Throttled."""
    if not isinstance(code, str):
        raise invalid_properties("a code is wanted", "code")
    await prove_password(context, password, "password")
    try:
        await context.rooms.directory.confirm_code(context.caller.login, code, attempt(context))
    except CodeWanted:
        audit(context, "wrong code given for a change of logins")
        raise invalid_properties("wrong code", "code") from None


def attempt(context: Context) -> LoginAttempt:
    return LoginAttempt(context.caller.client_host, Scope.WEB, True)


def audit(context: Context, what: str, **facts: Any) -> None:
    caller = context.caller
    context.rooms.log.info(what, account=caller.login.address, client=caller.client_host, **facts)


def state_of(value: Any) -> str:
    """The state of a type that keeps no history: a digest of all its objects (RFC 8620 §5.1)."""
    return hashlib.sha256(wire.encode(value)).hexdigest()[:16]


def listed(call: Get, objects: list[Arguments]) -> Arguments:
    """The answer to a /get of a type whose objects are all at hand, in this order."""
    found = {one["id"]: one for one in objects}
    wanted = list(found) if call.ids is None else call.ids
    told = [{name: found[one][name] for name in call.properties} for one in wanted if one in found]
    return get_response(call, state_of(objects), told, [one for one in wanted if one not in found])


def number_of(said: str, prefix: str) -> int:
    """The number of an id that was told as prefix + number. SetError notFound."""
    digits = said.removeprefix(prefix)
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= NUMBER_DIGITS_MAX
    if not said.startswith(prefix) or not is_number:
        raise SetError("notFound")
    return int(digits)
