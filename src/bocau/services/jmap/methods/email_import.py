"""Email/import (RFC 8621 §4.8): messages that exist already, from uploads or other blobs."""

import asyncio
from typing import Final

from bocau.base.errors import BocauError, MessageTooLarge
from bocau.base.ids import AccountId
from bocau.formats.date import parse_date
from bocau.formats.header import body_start, get
from bocau.formats.line_ends import with_crlf
from bocau.services.jmap import ids
from bocau.services.jmap.blobs import NoSuchBlob, resolve
from bocau.services.jmap.capabilities import MAIL
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.email.keeping import keep, take_placing
from bocau.services.jmap.errors import (
    MethodError,
    SetError,
    check_settable,
    invalid_arguments,
    invalid_properties,
    set_error,
)
from bocau.services.jmap.methods.email_get import BODY_NOW_BYTES_MAX
from bocau.services.jmap.methods.email_parse import MESSAGE_BYTES_MAX, is_message
from bocau.services.jmap.standard import only, optional
from bocau.services.jmap.states import MailState
from bocau.store import BlobLost
from bocau.store.emails import mail_state

_REQUIRED: Final = ("blobId", "mailboxIds")
_KNOWN: Final = frozenset((*_REQUIRED, "keywords", "receivedAt"))
FUTURE_SECONDS_MAX: Final = 86_400
"""A Received field that lies further ahead is not believed."""


async def import_emails(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "ifInState", "emails")
    account = context.account(arguments)
    emails = optional(arguments, "emails", dict)
    if emails is None or not all(isinstance(one, dict) for one in emails.values()):
        raise invalid_arguments("emails maps creation ids to objects")
    if len(emails) > context.rooms.settings.limits.max_objects_in_set:
        raise MethodError("requestTooLarge", "more emails than maxObjectsInSet")
    old_state = _state(context, account)
    if_in_state = optional(arguments, "ifInState", str)
    if if_in_state not in (None, old_state):
        raise MethodError("stateMismatch")
    created: Arguments = {}
    not_created: Arguments = {}
    for name, said in emails.items():
        try:
            created[name] = await _import_one(context, account, said)
            context.created_ids[name] = created[name]["id"]
        except SetError as error:
            not_created[name] = error.told()
        except BocauError as error:
            not_created[name] = set_error(error).told()
        await asyncio.sleep(0)
    return {
        "accountId": ids.account_id(account),
        "oldState": old_state,
        "newState": _state(context, account),
        "created": created or None,
        "notCreated": not_created or None,
    }


def _state(context: Context, account: AccountId) -> str:
    return str(MailState(*context.store.glance(account, mail_state)))


async def _import_one(context: Context, account: AccountId, said: Arguments) -> Arguments:
    check_settable(said, _KNOWN)
    missing = [name for name in _REQUIRED if said.get(name) is None]
    if missing:
        raise invalid_properties("an email to import has a blob and a mailbox", *missing)
    # Before anything is read: a call that names no mailbox costs nothing.
    take_placing(context, account, said, 0)
    data = await _message(context, account, said.get("blobId"))
    placing = take_placing(context, account, said, _received_at(data, int(context.rooms.clock.now())))
    return await keep(context, account, data, placing)


async def _message(context: Context, account: AccountId, blob_id: object) -> bytes:
    """The blob's octets as a message. SetError invalidProperties, invalidEmail; MessageTooLarge."""
    if not isinstance(blob_id, str):
        raise invalid_properties("not an id", "blobId")
    try:
        source = await resolve(context.rooms, account, context.real_id(blob_id))
        if source.size > MESSAGE_BYTES_MAX:
            raise MessageTooLarge(f"a message of more than {MESSAGE_BYTES_MAX} bytes")
        data = await source.octets(context.store)
    except (NoSuchBlob, BlobLost, SetError) as error:
        raise invalid_properties("no such blob", "blobId") from error
    if not is_message(data):
        raise SetError("invalidEmail", "it does not begin with header fields (RFC 5322 §2.1)")
    if len(data) <= BODY_NOW_BYTES_MAX:
        return _with_wire_line_ends(data)
    return await asyncio.to_thread(_with_wire_line_ends, data)


def _with_wire_line_ends(data: bytes) -> bytes:
    """A message from a file system has bare LFs, and so has its header; a body may hold what it likes."""
    header = data[: body_start(data)]
    return with_crlf(data) if header.count(b"\n") != header.count(b"\r\n") else data


def _received_at(data: bytes, now: int) -> int:
    """When it says that it was received last (RFC 8621 §4.8), else now."""
    trace = get(data[: body_start(data)], b"received")
    found = None if trace is None else parse_date(trace.rpartition(b";")[2].strip())
    return found if found is not None and 0 <= found <= now + FUTURE_SECONDS_MAX else now


METHODS: Final = {"Email/import": Registered(MAIL, import_emails)}
