"""What a method call works with: the rooms, who asks, and what the request has created so far."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bocau.base.ids import AccountId
from bocau.directory import Directory, Login
from bocau.runtime.clock import Clock
from bocau.runtime.doorbell import Doorbell
from bocau.runtime.log import Log
from bocau.services.jmap import ids
from bocau.services.jmap.errors import MethodError, SetError
from bocau.services.jmap.finding.kept import Kept
from bocau.services.jmap.settings import JmapSettings
from bocau.store import MailStore

if TYPE_CHECKING:
    from bocau.flow.flow import MailFlow
    from bocau.services.jmap.viewing.viewing import Viewing

LARGE_AT_ONCE: Final = 2
"""Large bodies that one process takes apart at the same time."""

Arguments = dict[str, Any]
Response = tuple[str, Arguments]


@dataclass(frozen=True)
class JmapRooms:
    """What all requests of one process share."""

    store: MailStore
    directory: Directory
    flow: "MailFlow"
    clock: Clock
    doorbell: Doorbell | None
    log: Log
    settings: JmapSettings = field(default_factory=JmapSettings)
    kept: Kept = field(default_factory=Kept)
    """Lists and columns of queries."""
    large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_ONCE))
    """Taken for work on large bodies: each is in memory, whole."""
    viewing: "Viewing | None" = None
    """Shows mail; None where no web is served."""

    @property
    def folder(self) -> Path:
        """Where the data lies."""
        return self.store.database.settings.path.parent


class Caller(NamedTuple):
    """Who asks, proved."""

    login: Login
    client_host: str
    session_id: int = 0
    """The web session that the request belongs to; 0: none, a password or a token came with it."""
    give_cookie: Callable[[str], None] | None = None
    """Hands a new cookie of the session out with the answer; None where no answer can."""


@dataclass
class Context:
    """One request."""

    rooms: JmapRooms
    caller: Caller
    using: frozenset[str]
    created_ids: dict[str, str] = field(default_factory=dict)
    """Creation id → id, of this request and of those that the client says (RFC 8620 §3.3)."""
    more: list[Response] = field(default_factory=list)
    """Responses that follow the one of the call that is running, under the same call id (RFC 8620 §3.1);
    EmailSubmission/set answers so for the Email/set that it implies."""

    @property
    def store(self) -> MailStore:
        return self.rooms.store

    @property
    def account_id(self) -> AccountId:
        """The caller's own account."""
        return self.caller.login.account_id

    def account(self, arguments: Arguments) -> AccountId:
        """The account that a call names. MethodError accountNotFound, invalidArguments."""
        return self.account_of(arguments.get("accountId"))

    def account_of(self, said: object) -> AccountId:
        """The same for another argument's value."""
        if not isinstance(said, str):
            raise MethodError("invalidArguments", "accountId is missing or no text")
        if ids.parse_account(said) != self.account_id:
            raise MethodError("accountNotFound")
        return self.account_id

    def real_id(self, said: str) -> str:
        """ "#name" → the id of what the request created under that name. SetError notFound."""
        if not said.startswith("#"):
            return said
        try:
            return self.created_ids[said[1:]]
        except KeyError:
            raise SetError("notFound", f"nothing was created as {said}") from None


Method = Callable[[Context, Arguments], Awaitable[Arguments]]
"""Answers one call; raises MethodError. The response's name is the call's own."""


class Registered(NamedTuple):
    """A method, and the capability that a request must name in "using" to call it."""

    capability: str
    run: Method
