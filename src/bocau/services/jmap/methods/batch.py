"""EmailBatch: one change to everything that matches, done by the background process (docs/jmap.md).

filter, evaluated now → serials → rows of work (`store.batches`) → portions, until it is done, or canceled
"""

import asyncio
from array import array
from typing import Final

from bocau.base.errors import LimitReached, NotPermitted
from bocau.base.ids import AccountId
from bocau.formats.json_date import json_date
from bocau.services.jmap import ids
from bocau.services.jmap.apart import answer_changes, changed_since
from bocau.services.jmap.capabilities import BOCAU
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.email.patching import take_patch
from bocau.services.jmap.errors import MethodError, SetError, invalid_properties
from bocau.services.jmap.finding.filters import parse_filter
from bocau.services.jmap.finding.finding import Query, find
from bocau.services.jmap.standard import get_response, run_set, take_changes, take_get, take_set
from bocau.store import ChangeKind, Reading, Writing, batches
from bocau.store.apart import last_change
from bocau.store.batches import EMAILS_MAX, Batch, Status
from bocau.store.batchwork import work_of
from bocau.store.emailwriting import EmailPatch

PROPERTIES: Final = ("id", "total", "done", "failed", "status", "canUndo", "createdAt")
HEAVY_EMAILS: Final = 20_000
"""With more of them, their portions are written down in the writer thread."""
IDS_BETWEEN_TURNS: Final = 1000
"""Ids read before other connections have their turn."""
_TOLD: Final = {Status.UNDOING: Status.RUNNING}


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, PROPERTIES)
    state, found = context.store.glance(asked.account_id, lambda tx: (_state(tx), batches.batches(tx)))
    told = {ids.batch_id(one.batch_id): tell(one) for one in found}
    wanted = list(told) if asked.ids is None else asked.ids
    chosen = [{name: told[one][name] for name in asked.properties} for one in wanted if one in told]
    return get_response(asked, state, chosen, [one for one in wanted if one not in told])


def tell(one: Batch) -> Arguments:
    """The EmailBatch object."""
    return {
        "id": ids.batch_id(one.batch_id),
        "total": one.total,
        "done": one.done,
        "failed": one.failed,
        "status": _TOLD.get(one.status, one.status).value,
        "canUndo": one.can_undo,
        "createdAt": json_date(one.created_at),
    }


def _state(reading: Reading) -> str:
    return str(last_change(reading, ChangeKind.BATCH))


async def changes(context: Context, arguments: Arguments) -> Arguments:
    asked = take_changes(context, arguments)
    found = context.store.glance(
        asked.account_id,
        lambda tx: changed_since(tx, ChangeKind.BATCH, asked.since, _made_at, asked.max_changes),
    )
    return answer_changes(asked, found, lambda name: ids.batch_id(int(name)))


def _made_at(reading: Reading, name: str) -> int | None:
    found = batches.batch(reading, int(name))
    return None if found is None else found.batch_id


async def set_(context: Context, arguments: Arguments) -> Arguments:
    call = take_set(context, arguments)
    account = call.account_id
    old_state = context.store.glance(account, _state)
    call.check_state(old_state)

    async def create(name: str, new: Arguments) -> Arguments:
        return await _create(context, account, new)

    async def update(said: str, patch: Arguments) -> None:
        await context.store.write(account, lambda tx: _update(tx, said, patch))

    async def destroy(said: str) -> None:
        await context.store.write(account, lambda tx: _destroy(tx, said))

    await run_set(context, call, create, update, destroy)
    return call.response(old_state, context.store.glance(account, _state))


async def _create(context: Context, account: AccountId, new: Arguments) -> Arguments:
    unknown = set(new).difference(("filter", "exclude", "update", "destroy"))
    if unknown:
        raise invalid_properties("no such properties", *sorted(unknown))
    if "filter" not in new or not isinstance(new["filter"], dict | None):
        raise invalid_properties("filter is an object, or null for every email", "filter")
    patch = _patch(context, account, new)
    excluded = await _excluded(account, new.get("exclude"))
    found = await _found(context, account, new)
    serials = await asyncio.to_thread(lambda: sorted(set(found).difference(excluded)))
    if len(serials) > EMAILS_MAX:
        raise SetError("tooLarge", f"more than {EMAILS_MAX} emails")
    work = work_of(patch)
    made = await context.store.write(
        account, lambda tx: _added(tx, patch, work, serials), heavy=len(serials) > HEAVY_EMAILS
    )
    return tell(made)


def _added(tx: Writing, patch: EmailPatch | None, work: str, serials: list[int]) -> Batch:
    wanted = frozenset[int]() if patch is None else (patch.mailboxes or frozenset()) | patch.into
    if wanted.difference(mailbox.mailbox_id for mailbox in tx.mailboxes()):
        raise invalid_properties("no such mailbox", "update")
    return batches.add_batch(tx, work, serials)


def _patch(context: Context, account: AccountId, new: Arguments) -> EmailPatch | None:
    """None: destroy."""
    if new.get("destroy", False) is True and new.get("update") is None:
        return None
    update = new.get("update")
    if new.get("destroy", False) not in (False, None) or not isinstance(update, dict) or not update:
        raise invalid_properties("either update is a patch, or destroy is true", "update", "destroy")
    if "id" in update:
        raise invalid_properties("an id does not change", "update")
    return take_patch(context, account, "", update)


async def _excluded(account: AccountId, said: object) -> set[int]:
    if said is None:
        return set()
    if not isinstance(said, list) or len(said) > EMAILS_MAX:
        raise invalid_properties("exclude is a list of ids", "exclude")
    found = set()
    for number, one in enumerate(said):
        if (known := ids.parse_email(account, one)) is not None:
            found.add(known & ((1 << ids.SERIAL_BITS) - 1))
        if number % IDS_BETWEEN_TURNS == 0:
            await asyncio.sleep(0)
    return found


async def _found(context: Context, account: AccountId, new: Arguments) -> "array[int]":
    """The serials of what matches now. SetError."""
    try:
        query = Query(parse_filter(new["filter"], account), ())
        return (await find(context.store, context.rooms.kept, account, query)).serials
    except MethodError as error:
        raise invalid_properties(f"{error.kind}: {error.description}", "filter") from None


def _update(tx: Writing, said: str, patch: Arguments) -> None:
    found = _known(tx, said)
    if set(patch) != {"status"} or patch["status"] not in (Status.CANCELED, Status.UNDONE):
        raise invalid_properties('status becomes "canceled" or "undone", and nothing else changes', *patch)
    try:
        (batches.cancel if patch["status"] == Status.CANCELED else batches.undo)(tx, found)
    except (NotPermitted, LimitReached) as error:
        raise invalid_properties(str(error), "status") from None


def _destroy(tx: Writing, said: str) -> None:
    """Only of what is finished."""
    found = _known(tx, said)
    if found.finished_at is None:
        raise SetError("forbidden", "the work is not finished: cancel it")
    batches.forget(tx, found.batch_id)


def _known(tx: Writing, said: str) -> Batch:
    number = ids.parse_batch(said)
    found = None if number is None else batches.batch(tx, number)
    if found is None:
        raise SetError("notFound")
    return found


METHODS: Final = {
    "EmailBatch/get": Registered(BOCAU, get),
    "EmailBatch/changes": Registered(BOCAU, changes),
    "EmailBatch/set": Registered(BOCAU, set_),
}
