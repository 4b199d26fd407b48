"""AppPassword/get and /set: passwords and tokens beside the main one, each for one program (docs/jmap.md)."""

from typing import Final

from bocau.base.errors import BadName, NotPermitted
from bocau.directory import Credential, Scope
from bocau.formats.json_date import json_date
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import SetError, invalid_properties
from bocau.services.jmap.security import audit, listed, number_of, only_owner, prove_password, state_of
from bocau.services.jmap.standard import run_set, take_get, take_set

PREFIX: Final = "P"
PROPERTIES: Final = ("id", "label", "scopes", "createdAt", "lastUsedAt", "expiresAt", "isToken")
SCOPES: Final = {one.value: one for one in (Scope.IMAP, Scope.POP, Scope.SMTP, Scope.MANAGESIEVE, Scope.JMAP)}
"""What a person may open for a program: neither the account's keys nor the server's."""
_NEW: Final = frozenset(("label", "scopes", "password"))


async def get(context: Context, arguments: Arguments) -> Arguments:
    only_owner(context)
    call = take_get(context, arguments, PROPERTIES)
    return listed(call, _all(context))


def _all(context: Context) -> list[Arguments]:
    return [_told(one) for one in context.rooms.directory.credentials(context.account_id) if one.label]


def _told(credential: Credential) -> Arguments:
    return {
        "id": f"{PREFIX}{credential.credential_id}",
        "label": credential.label,
        "scopes": sorted(credential.scopes or ()),
        "createdAt": json_date(credential.created_at),
        "lastUsedAt": None if credential.last_used_at is None else json_date(credential.last_used_at),
        "expiresAt": None if credential.expires_at is None else json_date(credential.expires_at),
        "isToken": credential.is_token,
    }


async def set_(context: Context, arguments: Arguments) -> Arguments:
    only_owner(context)
    call = take_set(context, arguments)
    old_state = state_of(_all(context))
    call.check_state(old_state)

    async def create(name: str, new: Arguments) -> Arguments:
        return await _create(context, new)

    async def update(said: str, patch: Arguments) -> Arguments | None:
        raise SetError("forbidden", "make a new one instead")

    async def destroy(said: str) -> None:
        number = number_of(said, PREFIX)
        try:
            await context.rooms.directory.remove_credential(context.account_id, number)
        except NotPermitted:
            raise SetError("notFound") from None
        audit(context, "app password removed", number=number)

    await run_set(context, call, create, update, destroy)
    return call.response(old_state, state_of(_all(context)))


async def _create(context: Context, new: Arguments) -> Arguments:
    if set(new) != _NEW:
        raise invalid_properties("an app password is {label, scopes, password}", *sorted(_NEW ^ set(new)))
    scopes = _scopes(new["scopes"])
    if not isinstance(new["label"], str):
        raise invalid_properties("a label is a text", "label")
    await prove_password(context, new["password"], "password")
    directory = context.rooms.directory
    try:
        made, secret = await directory.create_app_password(context.account_id, new["label"], scopes)
    except BadName as error:
        raise invalid_properties(str(error), "label") from None
    audit(context, "app password made", number=made.credential_id, scopes=",".join(sorted(scopes)))
    told = _told(made)
    return {name: told[name] for name in PROPERTIES if name not in ("label", "scopes")} | {"secret": secret}


def _scopes(said: object) -> frozenset[Scope]:
    if (
        not isinstance(said, list)
        or not said
        or not all(isinstance(one, str) and one in SCOPES for one in said)
    ):
        raise invalid_properties(f"scopes are some of {', '.join(SCOPES)}", "scopes")
    return frozenset(SCOPES[one] for one in said)


METHODS: Final = {
    "AppPassword/get": Registered(BOCAU, get),
    "AppPassword/set": Registered(BOCAU, set_),
}
