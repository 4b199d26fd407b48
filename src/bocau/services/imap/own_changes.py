"""What a client has changed itself: NOTIFY and search contexts do not tell it back (RFC 5465 §5, §5.2)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from bocau.base.ids import AccountId, ModSeq
from bocau.store import Writing

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

T = TypeVar("T")
SPANS_MAX: Final = 64
"""Of writes with others' between them; what is forgotten is told back, which costs the client a few bytes."""


class OwnChanges:
    """Spans of the change logs that this session has written, the newest last."""

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        self._spans: list[tuple[AccountId, int, int]] = []

    def add(self, account_id: AccountId, after: int, last: int) -> None:
        """The account's log was at `after` before the write, and at `last` behind it."""
        if last == after:
            return
        spans = self._spans
        if spans and spans[-1][0] == account_id and spans[-1][2] == after:
            after = spans.pop()[1]
        spans.append((account_id, after, last))
        del spans[:-SPANS_MAX]

    def holds(self, account_id: AccountId, modseq: int) -> bool:
        """Whether this change is the client's own."""
        return any(own == account_id and after < modseq <= last for own, after, last in self._spans)


async def write(
    session: "ImapSession",
    account_id: AccountId,
    job: Callable[[Writing], T],
    *,
    heavy: bool = False,
    other: AccountId | None = None,
) -> T:
    """`store.write`, noted as the client's own where that matters. `other`: an account that changes, too."""
    if session.watch is None and (session.view is None or not session.view.contexts):
        return await session.store.write(account_id, job, heavy=heavy)
    accounts = {account_id} if other is None else {account_id, other}

    def marked(writing: Writing) -> tuple[T, list[ModSeq], list[ModSeq]]:
        before = [writing.of(account).modseq() for account in accounts]
        result = job(writing)
        return result, before, [writing.of(account).modseq() for account in accounts]

    result, before, behind = await session.store.write(account_id, marked, heavy=heavy)
    for account, after, last in zip(accounts, before, behind, strict=True):
        session.own_changes.add(account, after, last)
    return result
