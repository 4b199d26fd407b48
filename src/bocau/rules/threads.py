"""Which messages answer which: ORDEREDSUBJECT and REFERENCES (RFC 5256 §3).

keys of each message → parent of each → no dummies but at the top → subjects gathered → by date → Threads
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Final

KEY_BYTES: Final = 8
CALL_MESSAGES: Final = 10_000
"""Messages written in one call: within a call no other thread runs."""
STEPS_PER_MESSAGE_MAX: Final = 50
"""How far up a thread is looked for loops, on average: threads are seldom deeper than ten."""


@dataclass(frozen=True, slots=True)
class Links:
    """What REFERENCES needs to know of messages in the order of their numbers; one item each."""

    message_keys: Sequence[int]
    """Of the Message-ID; 0: none."""
    reference_counts: Sequence[int]
    references: bytes
    """The keys of all references, one message after the other, 8 bytes each, native byte order."""
    subjects: Sequence[int]
    """Equal base subjects, equal numbers; 0: empty."""
    replies: Sequence[int]
    """1: the subject marks a reply or a forward."""
    dates: Sequence[int]

    @property
    def size_bytes(self) -> int:
        """What it costs to keep; subjects and dates are shared with others."""
        return len(self.references) + 2 * KEY_BYTES * len(self.message_keys)


class Threads:
    """Messages as THREAD writes them: before each number stands a mark of parentheses and spaces."""

    __slots__ = ("is_complete", "marks", "places", "tail")

    def __init__(self, places: "array[int]", marks: list[str], tail: str) -> None:
        self.places = places
        """Which message, counted from 0."""
        self.marks = marks
        self.tail = tail
        self.is_complete = True

    @property
    def size_bytes(self) -> int:
        return len(self.places) * (self.places.itemsize + KEY_BYTES)

    def text(self, numbers: Sequence[int]) -> str:
        """Write the threads; `numbers`: what the client calls each message."""
        starts = range(0, len(self.places), CALL_MESSAGES)
        return "".join([self._text(numbers, slice(n, n + CALL_MESSAGES)) for n in starts]) + self.tail

    def _text(self, numbers: Sequence[int], part: slice) -> str:
        said = map(str, map(numbers.__getitem__, self.places[part]))
        return "".join(chain.from_iterable(zip(self.marks[part], said, strict=True)))


Children = dict[int, list[int]]


def by_subject(subjects: Sequence[int], dates: Sequence[int]) -> Threads:
    """ORDEREDSUBJECT: messages of one base subject; the first is the parent of all others."""
    order = _by_date(dates)
    first_of: dict[int, int] = {}
    children: Children = {}
    for message in order:
        first = first_of.setdefault(subjects[message], message)
        if first != message:
            children.setdefault(first, []).append(message)
    return _written(list(first_of.values()), children, len(order))


def by_references(links: Links) -> Threads:
    """REFERENCES: replies under what they answer."""
    count = len(links.message_keys)
    parents = _Family(links).parents()
    order = _by_date(links.dates)
    children, roots = _without_dummies(parents, count, order)
    _Gathering(links, children, order).gather(roots)
    return _written(roots, children, count)


def _by_date(dates: Sequence[int]) -> list[int]:
    """Messages by date, those of one date by number."""
    return sorted(range(len(dates)), key=dates.__getitem__)


# --- step 1: parents ---------------------------------------------------------------------------


class _Family:
    """Parents by reference. Messages are 0…count - 1, dummies follow; only what has no parent is given one.

    RFC 5256 goes through the messages once and breaks links that a message's own References contradict. Here
    each message first takes its own parent, the last of its references; then the rest of the references fill
    in what is still open. So no link is ever broken, and a loop is found by comparing the roots of two trees.

    The outcome is the same where references agree, or contradict only what came before. Where a link would
    have been broken, or made a loop, it is in doubt, and the way of the RFC is gone step by step.
    """

    def __init__(self, links: Links) -> None:
        keys = links.message_keys
        count = len(keys)
        self.links = links
        self.ends = list(accumulate(links.reference_counts))
        self.flat = array("q", links.references)
        # Of several messages with one Message-ID the first has it.
        self.node_of: dict[int, int] = dict(zip(reversed(keys), range(count - 1, -1, -1), strict=True))
        self.node_of.pop(0, None)
        self.parent = [-1] * count
        self.above = list(range(count))
        """Some ancestor of each node, itself at the top: the way to the root, shortened when it is walked."""
        self.is_in_doubt = False

    def parents(self) -> list[int]:
        for message, (size, end) in enumerate(zip(self.links.reference_counts, self.ends, strict=True)):
            if size:
                self._link(self._node(self.flat[end - 1]), message)
        counts = self.links.reference_counts
        for message, size in enumerate(counts):
            if size > 1 and not self._says_what_its_parent_says(message, size):
                self._link_chain(message, size)
        return (self._step_by_step() if self.is_in_doubt else None) or self.parent

    def _node(self, key: int) -> int:
        node = self.node_of.get(key)
        if node is None:
            node = self.node_of[key] = len(self.parent)
            self.parent.append(-1)
            self.above.append(node)
        return node

    def _link(self, parent: int, child: int) -> None:
        """Unless it would make a loop."""
        above = self.above
        root = parent
        while above[root] != root:
            above[root] = above[above[root]]
            root = above[root]
        if root == child:
            self.is_in_doubt = True
        else:
            self.parent[child] = parent
            above[child] = root

    def _says_what_its_parent_says(self, message: int, size: int) -> bool:
        """Most replies repeat the references of what they answer, and add one."""
        parent = self.parent[message]
        counts = self.links.reference_counts
        if not 0 <= parent < message or counts[parent] != size - 1:
            return False
        end, parent_end = self.ends[message], self.ends[parent]
        return self.flat[end - size : end - 1] == self.flat[parent_end - size + 1 : parent_end]

    def _link_chain(self, message: int, size: int) -> None:
        end = self.ends[message]
        before = self._node(self.flat[end - size])
        for key in self.flat[end - size + 1 : end]:
            node = self._node(key)
            if self.parent[node] != before:
                if message <= node < len(self.ends):
                    # It comes later, and will say so itself.
                    self.is_in_doubt = True
                elif self.parent[node] < 0:
                    self._link(before, node)
            before = node

    def _step_by_step(self) -> list[int] | None:
        """As the RFC says; None when that takes too long, as only forged references do."""
        parent = [-1] * len(self.parent)
        steps = STEPS_PER_MESSAGE_MAX * len(self.ends)
        for message, (size, end) in enumerate(zip(self.links.reference_counts, self.ends, strict=True)):
            before = -1
            for key in self.flat[end - size : end]:
                node = self.node_of[key]
                if before >= 0 and parent[node] < 0:
                    steps -= _adopt(parent, before, node)
                before = node
            if parent[message] != before:
                parent[message] = -1
                if before >= 0:
                    steps -= _adopt(parent, before, message)
            if steps < 0:
                return None
        return parent


def _adopt(parents: list[int], parent: int, child: int) -> int:
    """Link them unless that makes a loop; returns how many steps it took to know."""
    steps, node = 1, parent
    while node >= 0 and node != child:
        node = parents[node]
        steps += 1
    if node < 0:
        parents[child] = parent
    return steps


# --- steps 2 to 4: no dummies but at the top --------------------------------------------------------


def _without_dummies(parents: list[int], count: int, order: list[int]) -> tuple[Children, list[int]]:
    """Children of each message and of each dummy that stays, by date; and what has no parent, by date."""
    for dummy in range(count, len(parents)):
        _shorten(parents, count, dummy)
    children: Children = {}
    top: dict[int, None] = {}
    for message in order:
        parent = parents[message]
        if parent >= count and parents[parent] >= 0:
            parent = parents[parent]
        if parent < 0:
            top[message] = None
            continue
        if parent in children:
            children[parent].append(message)
        else:
            children[parent] = [message]
        if parent >= count:
            top[parent] = None
    roots = []
    for node in top:
        if node >= count and len(children[node]) == 1:
            node = children.pop(node)[0]
        roots.append(node)
    return children, roots


def _shorten(parents: list[int], count: int, dummy: int) -> None:
    """Let a dummy point at the nearest message above it, or at the dummy at the top."""
    path = []
    while (parent := parents[dummy]) >= count:
        path.append(dummy)
        dummy = parent
    top = dummy if parent < 0 else parent
    for below in path:
        parents[below] = top


# --- step 5 and 6: subjects ----------------------------------------------------------------------------


class _Gathering:
    """Threads that have lost their references, but say the same subject."""

    def __init__(self, links: Links, children: Children, order: list[int]) -> None:
        self.links = links
        self.children = children
        self.order = order
        self.count = len(order)
        self.next_dummy = max(children, default=0) + self.count + 1
        self.table: dict[int, int] = {}
        self.grown: set[int] = set()
        """Whose children are not in order any more."""

    def gather(self, roots: list[int]) -> None:
        """Merge the roots of one subject; `roots` is changed."""
        subjects = [self._subject(root) for root in roots]
        named = len(subjects) - subjects.count(0)
        if len(set(subjects) - {0}) == named:
            return
        for root, subject in zip(roots, subjects, strict=True):
            if subject:
                self._enter(root, subject)
        top: dict[int, None] = {}
        for root, subject in zip(roots, subjects, strict=True):
            self._merge(root, subject, top)
        roots[:] = self._sorted(top)

    def _subject(self, root: int) -> int:
        return self.links.subjects[root if root < self.count else self.children[root][0]]

    def _is_reply(self, message: int) -> bool:
        return bool(self.links.replies[message])

    def _enter(self, root: int, subject: int) -> None:
        """Step 5B: who speaks for the subject, a dummy or the message that began."""
        known = self.table.setdefault(subject, root)
        if known == root or known >= self.count:
            return
        if root >= self.count or (self._is_reply(known) and not self._is_reply(root)):
            self.table[subject] = root

    def _merge(self, root: int, subject: int, top: dict[int, None]) -> None:
        """Step 5C."""
        known = self.table.get(subject, root) if subject else root
        if known == root:
            top[root] = None
        elif known >= self.count:
            grown = self.children.pop(root) if root >= self.count else [root]
            self.children[known] += grown
            self.grown.add(known)
        elif self._is_reply(root) and not self._is_reply(known):
            self.children.setdefault(known, []).append(root)
            self.grown.add(known)
        else:
            dummy, self.next_dummy = self.next_dummy, self.next_dummy + 1
            self.children[dummy] = [known, root]
            self.grown.add(dummy)
            self.table[subject] = dummy
            top.pop(known, None)
            top[dummy] = None

    def _sorted(self, top: dict[int, None]) -> list[int]:
        """Step 6: siblings by date; a dummy counts as its first child."""
        place = [0] * self.count
        for number, message in enumerate(self.order):
            place[message] = number
        for node in self.grown:
            self.children[node].sort(key=place.__getitem__)
        return sorted(top, key=lambda node: place[node if node < self.count else self.children[node][0]])


# --- writing -------------------------------------------------------------------------------------------


def _written(roots: list[int], children: Children, count: int) -> Threads:
    """The marks between the numbers, from first to last."""
    places: list[int] = []
    marks: list[str] = []
    mark = "("
    for root in roots:
        if root not in children:
            places.append(root)
            marks.append(mark)
            mark = ")("
            continue
        # Without recursion: threads may be as deep as a mailbox is long.
        still_open: list[int | str] = [root]
        while still_open:
            item = still_open.pop()
            if isinstance(item, str):
                mark += item
                continue
            if item < count:
                places.append(item)
                marks.append(mark)
                mark = ""
            below = children.get(item)
            if below is None:
                continue
            if item < count:
                mark = " "
            if len(below) == 1:
                still_open.append(below[0])
            else:
                for child in reversed(below):
                    still_open += (")", child, "(")
        mark += ")("
    return Threads(array("I", places), marks, mark[:-1] if places else "")
