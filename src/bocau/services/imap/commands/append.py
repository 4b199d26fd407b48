"""APPEND, MULTIAPPEND, CATENATE, REPLACE (RFC 9051 §6.3.12, RFC 3502, RFC 4469, RFC 8508).

Each body is staged as it comes; all rows are written at the end, in one transaction.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bocau.base.errors import BocauError, LimitReached, MessageTooLarge, NoSuchMailbox
from bocau.protocols.imap.append import (
    AppendChunk,
    AppendEnd,
    AppendJoined,
    AppendMessage,
    AppendText,
    AppendUrl,
    ReplaceMessage,
)
from bocau.protocols.imap.names import string
from bocau.protocols.imap.replies import Status, Tagged
from bocau.protocols.imap.urls import BadUrl
from bocau.services.imap.catenating import octets_of
from bocau.services.imap.commands.appended import UNANSWERED_MAX, answer_all
from bocau.services.imap.commands.replace import Old, UidRequired, answer_replace, find_old
from bocau.services.imap.errors import tagged, target_missing
from bocau.services.imap.flags import split_flags
from bocau.services.imap.growing import MEMORY_BYTES_MAX, GrowingBody, staged
from bocau.services.imap.places import Place, locate
from bocau.store import Flags, NewEmail, Reading
from bocau.store.access import Deed

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession

CATENATED_BYTES_MAX: Final = 128 * 1024 * 1024
"""What the URLs of one command may copy together: a short command must not fill the disk."""

Placed = tuple[NewEmail, Flags, str]
NO_FLAGS: Final = (Flags(0), "")


@dataclass(slots=True)
class Appending:
    """One APPEND in progress."""

    tag: bytes
    place: Place
    offer: AppendMessage
    flags: tuple[Flags, str] = NO_FLAGS
    """Of the message in progress."""
    old: Old | None = None
    """What REPLACE takes away."""
    emails: list[Placed] = field(default_factory=list)
    size_bytes: int = 0
    copied_bytes: int = 0
    """By URLs."""
    body: GrowingBody | None = None
    """A message that comes in pieces."""

    def close(self) -> None:
        if self.body is not None:
            self.body.close()
            self.body = None


async def offered(session: "ImapSession", offer: AppendMessage) -> None:
    """A message is announced: refuse it now, before it is sent, when it cannot be taken."""
    try:
        if offer.is_first:
            drop(session)
            session.appending = await _begun(session, offer)
        appending = session.appending
        assert appending is not None
        appending.offer, appending.flags = offer, _stored_flags(offer.flags)
        if offer.is_catenated:
            appending.body = GrowingBody(session.service.spool)
        elif not offer.size_bytes:
            await _refuse(session, Tagged(offer.tag, Status.NO, "an empty message cannot be kept"))
            return
        _make_room(session, appending, offer.size_bytes)
    except BocauError as error:
        await _refuse(session, refusal(offer.tag, error))
        return
    if session.engine.awaits_go:
        # Nothing more comes before the client has heard.
        await answer_all(session)
    session.connection.write(session.engine.accept())


async def _begun(session: "ImapSession", offer: AppendMessage) -> Appending:
    appending = Appending(offer.tag, locate(session, offer.mailbox), offer)
    if isinstance(offer, ReplaceMessage):
        appending.old = await find_old(session, offer.replaced)
    return appending


@lru_cache(maxsize=1024)
def _stored_flags(names: tuple[str, ...]) -> tuple[Flags, str]:
    bits, keywords = split_flags(names)
    return bits, " ".join(sorted(set(keywords)))


def _make_room(session: "ImapSession", appending: Appending, size_bytes: int) -> None:
    """Count what is announced; look whether there is room while the client waits, or before much comes."""
    appending.size_bytes += size_bytes
    is_small = appending.size_bytes <= MEMORY_BYTES_MAX
    if is_small and (not session.engine.awaits_go or appending.place == session.appended_to):
        # It is on its way already, or goes where the last one went: the write itself tells.
        return
    place, old = appending.place, appending.old
    spared_bytes = old.size_bytes if old is not None and old.account_id == place.account_id else 0

    def check(reading: Reading) -> None:
        reading.mailbox_for(place.name, Deed.INSERT)
        reading.usage().check(appending.size_bytes - spared_bytes)

    session.store.glance(place.account_id, check)


# --- the octets ------------------------------------------------------------------------------


async def received(session: "ImapSession", chunk: AppendChunk) -> None:
    """A piece of the body, or all of it."""
    appending = session.appending
    assert appending is not None
    try:
        if appending.body is None and chunk.is_last and len(chunk.data) <= MEMORY_BYTES_MAX:
            place, received_at = appending.place, _received_at(session, appending.offer)
            _keep(appending, staged(session.store, chunk.data, place.account_id, received_at))
            return
        if appending.body is None:
            # A long one: what came before it does not wait.
            await answer_all(session)
            appending.body = GrowingBody(session.service.spool)
        await appending.body.add(chunk.data)
        if chunk.is_last and not appending.offer.is_catenated:
            await _finish(session, appending)
    except BocauError as error:
        # What remains of the command is read and thrown away by the engine, then answered.
        await _refuse(session, tagged(appending.tag, error))


async def text_offered(session: "ImapSession", text: AppendText) -> None:
    """TEXT of CATENATE."""
    appending = session.appending
    assert appending is not None
    try:
        _check_size(session, appending, text.size_bytes)
        _make_room(session, appending, text.size_bytes)
    except BocauError as error:
        await _refuse(session, refusal(appending.tag, error))
        return
    session.connection.write(session.engine.accept())


async def url_offered(session: "ImapSession", part: AppendUrl) -> None:
    """URL of CATENATE: all or nothing, so the first that does not resolve ends the command (RFC 4469 §3)."""
    appending = session.appending
    assert appending is not None and appending.body is not None
    try:
        async for piece in octets_of(session, part.url):
            _check_size(session, appending, len(piece))
            _make_room(session, appending, len(piece))
            _count_copied(appending, len(piece))
            await appending.body.add(piece)
    except BadUrl as error:
        code = b"BADURL " + string(part.url.translate(None, b"\r\n\0]")[:URL_SHOWN_BYTES_MAX])
        await _refuse(session, Tagged(appending.tag, Status.NO, str(error), code))
    except BocauError as error:
        await _refuse(session, refusal(appending.tag, error))
    else:
        session.connection.write(session.engine.accept())


URL_SHOWN_BYTES_MAX: Final = 1000
"""Of a URL that is refused."""


def _check_size(session: "ImapSession", appending: Appending, more_bytes: int) -> None:
    assert appending.body is not None
    if appending.body.size_bytes + more_bytes > session.engine.append_bytes_max:
        raise MessageTooLarge("the message is too large")


def _count_copied(appending: Appending, more_bytes: int) -> None:
    appending.copied_bytes += more_bytes
    if appending.copied_bytes > CATENATED_BYTES_MAX:
        raise LimitReached("the URLs of one command copy too much")


async def joined(session: "ImapSession", event: AppendJoined) -> None:
    """A catenated message is complete."""
    appending = session.appending
    assert appending is not None and appending.body is not None
    if not appending.body.size_bytes:
        await _refuse(session, Tagged(appending.tag, Status.NO, "an empty message cannot be kept"))
        return
    try:
        await _finish(session, appending)
    except BocauError as error:
        await _refuse(session, tagged(appending.tag, error))


async def _finish(session: "ImapSession", appending: Appending) -> None:
    body = appending.body
    assert body is not None
    received_at = _received_at(session, appending.offer)
    _keep(appending, await body.staged(session.store, appending.place.account_id, received_at))
    appending.close()


def _received_at(session: "ImapSession", offer: AppendMessage) -> int:
    return int(session.service.now()) if offer.received_at is None else offer.received_at


def _keep(appending: Appending, email: NewEmail) -> None:
    appending.emails.append((email, *appending.flags))


# --- refusing --------------------------------------------------------------------------------


def drop(session: "ImapSession") -> None:
    """The APPEND in progress is given up."""
    if session.appending is not None:
        session.appending.close()
        session.appending = None


async def _refuse(session: "ImapSession", refusal: Tagged) -> None:
    drop(session)
    await answer_all(session)
    session.connection.write(session.engine.refuse(refusal))


def refusal(tag: bytes, error: BocauError) -> Tagged:
    """What an error is called here: the client may CREATE a mailbox that is missing."""
    if isinstance(error, UidRequired):
        return Tagged(tag, Status.BAD, str(error), b"UIDREQUIRED")
    return target_missing(tag) if isinstance(error, NoSuchMailbox) else tagged(tag, error)


# --- the end ---------------------------------------------------------------------------------


async def ended(session: "ImapSession", event: AppendEnd) -> None:
    """The command is complete: it is written now, or together with those pipelined behind it."""
    appending = session.appending
    assert appending is not None
    session.appending = None
    if appending.old is not None:
        await answer_all(session)
        await answer_replace(session, appending, appending.old)
        return
    session.unanswered.append(appending)
    if not session.engine.has_line or len(session.unanswered) >= UNANSWERED_MAX:
        await answer_all(session)
