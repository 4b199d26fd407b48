"""Email/set (RFC 8621 §4.6): emails are created one by one, then all changed and destroyed in one write."""

import asyncio
from typing import Final

from bocau.base.errors import BocauError, LimitReached, NoSuchMailbox, Refused
from bocau.base.ids import EmailId
from bocau.services.jmap import ids
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.email.patching import take_patch
from bocau.services.jmap.email.wanted import ALL, is_header_property
from bocau.services.jmap.errors import SetError, invalid_properties, set_error
from bocau.services.jmap.methods.email_create import create
from bocau.services.jmap.methods.email_get import get
from bocau.services.jmap.standard import SetCall, take_set
from bocau.services.jmap.states import MailState
from bocau.store import Flags, Writing
from bocau.store.emails import mail_state, places_of
from bocau.store.emailwriting import EmailPatch, Failures, change_emails, destroy_emails

EMAILS_NOW_MAX: Final = 50
"""Emails that are written on the loop; more are written in the writer thread."""
PATCHES_BETWEEN_TURNS: Final = 100
"""Patches read before other connections have their turn."""
_CHANGEABLE: Final = frozenset(("id", "keywords", "mailboxIds"))


async def set_emails(context: Context, arguments: Arguments) -> Arguments:
    call = take_set(context, arguments)
    old_state = _state(context, call)
    call.check_state(old_state)
    await _create(context, call)
    patches, destroyed = await _take_patches(context, call), _take_destroyed(context, call)
    destroyed = _without_spared(context, call, destroyed)
    if patches or destroyed:
        await _write(context, call, patches, destroyed)
    return call.response(old_state, _state(context, call))


def _state(context: Context, call: SetCall) -> str:
    return str(MailState(*context.store.glance(call.account_id, mail_state)))


async def _create(context: Context, call: SetCall) -> None:
    for name, new in call.create.items():
        try:
            call.created[name] = await create(context, call.account_id, new)
            context.created_ids[name] = call.created[name]["id"]
        except SetError as error:
            call.not_created[name] = error.told()
        except BocauError as error:
            call.not_created[name] = set_error(error).told()
        await asyncio.sleep(0)


def _email_id(context: Context, call: SetCall, said: str) -> EmailId:
    """SetError notFound."""
    found = ids.parse_email(call.account_id, context.real_id(said))
    if found is None:
        raise SetError("notFound")
    return found


async def _take_patches(context: Context, call: SetCall) -> dict[EmailId, EmailPatch]:
    doomed = set(call.destroy)
    found: dict[EmailId, EmailPatch] = {}
    for number, (said, patch) in enumerate(call.update.items(), 1):
        try:
            if said in doomed:
                raise SetError("willDestroy")
            email_id = _email_id(context, call, said)
            patch = await _without_unchanged(context, call, ids.email_id(email_id), patch)
            found[email_id] = take_patch(context, call.account_id, said, patch)
        except SetError as error:
            call.not_updated[said] = error.told()
        if number % PATCHES_BETWEEN_TURNS == 0:
            await asyncio.sleep(0)
    return found


async def _without_unchanged(context: Context, call: SetCall, email_id: str, patch: Arguments) -> Arguments:
    """A client may send the whole object back: what never changes is passed over where it is as it was
    (RFC 8620 §5.3)."""
    fixed = [name for name in patch if name not in _CHANGEABLE and (name in ALL or is_header_property(name))]
    if not fixed:
        return patch
    asked = {"accountId": ids.account_id(call.account_id), "ids": [email_id], "properties": fixed}
    for told in (await get(context, asked))["list"]:
        patch = {name: value for name, value in patch.items() if name not in fixed or told[name] != value}
    return patch


def _take_destroyed(context: Context, call: SetCall) -> list[EmailId]:
    found: dict[EmailId, None] = {}
    for said in call.destroy:
        try:
            found[_email_id(context, call, said)] = None
        except SetError as error:
            call.not_destroyed[said] = error.told()
    return list(found)


def _without_spared(context: Context, call: SetCall, destroyed: list[EmailId]) -> list[EmailId]:
    """Clients save a draft as a new email and destroy the former one in the same call. When the new one could
    not be made, the former one is all that is left of the text: it stays."""
    if not call.not_created or not destroyed:
        return destroyed
    places = context.store.glance(call.account_id, lambda tx: places_of(tx, destroyed))
    drafts = {place.email_id for place in places if place.flags & Flags.DRAFT}
    for email_id in drafts:
        error = SetError("forbidden", "a draft stays when no new one could be made in the same call")
        call.not_destroyed[ids.email_id(email_id)] = error.told()
    return [email_id for email_id in destroyed if email_id not in drafts]


async def _write(
    context: Context, call: SetCall, patches: dict[EmailId, EmailPatch], destroyed: list[EmailId]
) -> None:
    def job(tx: Writing) -> tuple[Failures, Failures]:
        if not call.create:  # what was created here has moved the state
            call.check_state(str(MailState(*mail_state(tx))))
        return change_emails(tx, patches), destroy_emails(tx, destroyed)

    is_heavy = len(patches) + len(destroyed) > EMAILS_NOW_MAX
    unchanged, kept = await context.store.write(call.account_id, job, heavy=is_heavy)
    for email_id in patches:
        if email_id in unchanged:
            call.not_updated[ids.email_id(email_id)] = _refused(unchanged[email_id]).told()
        else:
            call.updated[ids.email_id(email_id)] = None
    for email_id in destroyed:
        if email_id in kept:
            call.not_destroyed[ids.email_id(email_id)] = _refused(kept[email_id]).told()
        else:
            call.destroyed.append(ids.email_id(email_id))


def _refused(error: Refused) -> SetError:
    """What a patch that the store refuses is told."""
    if isinstance(error, LimitReached):
        return SetError("tooManyKeywords", str(error))
    if isinstance(error, NoSuchMailbox):
        return invalid_properties(str(error), "mailboxIds")
    return set_error(error)


METHODS: Final = {"Email/set": Registered(MAIL, set_emails)}
