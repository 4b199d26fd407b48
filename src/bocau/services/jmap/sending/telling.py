"""EmailSubmission objects as they are told (RFC 8621 §7)."""

import asyncio
from collections.abc import Collection
from typing import Any, Final

from bocau.base.errors import SyntaxFault
from bocau.base.ids import EmailId
from bocau.flow.local.returned import DSN, MDN
from bocau.formats.address import parse_address
from bocau.formats.json_date import json_date
from bocau.formats.mdn import Receipt, parse_mdn, recipient_address
from bocau.services.jmap import ids
from bocau.services.jmap.blobs import email_blob_id
from bocau.services.jmap.context import Arguments, Context
from bocau.store import BlobLost
from bocau.store.emails import email_blob
from bocau.store.submissions import PENDING, Submission

PROPERTIES: Final = (
    "id", "identityId", "emailId", "threadId", "envelope", "sendAt", "undoStatus", "deliveryStatus",
    "dsnBlobIds", "mdnBlobIds",
)  # fmt: skip
RECEIPTS_MAX: Final = 20
"""Receipts of one submission that are read."""
RECEIPT_BYTES_MAX: Final = 256 * 1024


async def tell(context: Context, one: Submission, properties: Collection[str]) -> Arguments:
    """The object; receipts are read when their outcome is asked for."""
    told: dict[str, Any] = {
        "id": ids.submission_id(one.submission_id),
        "identityId": ids.identity_id(one.identity_id),
        "emailId": ids.email_id(one.email_id),
        "threadId": ids.thread_id(one.thread_id),
        "envelope": one.envelope,
        "sendAt": json_date(one.send_at),
        "undoStatus": one.undo_status,
        "dsnBlobIds": [email_blob_id(email) for kind, email in one.reports if kind == DSN],
        "mdnBlobIds": [email_blob_id(email) for kind, email in one.reports if kind == MDN],
    }
    if "deliveryStatus" in properties:
        told["deliveryStatus"] = await _delivery_status(context, one)
    return {name: told[name] for name in properties}


async def _delivery_status(context: Context, one: Submission) -> Arguments | None:
    """By the addresses of the envelope as they were said; null while it waits."""
    if one.undo_status == PENDING or not one.delivery:
        return None
    readers = await _readers(context, one)
    found: Arguments = {}
    for recipient in one.envelope["rcptTo"]:
        canonical = _canonical(recipient["email"])
        fate = one.delivery.get(canonical)
        if fate is not None:
            seen = {"displayed": "yes"} if canonical in readers else {}
            found[recipient["email"]] = fate | seen
    return found


async def _readers(context: Context, one: Submission) -> set[str]:
    """Who says that it was displayed (RFC 8098 §3.2.6)."""
    found = set[str]()
    for email in [email for kind, email in one.reports if kind == MDN][:RECEIPTS_MAX]:
        receipt = await _receipt(context, one, EmailId(email))
        if receipt is not None and receipt.notification.type == "displayed":
            said = receipt.notification
            found |= {
                _canonical(recipient_address(said.final_recipient)),
                _canonical(recipient_address(said.original_recipient)),
            }
    return found


async def _receipt(context: Context, one: Submission, email: EmailId) -> Receipt | None:
    ref = context.store.glance(one.account_id, lambda tx: email_blob(tx, email))
    if ref is None or ref.length > RECEIPT_BYTES_MAX:
        return None
    await asyncio.sleep(0)
    try:
        return parse_mdn(context.store.blobs.read(ref))
    except BlobLost:
        return None


def _canonical(email: str) -> str:
    try:
        return str(parse_address(email))
    except SyntaxFault:
        return ""
