"""Email/query and Email/queryChanges (RFC 8621 §4.4, §4.5)."""

from array import array
from typing import Final

from bocau.base.ids import AccountId
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.finding.accents import typed_accents
from bocau.services.jmap.finding.changes import AddedEmail, changes_of
from bocau.services.jmap.finding.filters import parse_filter
from bocau.services.jmap.finding.finding import Query, find
from bocau.services.jmap.finding.sorting import parse_sort
from bocau.services.jmap.paging import CHANGES, PAGING, cut, page_response, take_page
from bocau.services.jmap.small_query import since_query_state
from bocau.services.jmap.standard import only, optional, take_max_changes
from bocau.services.jmap.states import parse_plain_state


def take_query(arguments: Arguments, account_id: AccountId) -> Query:
    """The filter, the sort and collapseThreads. MethodError."""
    return Query(
        parse_filter(optional(arguments, "filter", dict), account_id),
        parse_sort(arguments.get("sort")),
        optional(arguments, "collapseThreads", bool, False),
        typed_accents(arguments.get("filter")),
    )


async def query(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "collapseThreads", *PAGING)
    account_id = context.account(arguments)
    page, asked = take_page(arguments), take_query(arguments, account_id)
    found = await find(context.store, context.rooms.kept, account_id, asked)
    total = len(found.serials)
    where = cut(page, total, lambda anchor: _index(found.serials, account_id, anchor))
    return {
        "accountId": ids.account_id(account_id),
        "queryState": str(found.pool.state),
        "canCalculateChanges": found.pool.is_settled and not asked.ranks,
        **page_response(page, where, total),
        "ids": _ids(account_id, found.serials[where.start : where.stop]),
    }


def _ids(account_id: AccountId, serials: "array[int]") -> list[str]:
    upper = account_id << ids.SERIAL_BITS
    return [f"M{upper | serial}" for serial in serials]


def _index(serials: "array[int]", account_id: AccountId, email_id: str) -> int | None:
    """Where an email is in the list."""
    known = ids.parse_email(account_id, email_id)
    try:
        return None if known is None else serials.index(known & ((1 << ids.SERIAL_BITS) - 1))
    except ValueError:
        return None


async def query_changes(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "collapseThreads", *CHANGES)
    account_id = context.account(arguments)
    asked, most = take_query(arguments, account_id), take_max_changes(arguments)
    since = since_query_state(arguments)
    up_to_id = optional(arguments, "upToId", str)
    counts = optional(arguments, "calculateTotal", bool, False)
    found = await find(context.store, context.rooms.kept, account_id, asked)
    changes = await changes_of(context.store, account_id, asked, found, parse_plain_state(since))
    added = changes.added
    if up_to_id is not None and asked.is_immutable:
        added = _up_to(added, _index(found.serials, account_id, up_to_id))
    if most is not None and len(added) + len(changes.removed) > most:
        raise MethodError("tooManyChanges")
    upper = account_id << ids.SERIAL_BITS
    return {
        "accountId": ids.account_id(account_id),
        "oldQueryState": since,
        "newQueryState": str(found.pool.state),
        **({"total": len(found.serials)} if counts else {}),
        "removed": [f"M{upper | serial}" for serial in changes.removed],
        "added": [{"id": f"M{upper | serial}", "index": place} for serial, place in added],
    }


def _up_to(added: list[AddedEmail], index: int | None) -> list[AddedEmail]:
    """Without what comes after the last email that the client knows of; not in the list: all."""
    return added if index is None else [one for one in added if one.place <= index]


METHODS: Final = {
    "Email/query": Registered(MAIL, query),
    "Email/queryChanges": Registered(MAIL, query_changes),
}
