"""MDN/send, MDN/parse (RFC 9007): receipts for what was read."""

import asyncio
import re
import secrets
from typing import Any, Final

from bocau.base.errors import Refused, SyntaxFault, TryLater
from bocau.base.ids import AccountId
from bocau.flow.local.delivery import Placed
from bocau.flow.submission.handover import Letter, arrived
from bocau.flow.submission.people import address_of
from bocau.flow.values import Envelope, Recipient
from bocau.formats.address import Address, parse_address
from bocau.formats.address_list import Mailbox, parse_address_list
from bocau.formats.header import body_start, get
from bocau.formats.mdn import (
    ACTION_MODES,
    SENDING_MODES,
    TYPES,
    NewReceipt,
    Notification,
    Receipt,
    build_mdn,
    parse_mdn,
    recipient_address,
    recipient_field,
)
from bocau.formats.message_ids import first_key
from bocau.formats.words import decode_words
from bocau.services.jmap import ids
from bocau.services.jmap.blobs import NoSuchBlob, resolve
from bocau.services.jmap.capabilities import MDN
from bocau.services.jmap.context import Arguments, Context, Registered
from bocau.services.jmap.errors import (
    MethodError,
    SetError,
    check_settable,
    invalid_arguments,
    invalid_properties,
    set_error,
)
from bocau.services.jmap.methods.identity import keep_identities
from bocau.services.jmap.sending.implied import imply_email_set, take_updates
from bocau.services.jmap.standard import id_list, only, optional
from bocau.store import Writing
from bocau.store.emails import EmailRow, email_rows, email_with_key, places_of
from bocau.store.identities import Identity, identity
from bocau.store.preferences import language

SENT_KEYWORD: Final = "$mdnsent"
READERS_MAX: Final = 10
"""Addresses that one receipt is sent to."""
TEXT_CHARACTERS_MAX: Final = 64 * 1024
EXTENSIONS_MAX: Final = 20
VALUE_CHARACTERS_MAX: Final = 900
PARSED_BYTES_MAX: Final = 20 * 1024 * 1024
_EXTENSION: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}\Z", re.ASCII)
_SETTABLE: Final = frozenset(
    ("forEmailId", "subject", "textBody", "includeOriginalMessage", "reportingUA", "disposition")
) | {"finalRecipient", "extensionFields"}
_WORDS: Final = {
    "en": (
        "Read: {subject}",
        'This is a receipt for the message "{subject}". It was displayed to its recipient.',
    ),
    "vi": (
        "Đã đọc: {subject}",
        'Đây là giấy báo đã đọc của thư "{subject}". Thư đã được hiển thị cho người nhận.',
    ),
}
"""Subject and text where the client says none, in the account's language."""


async def send(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "identityId", "send", "onSuccessUpdateEmail")
    account = context.account(arguments)
    receipts: dict[str, Any] = optional(arguments, "send", dict, {})
    patches = take_updates(arguments)
    if len(receipts) > context.rooms.settings.limits.max_objects_in_set:
        raise MethodError("requestTooLarge", "more receipts than maxObjectsInSet")
    await keep_identities(context, account)
    chosen = _identity(context, account, arguments.get("identityId"))
    sent, not_sent, updates = dict[str, Arguments](), dict[str, Arguments](), dict[str, Arguments]()
    for name, said in receipts.items():
        patch = patches.get(f"#{name}", {})
        try:
            email_id, told = await _send_one(context, chosen, account, said, patch)
        except SetError as error:
            not_sent[name] = error.told()
        except Refused as error:
            not_sent[name] = set_error(error).told()
        except TryLater as error:
            not_sent[name] = SetError("serverUnavailable", str(error)).told()
        else:
            sent[name], updates[email_id] = told, patch
    await imply_email_set(context, updates, [], ids.account_id(account))
    return {"accountId": ids.account_id(account), "sent": sent or None, "notSent": not_sent or None}


def _identity(context: Context, account: AccountId, said: Any) -> Identity:
    number = ids.parse_identity(said)
    found = None if number is None else context.store.glance(account, lambda tx: identity(tx, number))
    if found is None:
        raise invalid_arguments("there is no such identity")
    return found


async def _send_one(
    context: Context, chosen: Identity, account: AccountId, said: Any, patch: Arguments
) -> tuple[str, Arguments]:
    """(email id, what the server set)."""
    if not isinstance(said, dict):
        raise invalid_properties("an MDN is an object")
    check_settable(said, _SETTABLE)
    # RFC 9007 §2.1: a receipt that is not remembered as sent would be sent again.
    if not _remembers(patch):
        raise invalid_properties(f"onSuccessUpdateEmail must set {SENT_KEYWORD}", "onSuccessUpdateEmail")
    email_id = ids.parse_email(account, said.get("forEmailId"))
    row = None
    if email_id is not None:
        row = context.store.glance(account, lambda tx: email_rows(tx, [email_id])).get(email_id)
    if row is None:
        raise SetError("notFound", "there is no such email")
    _check_unsent(row)
    original = await asyncio.to_thread(context.store.blobs.read, row.blob)
    readers = _readers(original)
    if not readers:
        raise SetError("notFound", "the email asks for no receipt")
    sender = parse_address(chosen.email)
    if not context.rooms.directory.may_send_as(account, sender):
        raise SetError("forbiddenFrom", f"this account may not send as {sender}")
    new = _new_receipt(context, account, chosen, said, original, readers)
    await _submit(context, account, new, row)
    return ids.email_id(row.email_id), _told(said, new)


def _remembers(patch: Arguments) -> bool:
    """Whether the update sets the keyword, by itself or among all of them."""
    whole = patch.get("keywords")
    in_whole = isinstance(whole, dict) and whole.get(SENT_KEYWORD) is True
    return in_whole or patch.get(f"keywords/{SENT_KEYWORD}") is True


def _check_unsent(row: EmailRow) -> None:
    if any(word.lower() == SENT_KEYWORD for word in row.keywords):
        raise SetError("mdnAlreadySent")


def _readers(original: bytes) -> tuple[Address, ...]:
    """Disposition-Notification-To (RFC 8098 §2.1)."""
    value = get(original[: body_start(original)], b"disposition-notification-to") or b""
    found = [address_of(one) for one in parse_address_list(value) if isinstance(one, Mailbox)]
    return tuple(dict.fromkeys(one for one in found if one is not None))[:READERS_MAX]


def _new_receipt(
    context: Context,
    account: AccountId,
    chosen: Identity,
    said: Arguments,
    original: bytes,
    readers: tuple[Address, ...],
) -> NewReceipt:
    """SetError invalidProperties."""
    header = original[: body_start(original)]
    subject, text = _WORDS[context.store.glance(account, language)]
    about = decode_words(get(header, b"subject") or b"")[:200]
    mode, sending, kind = _disposition(said.get("disposition"))
    encloses = said.get("includeOriginalMessage", False)
    if not isinstance(encloses, bool):
        raise invalid_properties("includeOriginalMessage is true or false", "includeOriginalMessage")
    notification = Notification(
        final_recipient=_final_recipient(context, account, chosen, said),
        action_mode=mode,
        sending_mode=sending,
        type=kind,
        original_message_id=_header_text(header, b"message-id"),
        original_recipient=_header_text(header, b"original-recipient"),
        reporting_ua=_text(said, "reportingUA", VALUE_CHARACTERS_MAX),
        extensions=_extensions(said.get("extensionFields")),
    )
    return NewReceipt(
        notification=notification,
        name=chosen.name,
        sender=parse_address(chosen.email),
        readers=readers,
        subject=_text(said, "subject", VALUE_CHARACTERS_MAX) or subject.format(subject=about),
        text=_text(said, "textBody", TEXT_CHARACTERS_MAX) or text.format(subject=about),
        original=original if encloses else header + b"\r\n",
        encloses_original=encloses,
        at=int(context.rooms.clock.now()),
        message_id=f"<{secrets.token_hex(12)}@{context.rooms.settings.hostname}>",
    )


def _disposition(said: Any) -> tuple[str, str, str]:
    if not isinstance(said, dict) or not set(said) <= {"actionMode", "sendingMode", "type"}:
        raise invalid_properties("disposition is {actionMode, sendingMode, type}", "disposition")
    mode, sending, kind = (said.get(name) for name in ("actionMode", "sendingMode", "type"))
    if mode not in ACTION_MODES or sending not in SENDING_MODES or kind not in TYPES:
        raise invalid_properties("an unknown mode or type", "disposition")
    return mode, sending, kind


def _final_recipient(context: Context, account: AccountId, chosen: Identity, said: Arguments) -> str:
    value = _text(said, "finalRecipient", VALUE_CHARACTERS_MAX)
    if value is None:
        return recipient_field(parse_address(chosen.email))
    try:
        address = parse_address(recipient_address(value))
    except SyntaxFault:
        raise invalid_properties('finalRecipient is "rfc822; address"', "finalRecipient") from None
    if not context.rooms.directory.may_send_as(account, address):
        raise SetError("forbidden", f"{address} is no address of this account")
    return value


def _extensions(said: Any) -> dict[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict) or len(said) > EXTENSIONS_MAX:
        raise invalid_properties("extensionFields maps names to texts", "extensionFields")
    for name, value in said.items():
        if not _EXTENSION.match(name) or not isinstance(value, str) or len(value) > VALUE_CHARACTERS_MAX:
            raise invalid_properties("extensionFields maps names to texts", "extensionFields")
    return said


def _text(said: Arguments, name: str, limit: int) -> str | None:
    value: Any = said.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > limit):
        raise invalid_properties(f"{name} is a text of up to {limit} characters", name)
    return value


def _header_text(header: bytes, name: bytes) -> str | None:
    value = get(header, name)
    return decode_words(value)[:VALUE_CHARACTERS_MAX] if value else None


async def _submit(context: Context, account: AccountId, new: NewReceipt, row: EmailRow) -> None:
    """Sent and remembered as sent in one write."""
    content = build_mdn(new)
    envelope = Envelope(
        None, tuple(map(Recipient, new.readers)), smtputf8=not content[: body_start(content)].isascii()
    )

    def remember(tx: Writing, placed: Placed) -> None:
        own = tx.of(account)
        now = email_rows(own, [row.email_id]).get(row.email_id)
        if now is None:
            raise SetError("notFound", "the email has gone")
        _check_unsent(now)
        for place in places_of(own, [row.email_id]):
            own.change_keywords(place.mailbox_id, ((place.uid, place.uid),), add_keywords=(SENT_KEYWORD,))

    mail = arrived(Letter(account, envelope, content), context.rooms.clock.now())
    await context.rooms.flow.submit(mail, remember)


def _told(said: Arguments, new: NewReceipt) -> Arguments:
    """The properties that the client did not say."""
    told = {
        "subject": new.subject,
        "textBody": new.text,
        "includeOriginalMessage": new.encloses_original,
        "finalRecipient": new.notification.final_recipient,
        "originalMessageId": new.notification.original_message_id,
        "originalRecipient": new.notification.original_recipient,
    }
    return {name: value for name, value in told.items() if name not in said and value is not None}


async def parse(context: Context, arguments: Arguments) -> Arguments:
    only(arguments, "accountId", "blobIds")
    account = context.account(arguments)
    wanted = id_list(arguments, "blobIds") or []
    if len(wanted) > context.rooms.settings.limits.max_objects_in_get:
        raise MethodError("requestTooLarge", "more blobs than maxObjectsInGet")
    parsed, not_parsable, not_found = dict[str, Arguments](), list[str](), list[str]()
    for blob_id in wanted:
        try:
            source = await resolve(context.rooms, account, context.real_id(blob_id))
        except (NoSuchBlob, SetError):
            not_found.append(blob_id)
            continue
        receipt = None
        if source.size <= PARSED_BYTES_MAX:
            receipt = await asyncio.to_thread(parse_mdn, await source.octets(context.store))
        if receipt is None:
            not_parsable.append(blob_id)
        else:
            parsed[blob_id] = await _tell(context, account, receipt)
    return {
        "accountId": ids.account_id(account),
        "parsed": parsed or None,
        "notParsable": not_parsable or None,
        "notFound": not_found or None,
    }


async def _tell(context: Context, account: AccountId, receipt: Receipt) -> Arguments:
    """RFC 9007 §2: the MDN object."""
    said = receipt.notification
    return {
        "forEmailId": await _about(context, account, said.original_message_id),
        "subject": receipt.subject,
        "textBody": receipt.text,
        "includeOriginalMessage": receipt.includes_original,
        "reportingUA": said.reporting_ua,
        "disposition": {"actionMode": said.action_mode, "sendingMode": said.sending_mode, "type": said.type},
        "mdnGateway": said.gateway,
        "originalRecipient": said.original_recipient,
        "finalRecipient": said.final_recipient,
        "originalMessageId": said.original_message_id,
        "error": list(said.errors) or None,
        "extensionFields": said.extensions or None,
    }


async def _about(context: Context, account: AccountId, message_id: str | None) -> str | None:
    """The email that a receipt is about, if the account has it: read in the reader thread, all of its ids."""
    if not message_id:
        return None
    key = first_key(message_id.encode("utf-8", "replace"))
    found = await context.store.read(account, lambda tx: email_with_key(tx, key))
    return None if found is None else ids.email_id(found)


METHODS: Final = {"MDN/send": Registered(MDN, send), "MDN/parse": Registered(MDN, parse)}
