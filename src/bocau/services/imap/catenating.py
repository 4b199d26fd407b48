"""The octets that a URL of CATENATE names (RFC 4469 §3): read from the store piece by piece."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from bocau.base.errors import BadName, NoSuchAccount, NoSuchMailbox, NotPermitted
from bocau.protocols.imap.fetch import Form, Portion, Section
from bocau.protocols.imap.urls import BadUrl, MessageUrl, parse_url
from bocau.services.imap.parts import cut, needs_tree, span
from bocau.services.imap.places import locate
from bocau.store import BlobRef, Mailbox, Reading
from bocau.store.access import Deed
from bocau.store.blobs import READ_NOW_BYTES_MAX
from bocau.store.blobs.packs import BlobLost

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession


async def octets_of(session: "ImapSession", url: bytes) -> AsyncIterator[bytes]:
    """The octets, in pieces of bounded size. BadUrl when there is nothing (any more), or nothing to see."""
    found = parse_url(url)
    try:
        ref = _body(session, found)
    except (NoSuchMailbox, NoSuchAccount, NotPermitted, BadName):
        raise BadUrl("no such mailbox") from None
    try:
        async for piece in _pieces(session, ref, found.section):
            yield piece
    except BlobLost:
        raise BadUrl("the message cannot be read") from None


def _body(session: "ImapSession", url: MessageUrl) -> BlobRef:
    if url.mailbox is not None:
        place = locate(session, url.mailbox)
        return session.store.glance(
            place.account_id, lambda reading: _find(reading, reading.mailbox_for(place.name, Deed.READ), url)
        )
    view = session.view
    if view is None:
        raise BadUrl("no mailbox is selected")
    return session.store.glance(
        view.account_id, lambda reading: _find(reading, reading.mailbox(view.mailbox_id), url)
    )


def _find(reading: Reading, mailbox: Mailbox, url: MessageUrl) -> BlobRef:
    if url.uid_validity not in (None, mailbox.uid_validity):
        raise BadUrl("UIDVALIDITY has changed")
    rows = reading.blobs(mailbox.mailbox_id, ((url.uid, url.uid),))
    if not rows:
        raise BadUrl("no such message")
    return rows[0][2]


async def _pieces(session: "ImapSession", ref: BlobRef, section: Section) -> AsyncIterator[bytes]:
    """As `sending` does for FETCH: short bodies are read now, of long ones only what is wanted."""
    parts = session.service.parts
    if ref.length <= READ_NOW_BYTES_MAX:
        data = parts.blobs.read(ref)
        octets = cut(data, parts.tree(ref, data) if needs_tree(section) else None, section)
        if octets is None:
            raise BadUrl("no such section")
        yield octets
        return
    start, stop = await _span(session, ref, section)
    if section.portion in (Portion.FIELDS, Portion.FIELDS_NOT):
        header = parts.blobs.read(ref, start, min(stop, start + READ_NOW_BYTES_MAX))
        yield cut(header, None, Section(b"", portion=section.portion, fields=section.fields)) or b""
        return
    if section.partial is not None:
        start = min(start + section.partial[0], stop)
        stop = min(stop, start + section.partial[1])
    async for piece in parts.blobs.stream(ref, start, stop):
        yield piece


async def _span(session: "ImapSession", ref: BlobRef, section: Section) -> tuple[int, int]:
    if not section.part and section.portion is Portion.WHOLE:
        return 0, ref.length
    assert section.form is Form.RAW
    found = span(await session.service.parts.tree_of_large(ref), section)
    if found is None:
        raise BadUrl("no such section")
    return found
