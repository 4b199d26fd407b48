"""Which names a LIST answers with, and what it says of each (RFC 9051 §6.3.9, RFC 3348, RFC 5258 §3).

visible mailboxes ∪ subscribed names ∪ parents that exist only as levels → match → select → attributes
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bocau.base.ids import AccountId
from bocau.services.imap.patterns import Pattern
from bocau.services.imap.places import Shown, all_visible
from bocau.services.imap.turns import portions
from bocau.store import MailboxRole

if TYPE_CHECKING:
    from bocau.protocols.imap.listing import List
    from bocau.services.imap.session import ImapSession


class Line(NamedTuple):
    """One LIST response to be."""

    name: str
    shown: Shown | None
    """None: no mailbox has this name."""
    attributes: tuple[bytes, ...]
    has_child_info: bool = False
    is_selected: bool = True
    """Meets the selection options itself, rather than because of what is below it."""


class Names:
    """All names that this user can meet, as sets: one look, used for every response."""

    def __init__(self, owner_id: AccountId, shown: Sequence[Shown], subscribed: Sequence[str]) -> None:
        self.owner_id = owner_id
        self.shown = {one.name: one for one in shown}
        self.subscribed = set(subscribed)
        self.parents = above(self.shown)

    def attributes(self, name: str, *, subscribed: bool, children: bool) -> tuple[bytes, ...]:
        """What is true of a name, without the word for one that does not exist."""
        words = []
        if subscribed and name in self.subscribed:
            words.append(b"\\Subscribed")
        if children:
            words.append(b"\\HasChildren" if name in self.parents else b"\\HasNoChildren")
        use = self.use(name)
        if use is not None:
            words.append(use)
        return tuple(words)

    def use(self, name: str) -> bytes | None:
        """RFC 6154 §2; another user's \\Sent is not this user's."""
        shown = self.shown.get(name)
        if shown is None or shown.account_id != self.owner_id:
            return None
        return special_use(shown.mailbox.role)


def special_use(role: MailboxRole | None) -> bytes | None:
    """The attribute of a role (RFC 6154 §2)."""
    if role is None or role is MailboxRole.INBOX:
        return None
    return b"\\" + role.value.capitalize().encode("ascii")


def above(names: Iterable[str]) -> set[str]:
    """All names that have one of `names` below them."""
    found: set[str] = set()
    for name in names:
        end = name.rfind("/")
        while end > 0 and (parent := name[:end]) not in found:
            found.add(parent)
            end = name.rfind("/", 0, end)
    return found


async def names_of(session: "ImapSession") -> Names:
    """All names as they are now."""
    shown = await all_visible(session)
    subscribed = session.store.glance(session.account_id, lambda reading: reading.subscriptions())
    return Names(session.account_id, shown, subscribed)


async def lines_of(session: "ImapSession", command: "List") -> AsyncIterator[list[Line]]:
    """What a LIST answers, sorted by name, portion by portion."""
    names = await names_of(session)
    selected = _selected(names, command.selection - {b"RECURSIVEMATCH", b"REMOTE"})
    above_selected = above(selected)
    matched = await _matched(
        session, command, sorted({*names.shown, *names.parents, *above_selected, *selected})
    )
    listing = _Listing(session, command, names, selected, above_selected, above(selected.difference(matched)))
    async for some in portions(session, matched):
        yield [line for name in some if (line := listing.line(name)) is not None]


class _Listing(NamedTuple):
    """One LIST at work."""

    session: "ImapSession"
    command: "List"
    names: Names
    selected: set[str]
    above_selected: set[str]
    hidden_below: set[str]
    """Names with something selected below them that the patterns do not reach."""

    def line(self, name: str) -> Line | None:
        """What to say of a name that matches; None: nothing."""
        command, shown = self.command, self.names.shown.get(name)
        is_selected = name in self.selected
        is_recursive = b"RECURSIVEMATCH" in command.selection
        if not (is_selected or (name in self.hidden_below and (is_recursive or self._is_level(shown)))):
            return None
        attributes = self.names.attributes(
            name,
            subscribed=b"SUBSCRIBED" in command.selection or b"SUBSCRIBED" in command.returns,
            # A level without a mailbox of its own says why it is shown (RFC 5258 §3.5).
            children=not command.is_extended
            or b"CHILDREN" in command.returns
            or not (shown or is_selected or is_recursive),
        )
        if shown is None:
            attributes = (self._absent, *attributes)
        has_child_info = is_recursive and name in self.above_selected
        return Line(name, shown, attributes, has_child_info, is_selected)

    def _is_level(self, shown: Shown | None) -> bool:
        """Not a mailbox, but above some, in a LIST of mailboxes."""
        return shown is None and not self.command.selection - {b"REMOTE"}

    @property
    def _absent(self) -> bytes:
        """Clients of old know no \\NonExistent."""
        is_new = self.command.is_extended or self.session.is_rev2
        return b"\\NonExistent" if is_new else b"\\Noselect"


def _selected(names: Names, selection: frozenset[bytes]) -> set[str]:
    """The names that meet the selection options."""
    found = names.subscribed if b"SUBSCRIBED" in selection else set(names.shown)
    if b"SPECIAL-USE" in selection:
        found = {name for name in found if names.use(name) is not None}
    return found


async def _matched(session: "ImapSession", command: "List", names: Sequence[str]) -> list[str]:
    patterns = [Pattern(command.reference + pattern) for pattern in command.patterns]
    found: list[str] = []
    for pattern in patterns:
        if pattern.matches_all:
            return list(names)
    async for some in portions(session, names):
        found += [name for name in some if any(pattern.matches(name) for pattern in patterns)]
    return found
