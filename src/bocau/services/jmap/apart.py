"""/changes of the types whose changes are logged one by one (`store.apart`)."""

from collections.abc import Callable
from typing import NamedTuple

from bocau.services.jmap.context import Arguments
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.standard import ChangesAsked, changes_response
from bocau.services.jmap.states import parse_plain_state
from bocau.store import ChangeKind, Reading
from bocau.store.apart import changes_apart

MadeAt = Callable[[Reading, str], int | None]
"""The modseq of an object's creation, by its name in the log; None: it is gone."""


class Changed(NamedTuple):
    """Names in the log."""

    created: list[str]
    updated: list[str]
    destroyed: list[str]
    state: int
    has_more: bool

    @property
    def all(self) -> list[str]:
        return [*self.created, *self.updated, *self.destroyed]


def changed_since(
    reading: Reading, kind: ChangeKind, said: str, made_at: MadeAt, limit: int | None = None
) -> Changed:
    """MethodError cannotCalculateChanges: it is no state that this account ever had."""
    since = parse_plain_state(said)
    if since > reading.modseq():
        raise MethodError("cannotCalculateChanges", "this state lies in the future")
    found = changes_apart(reading, kind, since, limit)
    created, updated, destroyed = list[str](), list[str](), list[str]()
    for name in found.names:
        made = made_at(reading, name)
        (destroyed if made is None else created if made > since else updated).append(name)
    return Changed(created, updated, destroyed, found.state, found.has_more)


def answer_changes(asked: ChangesAsked, found: Changed, id_of: Callable[[str], str]) -> Arguments:
    """`id_of`: an object's id, by its name in the log."""
    lists = [[id_of(name) for name in names] for names in (found.created, found.updated, found.destroyed)]
    return changes_response(asked, str(found.state), *lists, has_more=found.has_more)
