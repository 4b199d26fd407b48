"""Which names a LIST answers with, and what it says of each (RFC 9051 §6.3.9, RFC 5258 §3).

visible mailboxes ∪ subscribed names ∪ parents that exist only as levels → match → select → attributes
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bocau.services.imap.patterns import Pattern
from bocau.services.imap.places import Shown, visible
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

    def __init__(self, session: "ImapSession") -> None:
        self.owner_id = session.account_id
        self.shown = {shown.name: shown for shown in visible(session)}
        self.subscribed: set[str] = set(
            session.store.glance(session.account_id, lambda reading: reading.subscriptions())
        )
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


async def lines_of(session: "ImapSession", command: "List") -> list[Line]:
    """What a LIST answers, sorted by name."""
    names = Names(session)
    selection = command.selection - {b"RECURSIVEMATCH", b"REMOTE"}
    selected = _selected(names, selection)
    candidates = {*names.shown, *names.parents, *above(selected), *selected}
    matched = await _matched(session, command, sorted(candidates))
    above_selected = above(selected)
    hidden_below = above(selected.difference(matched))
    is_recursive = b"RECURSIVEMATCH" in command.selection
    says_subscribed = b"SUBSCRIBED" in command.selection | command.returns
    says_children = not command.is_extended or b"CHILDREN" in command.returns
    absent = b"\\NonExistent" if command.is_extended or session.is_rev2 else b"\\Noselect"
    lines = []
    for name in matched:
        is_selected = name in selected
        shown = names.shown.get(name)
        if not is_selected and not (name in hidden_below and (is_recursive or not (selection or shown))):
            continue
        attributes = names.attributes(
            name,
            subscribed=says_subscribed,
            # A level without a mailbox of its own says why it is shown (RFC 5258 §3.5).
            children=says_children or (shown is None and not is_selected and not is_recursive),
        )
        if shown is None:
            attributes = (absent, *attributes)
        lines.append(Line(name, shown, attributes, is_recursive and name in above_selected, is_selected))
    return lines


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
