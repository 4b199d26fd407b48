"""WebSession/get and /set: the browsers that are logged in (docs/jmap.md)."""

from typing import Final

from bocau.base.errors import NotPermitted
from bocau.directory import WebSession
from bocau.formats.json_date import json_date
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import SetError
from bocau.services.jmap.security import audit, listed, number_of, only_owner, state_of
from bocau.services.jmap.standard import run_set, take_get, take_set

PREFIX: Final = "W"
PROPERTIES: Final = ("id", "clientHost", "userAgent", "createdAt", "lastUsedAt", "isCurrent")


async def get(context: Context, arguments: Arguments) -> Arguments:
    only_owner(context)
    call = take_get(context, arguments, PROPERTIES)
    return listed(call, _all(context))


def _all(context: Context) -> list[Arguments]:
    sessions = context.rooms.directory.web_sessions.of_account(context.account_id)
    return [_told(one, context.caller.session_id) for one in sessions]


def _told(session: WebSession, current: int) -> Arguments:
    return {
        "id": f"{PREFIX}{session.session_id}",
        "clientHost": session.client_host,
        "userAgent": session.user_agent,
        "createdAt": json_date(session.created_at),
        "lastUsedAt": json_date(session.last_used_at),
        "isCurrent": session.session_id == current,
    }


async def set_(context: Context, arguments: Arguments) -> Arguments:
    only_owner(context)
    call = take_set(context, arguments)
    old_state = state_of(_all(context))
    call.check_state(old_state)

    async def create(name: str, new: Arguments) -> Arguments:
        raise SetError("forbidden", "a session is made by logging in")

    async def update(said: str, patch: Arguments) -> Arguments | None:
        raise SetError("forbidden", "a session can only be ended")

    async def destroy(said: str) -> None:
        number = number_of(said, PREFIX)
        try:
            await context.rooms.directory.web_sessions.end(context.account_id, number)
        except NotPermitted:
            raise SetError("notFound") from None
        audit(context, "web session ended", session=number)

    await run_set(context, call, create, update, destroy)
    return call.response(old_state, state_of(_all(context)))


METHODS: Final = {
    "WebSession/get": Registered(BOCAU, get),
    "WebSession/set": Registered(BOCAU, set_),
}
