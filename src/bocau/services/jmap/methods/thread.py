"""Thread/get, Thread/changes (RFC 8621 §3)."""

from typing import Final

from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError
from bocau.services.jmap.following import follow
from bocau.services.jmap.standard import (
    Get,
    changes_response,
    get_response,
    take_changes,
    take_get,
)
from bocau.services.jmap.states import MailState
from bocau.store import Reading
from bocau.store.emailchanges import thread_changes
from bocau.store.emails import all_threads, mail_state, thread_emails

PROPERTIES: Final = ("id", "emailIds")
THREADS_NOW_MAX: Final = 100
"""Threads that are read on the loop; more are read in the reader thread."""


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, PROPERTIES)
    limit = context.rooms.settings.limits.max_objects_in_get
    wanted = None if asked.ids is None else _thread_ids(asked, asked.ids)

    def job(reading: Reading) -> tuple[MailState, dict[int, list[str]]]:
        threads = all_threads(reading, limit + 1) if wanted is None else list(wanted)
        found = thread_emails(reading, threads)
        told = {thread: [ids.email_id(email) for email in emails] for thread, emails in found.items()}
        return MailState(*mail_state(reading)), told

    if wanted is not None and len(wanted) <= THREADS_NOW_MAX:
        state, found = context.store.glance(asked.account_id, job)
    else:
        state, found = await context.store.read(asked.account_id, job)
    if len(found) > limit:
        raise MethodError("requestTooLarge", "more threads than maxObjectsInGet: name their ids")
    return _response(asked, state, found)


def _thread_ids(asked: Get, said: list[str]) -> list[int]:
    parsed = [ids.parse_thread(asked.account_id, one) for one in said]
    return [one for one in parsed if one is not None]


def _response(asked: Get, state: MailState, found: dict[int, list[str]]) -> Arguments:
    """In the order asked for."""
    by_id = {ids.thread_id(thread): emails for thread, emails in found.items()}
    said = list(by_id) if asked.ids is None else asked.ids
    told = [
        {"id": one, "emailIds": by_id[one]} if "emailIds" in asked.properties else {"id": one}
        for one in said
        if one in by_id
    ]
    return get_response(asked, str(state), told, [one for one in said if one not in by_id])


async def changes(context: Context, arguments: Arguments) -> Arguments:
    asked = take_changes(context, arguments)
    found, state = await follow(context, asked, thread_changes)
    account = asked.account_id << 32
    created, updated, destroyed = (
        [ids.thread_id(account + serial) for serial in serials]
        for serials in (found.created, found.updated, found.destroyed)
    )
    return changes_response(asked, state, created, updated, destroyed, has_more=found.has_more)


METHODS: Final = {
    "Thread/get": Registered(MAIL, get),
    "Thread/changes": Registered(MAIL, changes),
}
