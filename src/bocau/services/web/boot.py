"""What a page of the webmail begins with: the session's token, the JMAP session, preferences, mailboxes."""

from typing import Any

from bocau.base.errors import NoSuchAccount, TryLater
from bocau.directory import Login
from bocau.directory.web_sessions import KnownSession
from bocau.runtime.asgi import Scope, client_host
from bocau.services.jmap import ids
from bocau.services.jmap.application import origin_of
from bocau.services.jmap.capabilities import BOCAU, MAIL
from bocau.services.jmap.context import Caller, Context, JmapRooms
from bocau.services.jmap.dispatch import Invocation, Request, run
from bocau.services.jmap.methods import METHODS
from bocau.services.jmap.session_object import session_object


async def boot_of(rooms: JmapRooms, scope: Scope, known: KnownSession) -> dict[str, Any]:
    return await boot(rooms, scope, known.login, known.csrf)


async def boot(rooms: JmapRooms, scope: Scope, login: Login, csrf: str) -> dict[str, Any]:
    caller = Caller(login, client_host(scope), login.session_id)
    push_state = _push_state(rooms, caller)
    preferences, mailboxes = await _told(rooms, caller)
    return {
        "csrf": csrf,
        "session": session_object(caller, rooms.settings, origin_of(scope)),
        "preferences": preferences,
        "mailboxes": mailboxes,
        "pushState": push_state,
    }


def _push_state(rooms: JmapRooms, caller: Caller) -> str:
    """Of a moment before all that is told: what changes after it is heard of as soon as the page listens."""
    try:
        return str(rooms.store.glance(caller.login.account_id, lambda tx: tx.modseq()))
    except (NoSuchAccount, TryLater):
        return ""


async def _told(rooms: JmapRooms, caller: Caller) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Preferences and mailboxes as their /get tells them: with these a page can ask for its first list.
    None: they cannot be read now."""
    account = ids.account_id(caller.login.account_id)
    using = frozenset((BOCAU, MAIL))
    calls: list[Invocation] = [
        ("Preferences/get", {"accountId": account, "ids": ["singleton"]}, "0"),
        ("Mailbox/get", {"accountId": account, "ids": None}, "1"),
    ]
    preferences, mailboxes = await run(Request(using, calls, None), Context(rooms, caller, using), METHODS)
    found: list[dict[str, Any]] = preferences[1]["list"] if preferences[0] != "error" else []
    return found[0] if found else {}, mailboxes[1] if mailboxes[0] != "error" else None
