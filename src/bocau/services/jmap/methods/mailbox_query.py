"""Mailbox/query and Mailbox/queryChanges (RFC 8621 §2.3, §2.4)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from bocau.base.ids import AccountId
from bocau.formats.casemap import casemap
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.mailboxes.telling import Teller
from bocau.services.jmap.small_query import (
    Json,
    Queried,
    filter_of,
    in_order,
    is_text,
    query,
    query_changes,
    selected,
    since_query_state,
)
from bocau.services.jmap.standard import optional
from bocau.services.jmap.states import MailState, parse_mail_state
from bocau.store import Reading
from bocau.store.emailchanges import Incalculable, Mark
from bocau.store.emails import mail_state
from bocau.store.mailboxchanges import mailbox_changes

ROUNDS_MAX: Final = 20
"""Portions of changes that one question follows."""
_PROPERTIES: Final = ("id", "name", "parentId", "role", "sortOrder", "isSubscribed")


def _is_text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _chosen(arguments: Arguments, kind: Queried, objects: Sequence[Json]) -> list[str]:
    """With sortAsTree and filterAsTree (RFC 8621 §2.3)."""
    as_tree, filters_tree = (
        optional(arguments, name, bool, False) for name in ("sortAsTree", "filterAsTree")
    )
    if not as_tree and not filters_tree:
        return selected(arguments, kind, objects)
    ordered, test = in_order(arguments, kind, objects), filter_of(arguments, kind)
    matching = {told["id"] for told in objects if test(told)}
    if filters_tree:
        matching = {told["id"] for told in _tree(objects, matching)}
    if as_tree:
        ordered = list(_tree(ordered, {told["id"] for told in objects}))
    return [told["id"] for told in ordered if told["id"] in matching]


def _tree(objects: Sequence[Json], let_in: set[str]) -> Iterator[Json]:
    """Each mailbox before its children, siblings as they come; below one that is not let in nothing."""
    children: dict[str | None, list[Json]] = {}
    for told in objects:
        children.setdefault(told["parentId"], []).append(told)
    pending = children.get(None, [])[::-1]
    while pending:
        told = pending.pop()
        if told["id"] in let_in:
            yield told
            pending += children.get(told["id"], [])[::-1]


MAILBOXES: Final = Queried(
    {
        "parentId": (_is_text_or_null, lambda told, value: told["parentId"] == value),
        "name": (is_text, lambda told, value: casemap(value) in casemap(told["name"])),
        "role": (_is_text_or_null, lambda told, value: told["role"] == value),
        "hasAnyRole": (_is_bool, lambda told, value: (told["role"] is not None) == value),
        "isSubscribed": (_is_bool, lambda told, value: told["isSubscribed"] == value),
    },
    {
        "sortOrder": lambda told: told["sortOrder"],
        "name": lambda told: casemap(told["name"]),
        "parentId": lambda told: told["parentId"] or "",
    },
    ("sortAsTree", "filterAsTree"),
    _chosen,
)


def _mailboxes(tx: Reading) -> tuple[str, list[Arguments]]:
    """(state, all mailboxes)."""
    mailboxes = tx.mailboxes()
    teller = Teller(tx.account_id, mailboxes, tx.subscriptions(), {}, _PROPERTIES)
    return str(MailState(*mail_state(tx))), [teller.tell(mailbox) for mailbox in mailboxes]


async def query_mailboxes(context: Context, arguments: Arguments) -> Arguments:
    state, objects = await context.store.read(context.account(arguments), _mailboxes)
    return query(context, arguments, MAILBOXES, state, objects)


async def query_mailbox_changes(context: Context, arguments: Arguments) -> Arguments:
    account_id, since = context.account(arguments), parse_mail_state(since_query_state(arguments))
    is_tree = any(arguments.get(name) for name in MAILBOXES.more)

    def look(tx: Reading) -> tuple[str, list[Arguments], list[str]]:
        state, objects = _mailboxes(tx)
        changed = _changed(tx, account_id, Mark(*since), objects, is_tree=is_tree)
        return state, objects, changed

    try:
        state, objects, changed = await context.store.read(account_id, look)
    except Incalculable as error:
        raise MethodError("cannotCalculateChanges", str(error)) from None
    return query_changes(context, arguments, MAILBOXES, state, objects, changed)


def _changed(
    tx: Reading, account_id: AccountId, mark: Mark, objects: list[Arguments], *, is_tree: bool
) -> list[str]:
    """All that may stand elsewhere; in a tree that is every mailbox, when one has moved."""
    found: dict[str, None] = {}
    for _ in range(ROUNDS_MAX):
        changes = mailbox_changes(tx, mark)
        moved = [*changes.created, *changes.destroyed, *([] if changes.only_counts else changes.updated)]
        found |= dict.fromkeys(ids.mailbox_id(account_id, one) for one in moved)
        if not changes.has_more:
            break
        mark = changes.mark
    else:
        raise Incalculable("too much has happened since")
    if found and is_tree:
        found |= dict.fromkeys(told["id"] for told in objects)
    return list(found)


METHODS: Final = {
    "Mailbox/query": Registered(MAIL, query_mailboxes),
    "Mailbox/queryChanges": Registered(MAIL, query_mailbox_changes),
}
