"""Quota/get, /changes, /query, /queryChanges (RFC 9425): what the account may hold, and what it does."""

from typing import Any, Final

from bocau.base.ids import AccountId
from bocau.services.jmap.capabilities import QUOTA
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.quota_state import Held, held, parse_quota_state
from bocau.services.jmap.small_query import (
    Queried,
    is_text,
    query,
    query_changes,
    since_query_state,
)
from bocau.services.jmap.standard import changes_response, get_response, take_changes, take_get
from bocau.store.mailboxes import MAILBOXES_MAX

OCTETS: Final = "octets"
MAILBOXES: Final = "mailboxes"
WARN_PERCENT: Final = 90
PROPERTIES: Final = (
    "id", "resourceType", "used", "hardLimit", "scope", "name", "types", "warnLimit", "softLimit",
    "description",
)  # fmt: skip

QUERIED: Final = Queried(
    conditions={
        "name": (is_text, lambda told, value: value.casefold() in told["name"].casefold()),
        "scope": (is_text, lambda told, value: told["scope"] == value),
        "resourceType": (is_text, lambda told, value: told["resourceType"] == value),
        "type": (is_text, lambda told, value: value in told["types"]),
    },
    sorts={"name": lambda told: told["name"], "used": lambda told: told["used"]},
)


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, PROPERTIES)
    now = context.store.glance(asked.account_id, held)
    told = {one["id"]: one for one in tell(now)}
    wanted = list(told) if asked.ids is None else asked.ids
    chosen = [{name: told[one][name] for name in asked.properties} for one in wanted if one in told]
    return get_response(asked, str(now), chosen, [one for one in wanted if one not in told])


async def changes(context: Context, arguments: Arguments) -> Arguments:
    asked = take_changes(context, arguments)
    before, now = parse_quota_state(asked.since), context.store.glance(asked.account_id, held)
    old, new = ({one["id"]: one for one in tell(numbers)} for numbers in (before, now))
    updated = [one for one in new if one in old and new[one] != old[one]]
    only_used = all(new[one] | {"used": 0} == old[one] | {"used": 0} for one in updated)
    return changes_response(
        asked,
        str(now),
        [one for one in new if one not in old],
        updated,
        [one for one in old if one not in new],
        updatedProperties=["used"] if updated and only_used else None,
    )


async def query_(context: Context, arguments: Arguments) -> Arguments:
    now = context.store.glance(context.account(arguments), held)
    return query(context, arguments, QUERIED, str(now), tell(now))


async def query_changes_(context: Context, arguments: Arguments) -> Arguments:
    account: AccountId = context.account(arguments)
    before, now = parse_quota_state(since_query_state(arguments)), context.store.glance(account, held)
    old, new = ({one["id"]: one for one in tell(numbers)} for numbers in (before, now))
    changed = [one for one in {**old, **new} if old.get(one) != new.get(one)]
    return query_changes(context, arguments, QUERIED, str(now), tell(now), changed)


def tell(now: Held) -> list[dict[str, Any]]:
    """The Quota objects; without a limit there is none to tell of."""
    found = [_quota(MAILBOXES, "count", now.mailbox_count, MAILBOXES_MAX, "Mailboxes", ["Mailbox"])]
    if now.limit_bytes is not None:
        found.insert(0, _quota(OCTETS, "octets", now.used_bytes, now.limit_bytes, "Mail", ["Email"]))
    return found


def _quota(
    quota_id: str, resource: str, used: int, limit: int, name: str, types: list[str]
) -> dict[str, Any]:
    return {
        "id": quota_id,
        "resourceType": resource,
        "used": used,
        "hardLimit": limit,
        "scope": "account",
        "name": name,
        "types": types,
        "warnLimit": limit * WARN_PERCENT // 100,
        "softLimit": None,
        "description": None,
    }


METHODS: Final = {
    "Quota/get": Registered(QUOTA, get),
    "Quota/changes": Registered(QUOTA, changes),
    "Quota/query": Registered(QUOTA, query_),
    "Quota/queryChanges": Registered(QUOTA, query_changes_),
}
