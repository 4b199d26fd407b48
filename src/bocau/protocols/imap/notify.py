"""NOTIFY (RFC 5465): which events a client wants to hear of, and of which mailboxes."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bocau.base.errors import SyntaxFault
from bocau.protocols.imap.commands import Command
from bocau.protocols.imap.fetch import Item, fetch_item_list
from bocau.protocols.imap.primitives import Cursor
from bocau.protocols.imap.sources import OF_SELECTED, Source, source

GROUPS_MAX: Final = 100
EVENTS_MAX: Final = 20


class Event(Enum):
    """RFC 5465 §5; the value is the name on the wire."""

    MESSAGE_NEW = b"MessageNew"
    MESSAGE_EXPUNGE = b"MessageExpunge"
    FLAG_CHANGE = b"FlagChange"
    MAILBOX_NAME = b"MailboxName"
    SUBSCRIPTION_CHANGE = b"SubscriptionChange"
    MAILBOX_METADATA_CHANGE = b"MailboxMetadataChange"
    SERVER_METADATA_CHANGE = b"ServerMetadataChange"


EVENT_NAMES: Final = b" ".join([event.value for event in Event])
MESSAGE_EVENTS: Final = frozenset((Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.FLAG_CHANGE))
_EVENTS: Final = {event.value.upper(): event for event in Event}


@dataclass(frozen=True, slots=True)
class Group:
    """One event group. No events: the client says NONE."""

    source: Source
    events: frozenset[Event] = frozenset()
    items: tuple[Item, ...] = ()
    """What to FETCH of each new message in the selected mailbox."""


@dataclass(frozen=True, slots=True)
class Notify(Command):
    """No groups: NOTIFY NONE."""

    groups: tuple[Group, ...] = ()
    wants_status: bool = False
    unknown_events: tuple[bytes, ...] = ()
    """Not a syntax error: they are refused with the list of those we know (RFC 5465 §3.1)."""


def read(cursor: Cursor, tag: bytes) -> Notify:
    """RFC 5465 §8."""
    cursor.space()
    word = cursor.word()
    if word == b"NONE":
        return Notify(tag)
    if word != b"SET":
        raise SyntaxFault("NOTIFY SET or NOTIFY NONE")
    cursor.space()
    wants_status = not cursor.peek(b"(")
    if wants_status:
        if cursor.word() != b"STATUS":
            raise SyntaxFault("expected STATUS")
        cursor.space()
    unknown: list[bytes] = []
    groups = [_group(cursor, unknown)]
    while cursor.skip(b" "):
        groups.append(_group(cursor, unknown))
        if len(groups) > GROUPS_MAX:
            raise SyntaxFault("too many event groups")
    if sum(group.source.kind in OF_SELECTED for group in groups) > 1:
        raise SyntaxFault("SELECTED or SELECTED-DELAYED, once")
    return Notify(tag, tuple(groups), wants_status, tuple(unknown))


def _group(cursor: Cursor, unknown: list[bytes]) -> Group:
    cursor.expect(b"(")
    of = source(cursor)
    cursor.space()
    events: list[Event] = []
    items: tuple[Item, ...] = ()
    if cursor.peek(b"("):
        for event, wanted in cursor.parenthesized(
            lambda c: _event(c, unknown), count_max=EVENTS_MAX, empty=False
        ):
            items = wanted or items
            if event is not None:
                events.append(event)
    elif cursor.word() != b"NONE":
        raise SyntaxFault("expected events or NONE")
    cursor.expect(b")")
    found = Group(of, frozenset(events), items)
    _check(found)
    return found


def _event(cursor: Cursor, unknown: list[bytes]) -> tuple[Event | None, tuple[Item, ...]]:
    name = cursor.atom()
    event = _EVENTS.get(name.upper())
    if event is None:
        unknown.append(name)
    items: tuple[Item, ...] = ()
    if event is Event.MESSAGE_NEW and cursor.skip(b" ("):
        cursor.pos -= 1
        items = fetch_item_list(cursor)
    return event, items


def _check(group: Group) -> None:
    """What may stand together (RFC 5465 §5, §6.1, §8)."""
    events = group.events
    if (Event.MESSAGE_NEW in events) != (Event.MESSAGE_EXPUNGE in events):
        raise SyntaxFault("MessageNew and MessageExpunge come together")
    if Event.FLAG_CHANGE in events and Event.MESSAGE_NEW not in events:
        raise SyntaxFault("FlagChange needs MessageNew and MessageExpunge")
    if group.source.kind in OF_SELECTED:
        if events - MESSAGE_EVENTS:
            raise SyntaxFault("the selected mailbox has message events only")
    elif group.items:
        raise SyntaxFault("FETCH items are for the selected mailbox")
