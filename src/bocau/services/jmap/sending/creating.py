"""One EmailSubmission made: sent with this very write, or held until its time (RFC 8621 §7.5)."""

import asyncio
from typing import Any, Final, NamedTuple

from bocau.base.errors import (
    AccountDisabled,
    LimitReached,
    MailLoop,
    MessageTooLarge,
    NoSuchAddress,
    NotPermitted,
    OverQuota,
    Refused,
    TryLater,
)
from bocau.base.ids import AccountId, EmailId
from bocau.flow.submission.envelopes import Release
from bocau.flow.submission.handover import Letter, adding, arrived
from bocau.formats.json_date import parse_utc_date
from bocau.services.jmap import ids
from bocau.services.jmap.context import Arguments, Context
from bocau.services.jmap.errors import SetError, check_settable, invalid_properties
from bocau.services.jmap.sending.checking import Checked, check, invalid_recipients
from bocau.store import Writing, submissions
from bocau.store.blobs import READ_NOW_BYTES_MAX
from bocau.store.emails import EmailRow, email_blob, email_rows
from bocau.store.identities import Identity, identity
from bocau.store.submissions import FINAL, PENDING, Submission

SETTABLE: Final = frozenset(("identityId", "emailId", "envelope", "sendAt"))


class Meant(NamedTuple):
    """What a creation refers to."""

    identity: Identity
    email: EmailRow


async def create(context: Context, account: AccountId, new: Arguments) -> Submission:
    """SetError."""
    check_settable(new, SETTABLE)
    meant = _meant(context, account, new)
    limit = context.rooms.flow.size_bytes_max
    if meant.email.size_bytes > limit:
        raise SetError("tooLarge", "the message is too large to be sent", maxSize=limit)
    content = await _content(context, meant.email)
    checked = check(context.rooms.directory, account, meant.identity, content, new.get("envelope"))
    send_at = _send_at(context, new, checked.release)
    now = int(context.rooms.clock.now())
    made = Submission(
        0,
        meant.identity.identity_id,
        meant.email.email_id,
        meant.email.thread_id,
        checked.said,
        max(send_at, now),
        PENDING if send_at > now else FINAL,
        None,
        {},
        meant.email.message_id,
        created_at=now,
        account_id=account,
    )
    if made.undo_status == PENDING:
        return await _hold(context, account, made)
    return await _send(context, made, checked, content)


def _meant(context: Context, account: AccountId, new: Arguments) -> Meant:
    identity_id = ids.parse_identity(_reference(context, new, "identityId"))
    email_id = ids.parse_email(account, _reference(context, new, "emailId"))
    found = context.store.glance(
        account,
        lambda tx: (
            None if identity_id is None else identity(tx, identity_id),
            {} if email_id is None else email_rows(tx, [email_id]),
        ),
    )
    if found[0] is None:
        raise invalid_properties("there is no such identity", "identityId")
    if email_id is None or email_id not in found[1]:
        raise invalid_properties("there is no such email", "emailId")
    return Meant(found[0], found[1][email_id])


def _reference(context: Context, new: Arguments, name: str) -> str:
    said: Any = new.get(name)
    if not isinstance(said, str):
        raise invalid_properties(f"{name} is missing", name)
    try:
        return context.real_id(said)
    except SetError:
        raise invalid_properties(f"nothing was created as {said[:100]}", name) from None


async def _content(context: Context, email: EmailRow) -> bytes:
    if email.blob.length <= READ_NOW_BYTES_MAX:
        return context.store.blobs.read(email.blob)
    async with context.rooms.large:
        return await asyncio.to_thread(context.store.blobs.read, email.blob)


def _send_at(context: Context, new: Arguments, release: Release) -> int:
    """When it shall go; what is past means now."""
    now = int(context.rooms.clock.now())
    said = new.get("sendAt")
    if said is None:
        at = release.at if release.at is not None else now + (release.after_seconds or 0)
        name = "envelope"
    else:
        moment, name = parse_utc_date(said), "sendAt"
        if moment is None or release != Release():
            raise invalid_properties("sendAt is a UTCDate, and stands alone", name)
        at = moment
    longest = context.rooms.settings.delayed_send_seconds_max
    if at > now + longest:
        raise invalid_properties(f"at most {longest} seconds ahead", name)
    return at


async def _hold(context: Context, account: AccountId, made: Submission) -> Submission:
    def job(tx: Writing) -> Submission:
        # The body is kept for itself: the email may change or go meanwhile.
        body = email_blob(tx, EmailId(made.email_id))
        if body is None:
            raise invalid_properties("there is no such email", "emailId")
        return submissions.add(tx, made, body)

    try:
        return await context.store.write(account, job)
    except LimitReached as error:
        raise SetError("forbiddenToSend", str(error)) from None


async def _send(context: Context, made: Submission, checked: Checked, content: bytes) -> Submission:
    """One write for the mailboxes, the queue and the submission."""
    mail = arrived(Letter(made.account_id, checked.envelope, content), context.rooms.clock.now())
    kept: list[Submission] = []
    try:
        await context.rooms.flow.submit(mail, adding(made, mail.trace_id, kept))
    except Refused as error:
        raise _refusal(context, checked, error) from None
    except TryLater as error:
        # Others of the same call may be sent already: the client must hear of them.
        raise SetError("serverUnavailable", str(error)) from None
    return kept[0]


def _refusal(context: Context, checked: Checked, error: Refused) -> SetError:
    recipients = [str(one.address) for one in checked.envelope.recipients]
    match error:
        case LimitReached():
            return SetError("forbiddenToSend", str(error))
        case MessageTooLarge():
            return SetError("tooLarge", str(error), maxSize=context.rooms.flow.size_bytes_max)
        case NotPermitted():
            return SetError("forbiddenFrom", str(error))
        case MailLoop():
            return SetError("invalidEmail", str(error), ["headers"])
        case NoSuchAddress() | AccountDisabled() | OverQuota():
            return invalid_recipients(recipients, str(error))
    return SetError("forbiddenToSend", str(error))
