"""Mailbox/set within one transaction: what counts is that all is well at the end (RFC 8620 §5.3).

    tasks in order → those that are in each other's way → again, while that helps
                   → those that want each other's names or roles → put aside first, then to their places

Each task is done whole or not at all (a savepoint).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from bocau.base.errors import BocauError
from bocau.database import Sql
from bocau.services.jmap.context import Arguments
from bocau.services.jmap.errors import SetError, set_error
from bocau.services.jmap.mailboxes.writer import MailboxWriter
from bocau.services.jmap.standard import SetCall

ROUNDS_MAX: Final = 25
"""How often what was in the way of something else is tried again."""
Kind = Literal["create", "update", "destroy"]


@dataclass
class Outcome:
    """What became of each object; made anew whenever the job is run."""

    created: dict[str, Arguments] = field(default_factory=dict)
    updated: dict[str, None] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    failed: dict[tuple[Kind, str], SetError] = field(default_factory=dict)
    """By what the client called the object."""


@dataclass(frozen=True, slots=True)
class _Task:
    kind: Kind
    said: str
    run: Callable[[], None]


class _Undone(Exception):
    """A savepoint was gone back to."""


class Changing:
    """One Mailbox/set in one transaction."""

    def __init__(self, sql: Sql, writer: MailboxWriter, call: SetCall) -> None:
        self._sql = sql
        self._writer = writer
        self._call = call
        self._outcome = Outcome()

    def run(self) -> Outcome:
        left = self._tasks()
        for _ in range(ROUNDS_MAX):
            pending, left = left, [task for task in left if not self._is_done(task)]
            if len(left) in (0, len(pending)):
                break
        self._exchange([task for task in left if task.kind == "update"])
        return self._outcome

    def _tasks(self) -> list[_Task]:
        call = self._call
        return [
            *(_Task("create", name, lambda name=name: self._create(name)) for name in call.create),  # type: ignore[misc]
            *(_Task("update", said, lambda said=said: self._update(said)) for said in call.update),  # type: ignore[misc]
            *(_Task("destroy", said, lambda said=said: self._destroy(said)) for said in call.destroy),  # type: ignore[misc]
        ]

    def _create(self, name: str) -> None:
        self._outcome.created[name] = self._writer.create(name, self._call.create[name])

    def _update(self, said: str) -> None:
        if said in self._call.destroy:
            raise SetError("willDestroy")
        self._outcome.updated[self._writer.update(said, self._call.update[said])] = None

    def _destroy(self, said: str) -> None:
        self._outcome.destroyed.append(self._writer.destroy(said))

    def _is_done(self, task: _Task) -> bool:
        """False: not as things are now."""
        try:
            with self._whole():
                task.run()
        except (SetError, BocauError) as error:
            known = error if isinstance(error, SetError) else set_error(error)
            self._outcome.failed[task.kind, task.said] = known
            return False
        self._outcome.failed.pop((task.kind, task.said), None)
        return True

    def _exchange(self, tasks: list[_Task]) -> None:
        """All of them or none: each may want what another one has."""
        failed, updated = dict(self._outcome.failed), dict(self._outcome.updated)
        try:
            with self._whole():
                for task in tasks:
                    self._writer.put_aside(task.said, self._call.update[task.said])
                if not all(map(self._is_done, tasks)):
                    raise _Undone
        except (SetError, BocauError, _Undone):
            self._outcome.failed, self._outcome.updated = failed, updated

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """What fails is undone."""
        self._sql.execute("SAVEPOINT mailbox")
        try:
            yield
        except (SetError, BocauError, _Undone):
            self._sql.execute("ROLLBACK TO mailbox")
            self._sql.execute("RELEASE mailbox")
            raise
        self._sql.execute("RELEASE mailbox")
