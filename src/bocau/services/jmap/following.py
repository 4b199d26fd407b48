"""How Email, Thread and Mailbox /changes ask the store: a little at once, a lot in the reader thread."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from bocau.services.jmap.context import Context
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.standard import ChangesAsked
from bocau.services.jmap.states import MailState, parse_mail_state
from bocau.store import Reading
from bocau.store.emailchanges import Incalculable, Mark

GLANCE_OBJECTS_MAX: Final = 200
"""More changed objects than that are read in the reader thread."""


class Followed(Protocol):
    """What became of some objects."""

    @property
    def mark(self) -> Mark: ...

    @property
    def has_more(self) -> bool: ...


T = TypeVar("T", bound=Followed)


async def follow(
    context: Context, asked: ChangesAsked, changes: Callable[[Reading, Mark, int | None], T]
) -> tuple[T, str]:
    """What became of the objects, and the new state. MethodError cannotCalculateChanges."""
    since, most = Mark(*parse_mail_state(asked.since)), asked.max_changes
    few = GLANCE_OBJECTS_MAX if most is None else min(most, GLANCE_OBJECTS_MAX)
    try:
        found = context.store.glance(asked.account_id, lambda tx: changes(tx, since, few))
        if found.has_more and few != most:
            found = await context.store.read(asked.account_id, lambda tx: changes(tx, since, most))
    except Incalculable as error:
        raise MethodError("cannotCalculateChanges", str(error)) from error
    return found, str(MailState(*found.mark))
