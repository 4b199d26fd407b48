"""EmailSubmission/get, /changes, /query, /queryChanges, /set (RFC 8621 §7.1–7.5)."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from bocau.base.ids import AccountId, EmailId
from bocau.flow.submission.sent_draft import unschedule
from bocau.formats.json_date import parse_utc_date
from bocau.services.jmap import ids
from bocau.services.jmap.apart import answer_changes, changed_since
from bocau.services.jmap.capabilities import SUBMISSION
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import MethodError, SetError, invalid_arguments, invalid_properties
from bocau.services.jmap.methods.identity import keep_identities
from bocau.services.jmap.sending.creating import create
from bocau.services.jmap.sending.implied import imply_email_set, take_updates
from bocau.services.jmap.sending.telling import PROPERTIES, tell
from bocau.services.jmap.small_query import (
    Queried,
    is_text,
    is_text_list,
    one_of,
    query,
    query_changes,
    since_query_state,
)
from bocau.services.jmap.standard import (
    SetCall,
    get_response,
    id_list,
    run_set,
    take_changes,
    take_get,
    take_set,
)
from bocau.store import ChangeKind, Reading, Writing, submissions
from bocau.store.apart import last_change
from bocau.store.submissions import CANCELED, PENDING, Outline, Submission

NOW_MAX: Final = 100
"""Submissions read on the loop; more are read in the reader thread."""


def _is_date(value: Any) -> bool:
    return parse_utc_date(value) is not None


QUERIED: Final = Queried(
    conditions={
        "identityIds": (is_text_list, one_of("identityId")),
        "emailIds": (is_text_list, one_of("emailId")),
        "threadIds": (is_text_list, one_of("threadId")),
        "undoStatus": (is_text, lambda told, value: told["undoStatus"] == value),
        "before": (_is_date, lambda told, value: told["at"] < parse_utc_date(value)),
        "after": (_is_date, lambda told, value: told["at"] >= parse_utc_date(value)),
    },
    sorts={
        "emailId": lambda told: told["emailId"],
        "threadId": lambda told: told["threadId"],
        # RFC 8621 §7.3 says "sentAt", and means sendAt.
        "sentAt": lambda told: told["at"],
        "sendAt": lambda told: told["at"],
    },
)


async def get(context: Context, arguments: Arguments) -> Arguments:
    asked = take_get(context, arguments, PROPERTIES)
    limit = context.rooms.settings.limits.max_objects_in_get

    def job(tx: Reading) -> tuple[str, dict[str, Submission]]:
        found = submissions.submissions(tx) if asked.ids is None else list(_named(tx, asked.ids))
        return _state(tx), {ids.submission_id(one.submission_id): one for one in found}

    if asked.ids is not None and len(asked.ids) <= NOW_MAX:
        state, found = context.store.glance(asked.account_id, job)
    else:
        state, found = await context.store.read(asked.account_id, job)
    if len(found) > limit:
        raise MethodError("requestTooLarge", "more submissions than maxObjectsInGet: name their ids")
    wanted = list(found) if asked.ids is None else asked.ids
    told = [await tell(context, found[one], asked.properties) for one in wanted if one in found]
    return get_response(asked, state, told, [one for one in wanted if one not in found])


def _named(tx: Reading, wanted: list[str]) -> Iterator[Submission]:
    for said in wanted:
        number = ids.parse_submission(said)
        found = None if number is None else submissions.submission(tx, number)
        if found is not None:
            yield found


async def changes(context: Context, arguments: Arguments) -> Arguments:
    asked = take_changes(context, arguments)
    found = await context.store.read(
        asked.account_id,
        lambda tx: changed_since(tx, ChangeKind.SUBMISSION, asked.since, _made_at, asked.max_changes),
    )
    return answer_changes(asked, found, _id_of)


async def query_(context: Context, arguments: Arguments) -> Arguments:
    account = context.account(arguments)
    state, found = await context.store.read(account, lambda tx: (_state(tx), submissions.outlines(tx)))
    return await asyncio.to_thread(query, context, arguments, QUERIED, state, map(_outlined, found))


async def query_changes_(context: Context, arguments: Arguments) -> Arguments:
    account, since = context.account(arguments), since_query_state(arguments)
    changed, found = await context.store.read(
        account,
        lambda tx: (changed_since(tx, ChangeKind.SUBMISSION, since, _made_at), submissions.outlines(tx)),
    )
    if changed.has_more:
        raise MethodError("cannotCalculateChanges", "too much has changed")
    names = list(map(_id_of, changed.all))
    outlined = map(_outlined, found)
    return await asyncio.to_thread(
        query_changes, context, arguments, QUERIED, str(changed.state), outlined, names
    )


async def set_(context: Context, arguments: Arguments) -> Arguments:
    call = take_set(context, arguments, "onSuccessUpdateEmail", "onSuccessDestroyEmail")
    update, destroy = take_updates(arguments), id_list(arguments, "onSuccessDestroyEmail") or []
    if len(update) + len(destroy) > context.rooms.settings.limits.max_objects_in_set:
        raise invalid_arguments("more emails than maxObjectsInSet")
    account = call.account_id
    await keep_identities(context, account)
    old_state = context.store.glance(account, _state)
    call.check_state(old_state)
    emails = await _carry_out(context, call)
    response = call.response(old_state, context.store.glance(account, _state))
    await _imply(context, emails, update, destroy, account)
    return response


async def _carry_out(context: Context, call: SetCall) -> dict[str, str]:
    """The email of each submission that was created, updated or destroyed, by the submission's id."""
    account, emails = call.account_id, dict[str, str]()

    async def create_(name: str, new: Arguments) -> Arguments:
        made = await create(context, account, new)
        emails[ids.submission_id(made.submission_id)] = ids.email_id(made.email_id)
        told = await tell(context, made, PROPERTIES)
        return {key: value for key, value in told.items() if key not in new or new[key] != value}

    async def update_(said: str, patch: Arguments) -> None:
        patch = await _without_unchanged(context, account, said, patch)
        done = await context.store.write(account, lambda tx: _update(tx, said, patch))
        emails[said] = ids.email_id(done.email_id)

    async def destroy_(said: str) -> None:
        done = await context.store.write(account, lambda tx: _destroy(tx, said))
        emails[said] = ids.email_id(done.email_id)

    await run_set(context, call, create_, update_, destroy_)
    return emails


async def _imply(
    context: Context,
    emails: dict[str, str],
    update: dict[str, Arguments],
    destroy: list[str],
    account: AccountId,
) -> None:
    """Only for submissions that this very call has made, changed or destroyed."""
    patches: dict[str, Arguments] = {}
    for said, patch in update.items():
        email = emails.get(_known(context, said))
        if email is not None:
            patches[email] = patches.get(email, {}) | patch
    gone = [emails[one] for one in (_known(context, said) for said in destroy) if one in emails]
    await imply_email_set(context, patches, list(dict.fromkeys(gone)), ids.account_id(account))


def _known(context: Context, said: str) -> str:
    try:
        return context.real_id(said)
    except SetError:
        return ""


async def _without_unchanged(context: Context, account: AccountId, said: str, patch: Arguments) -> Arguments:
    """What never changes may be sent back as it was (RFC 8620 §5.3)."""
    fixed = [name for name in patch if name in PROPERTIES and name != "undoStatus"]
    found = next(iter(context.store.glance(account, lambda tx: list(_named(tx, [said])))), None)
    if not fixed or found is None:
        return patch
    told = await tell(context, found, fixed)
    return {name: value for name, value in patch.items() if name not in told or told[name] != value}


def _update(tx: Writing, said: str, patch: Arguments) -> Submission:
    """Only undoStatus may change, and only to "canceled" (RFC 8621 §7.5)."""
    found = _found(tx, said)
    fixed = [name for name in patch if name != "undoStatus"]
    if fixed:
        raise invalid_properties("this cannot be changed", *fixed)
    wanted = patch.get("undoStatus", found.undo_status)
    if wanted == found.undo_status:
        return found
    if wanted != CANCELED:
        raise invalid_properties('undoStatus may become "canceled"', "undoStatus")
    if not submissions.end(tx, found.submission_id, CANCELED):
        raise SetError("cannotUnsend", "the message is on its way")
    unschedule(tx, EmailId(found.email_id))
    return found


def _destroy(tx: Writing, said: str) -> Submission:
    """What waits must be canceled first: nothing may be sent of which nothing is known."""
    found = _found(tx, said)
    if found.undo_status == PENDING:
        raise SetError("forbidden", "it waits for its time: cancel it first")
    submissions.remove(tx, found.submission_id)
    return found


def _found(tx: Reading, said: str) -> Submission:
    number = ids.parse_submission(said)
    found = None if number is None else submissions.submission(tx, number)
    if found is None:
        raise SetError("notFound")
    return found


def _state(tx: Reading) -> str:
    return str(last_change(tx, ChangeKind.SUBMISSION))


def _made_at(tx: Reading, name: str) -> int | None:
    found = submissions.submission(tx, int(name))
    return None if found is None else found.made_modseq


def _id_of(name: str) -> str:
    return ids.submission_id(int(name))


def _outlined(one: Outline) -> Arguments:
    return {
        "id": ids.submission_id(one.submission_id),
        "identityId": ids.identity_id(one.identity_id),
        "emailId": ids.email_id(one.email_id),
        "threadId": ids.thread_id(one.thread_id),
        "undoStatus": one.undo_status,
        "at": one.send_at,
    }


METHODS: Final = {
    "EmailSubmission/get": Registered(SUBMISSION, get),
    "EmailSubmission/changes": Registered(SUBMISSION, changes),
    "EmailSubmission/query": Registered(SUBMISSION, query_),
    "EmailSubmission/queryChanges": Registered(SUBMISSION, query_changes_),
    "EmailSubmission/set": Registered(SUBMISSION, set_),
}
