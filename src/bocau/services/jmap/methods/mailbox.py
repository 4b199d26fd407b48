"""Mailbox/get, /changes, /set (RFC 8621 §2)."""

from typing import Final, NamedTuple

from bocau.base.ids import AccountId
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.following import follow
from bocau.services.jmap.mailboxes.changing import Changing, Outcome
from bocau.services.jmap.mailboxes.telling import COUNTS, PROPERTIES, Teller
from bocau.services.jmap.mailboxes.writer import MailboxWriter
from bocau.services.jmap.standard import (
    SetCall,
    changes_response,
    get_response,
    optional,
    take_changes,
    take_get,
    take_set,
)
from bocau.services.jmap.states import MailState
from bocau.store import Mailbox, Reading, Writing
from bocau.store.emails import mail_state
from bocau.store.mailboxchanges import mailbox_changes
from bocau.store.mailboxcounts import AllCounts

_COUNTED: Final = frozenset(COUNTS[1:])
"""What is not in the mailbox's row."""
MAILBOXES_NOW_MAX: Final = 20
"""Mailboxes that are written on the loop; more, and all that takes emails along, in the writer thread."""


class _Seen(NamedTuple):
    """All mailboxes in one snapshot."""

    state: str
    mailboxes: list[Mailbox]
    subscriptions: list[str]
    counts: AllCounts


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, PROPERTIES)
    seen = await _see(context, asked.account_id, with_counts=not _COUNTED.isdisjoint(asked.properties))
    teller = Teller(asked.account_id, seen.mailboxes, seen.subscriptions, seen.counts, asked.properties)
    by_id = {ids.mailbox_id(asked.account_id, box.mailbox_id): box for box in seen.mailboxes}
    wanted = list(by_id) if asked.ids is None else asked.ids
    found = [teller.tell(by_id[one]) for one in wanted if one in by_id]
    return get_response(asked, seen.state, found, [one for one in wanted if one not in by_id])


async def _see(context: Context, account: AccountId, *, with_counts: bool) -> _Seen:
    cache, columns = context.store.mailbox_counts, context.store.columns

    def look(tx: Reading, counts: AllCounts) -> _Seen:
        return _Seen(str(MailState(*mail_state(tx))), tx.mailboxes(), tx.subscriptions(), counts)

    def glance(tx: Reading) -> _Seen | None:
        counts = cache.glanced(tx, columns) if with_counts else {}
        return None if counts is None else look(tx, counts)

    seen = context.store.glance(account, glance)
    if seen is not None:
        return seen
    return await context.store.read(account, lambda tx: look(tx, cache.of(tx, columns)))


async def changes(context: Context, arguments: Arguments) -> Arguments:
    asked = take_changes(context, arguments)
    found, state = await follow(context, asked, mailbox_changes)
    created, updated, destroyed = (
        [ids.mailbox_id(asked.account_id, one) for one in some]
        for some in (found.created, found.updated, found.destroyed)
    )
    properties = list(COUNTS) if updated and found.only_counts else None
    return changes_response(
        asked, state, created, updated, destroyed, has_more=found.has_more, updatedProperties=properties
    )


async def set_mailboxes(context: Context, arguments: Arguments) -> Arguments:
    call = take_set(context, arguments, "onDestroyRemoveEmails")
    removes_emails: bool = optional(arguments, "onDestroyRemoveEmails", bool, otherwise=False)
    says_counts = any(not _COUNTED.isdisjoint(patch) for patch in call.update.values())
    counts = (await _see(context, call.account_id, with_counts=says_counts)).counts

    def job(tx: Writing) -> tuple[str, Outcome, str]:
        old_state = str(MailState(*mail_state(tx)))
        call.check_state(old_state)
        writer = MailboxWriter(tx, context, counts, removes_emails=removes_emails)
        outcome = Changing(tx.sql, writer, call).run()
        return old_state, outcome, str(MailState(*mail_state(tx)))

    is_heavy = bool(call.destroy) or len(call.create) + len(call.update) > MAILBOXES_NOW_MAX
    old_state, outcome, new_state = await context.store.write(call.account_id, job, heavy=is_heavy)
    _note(context, call, outcome)
    return call.response(old_state, new_state)


def _note(context: Context, call: SetCall, outcome: Outcome) -> None:
    call.created = outcome.created
    call.updated = dict(outcome.updated)
    call.destroyed = outcome.destroyed
    context.created_ids.update({name: made["id"] for name, made in outcome.created.items()})
    failures = {"create": call.not_created, "update": call.not_updated, "destroy": call.not_destroyed}
    for (kind, said), error in outcome.failed.items():
        failures[kind][said] = error.told()


METHODS: Final = {
    "Mailbox/get": Registered(MAIL, get),
    "Mailbox/changes": Registered(MAIL, changes),
    "Mailbox/set": Registered(MAIL, set_mailboxes),
}
