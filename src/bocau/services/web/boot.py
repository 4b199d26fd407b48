"""What a page of the webmail begins with: the session's token, the JMAP session, the preferences."""

from typing import Any

from bocau.directory import Login
from bocau.directory.web_sessions import KnownSession
from bocau.runtime.asgi import Scope, client_host
from bocau.services.jmap import ids
from bocau.services.jmap.application import origin_of
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Caller, Context, JmapRooms
from bocau.services.jmap.dispatch import Request, run
from bocau.services.jmap.methods import METHODS
from bocau.services.jmap.session_object import session_object


async def boot_of(rooms: JmapRooms, scope: Scope, known: KnownSession) -> dict[str, Any]:
    return await boot(rooms, scope, known.login, known.csrf)


async def boot(rooms: JmapRooms, scope: Scope, login: Login, csrf: str) -> dict[str, Any]:
    caller = Caller(login, client_host(scope), login.session_id)
    return {
        "csrf": csrf,
        "session": session_object(caller, rooms.settings, origin_of(scope)),
        "preferences": await _preferences(rooms, caller),
    }


async def _preferences(rooms: JmapRooms, caller: Caller) -> dict[str, Any]:
    """As Preferences/get tells them."""
    arguments = {"accountId": ids.account_id(caller.login.account_id), "ids": ["singleton"]}
    using = frozenset((BOCAU,))
    request = Request(using, [("Preferences/get", arguments, "0")], None)
    ((name, told, _),) = await run(request, Context(rooms, caller, using), METHODS)
    found: list[dict[str, Any]] = told["list"] if name != "error" else []
    return found[0] if found else {}
