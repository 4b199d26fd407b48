"""THREAD against the text of RFC 5256 §3, step by step and slowly, and against its examples."""

import struct
from array import array
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from bocau.rules import threads
from bocau.rules.threads import CALL_MESSAGES, Links, Threads, by_references, by_subject


def links(messages):
    """messages: (message key, references, subject, is reply, date)."""
    return Links(
        [m[0] for m in messages],
        [len(m[1]) for m in messages],
        b"".join(struct.pack("=q", key) for m in messages for key in m[1]),
        [m[2] for m in messages],
        [m[3] for m in messages],
        [m[4] for m in messages],
    )


def told(messages):
    return by_references(links(messages)).text(range(1, len(messages) + 1))


class Node:
    """A message or a dummy of the slow way."""

    def __init__(self, number=None, subject=0, is_reply=False, date=None):
        self.number, self.subject, self.is_reply, self.date = number, subject, is_reply, date
        self.parent, self.children = None, []

    def adopt(self, child):
        if child.parent is not None:
            child.parent.children.remove(child)
        child.parent = self
        self.children.append(child)

    def is_in(self, other):
        node = self
        while node is not None:
            if node is other:
                return True
            node = node.parent
        return False

    def key(self):
        node = self
        while node.number is None:
            node = node.children[0]
        return node.date, node.number

    def thread_subject(self):
        return self.subject if self.number is not None else self.children[0].thread_subject()

    def text(self):
        own = "" if self.number is None else str(self.number)
        if not self.children:
            return own
        if len(self.children) == 1:
            return f"{own} {self.children[0].text()}" if own else self.children[0].text()
        return (own + " " if own else "") + "".join(f"({child.text()})" for child in self.children)


def slow(messages):
    nodes, named, everyone = [], {}, []
    for number, (key, _, subject, is_reply, date) in enumerate(messages, 1):
        node = Node(number, subject, is_reply, date)
        nodes.append(node)
        if key and key not in named:
            named[key] = node
    everyone += nodes
    for node, (_, references, *_) in zip(nodes, messages, strict=True):
        before = None
        for key in references:
            if key not in named:
                named[key] = Node()
                everyone.append(named[key])
            one = named[key]
            if before is not None and one.parent is None and not before.is_in(one):
                before.adopt(one)
            before = one
        if node.parent is not None and node.parent is not before:
            node.parent.children.remove(node)
            node.parent = None
        if before is not None and node.parent is None and not before.is_in(node):
            before.adopt(node)
    root = Node()
    for node in everyone:
        if node.parent is None:
            root.adopt(node)

    def prune(node):
        for child in list(node.children):
            prune(child)
        for child in list(node.children):
            if child.number is not None:
                continue
            if not child.children:
                node.children.remove(child)
            elif node is not root or len(child.children) == 1:
                place = node.children.index(child)
                for one in child.children:
                    one.parent = node
                node.children[place : place + 1] = child.children

    def sort(node):
        for child in node.children:
            sort(child)
        node.children.sort(key=Node.key)

    prune(root)
    sort(root)
    table = {}
    for node in root.children:
        subject = node.thread_subject()
        known = table.get(subject)
        if not subject:
            continue
        if known is None or (
            known.number is not None and (node.number is None or (known.is_reply and not node.is_reply))
        ):
            table[subject] = node
    for node in list(root.children):
        subject = node.thread_subject()
        known = table.get(subject)
        if not subject or known is node:
            continue
        if known.number is None and node.number is None:
            for child in list(node.children):
                known.adopt(child)
            root.children.remove(node)
        elif known.number is None or (node.is_reply and not known.is_reply):
            known.adopt(node)
        else:
            dummy = Node()
            root.adopt(dummy)
            dummy.adopt(known)
            dummy.adopt(node)
            table[subject] = dummy
    sort(root)
    return "".join(f"({child.text()})" for child in root.children)


def some_messages(rnd, *, grows):
    """Random mail. `grows`: references lead to earlier messages only, as in mail that came in order."""
    count = rnd.randint(0, 12)
    messages = []
    for number in range(1, count + 1):
        among = range(1, number) if grows else range(1, 16)
        size = rnd.choice((0, 1, 1, 2, 3, 4))
        references = list(dict.fromkeys(rnd.choice(among) for _ in range(size))) if among else []
        if grows and not references and rnd.random() < 0.4:
            # Something that is not in this mailbox.
            references = [100 + rnd.randint(0, 2)]
        key = number if grows or rnd.random() < 0.8 else rnd.randint(0, 3)
        messages.append((key, references, rnd.randint(0, 4), rnd.random() < 0.5, rnd.randint(0, 5)))
    return messages


chances = st.randoms(use_true_random=False)


@settings(max_examples=300)
@given(rnd=chances)
def test_mail_in_order_is_threaded_as_the_rfc_says(rnd):
    """RFC 5256 §3, REFERENCES."""
    messages = some_messages(rnd, grows=True)
    assert told(messages) == slow(messages)


@settings(max_examples=300)
@given(rnd=chances)
def test_so_is_any_other(rnd):
    """Loops, replies before what they answer, Message-IDs twice."""
    messages = some_messages(rnd, grows=False)
    assert told(messages) == slow(messages)
    # Where the step by step way takes too long, nothing is lost, nothing is doubled.
    with patch.object(threads, "STEPS_PER_MESSAGE_MAX", 0):
        numbers = sorted(int(n) for n in told(messages).replace("(", " ").replace(")", " ").split())
    assert numbers == list(range(1, len(messages) + 1))


def test_a_parent_that_says_nothing_of_its_own_parent_keeps_what_later_replies_say():
    messages = [(1, [], 1, False, 1), (2, [], 2, False, 2), (3, [1, 2], 3, False, 3)]
    assert told(messages) == slow(messages) == "(1 2 3)"


def test_the_examples_of_the_rfc():
    """RFC 5256 §4: a thread with branches, and siblings without their parent."""
    chain = [
        *((1, [], 1, False, 1), (2, [1], 1, True, 2), (3, [1, 2], 1, True, 3), (4, [1, 2, 3], 1, True, 4)),
        *((5, [1, 2], 1, True, 5), (6, [1, 2, 5], 1, True, 6), (7, [1, 2, 5, 6], 1, True, 7)),
    ]
    assert told(chain) == "(1 2 (3 4)(5 6 7))"
    assert told([(1, [9], 1, True, 1), (2, [9], 1, True, 2)]) == "((1)(2))"


def test_a_thread_as_deep_as_the_mailbox_is_long():
    """Without recursion and in linear time, also where each link is the end of the chain so far."""
    count = 20_000
    down = [(n, [n - 1] if n > 1 else [], 0, False, n) for n in range(1, count + 1)]
    assert told(down) == "(" + " ".join(map(str, range(1, count + 1))) + ")"
    up = [(n, [n + 1], 0, False, n) for n in range(1, count + 1)]
    assert told(up) == "(" + " ".join(map(str, range(count, 0, -1))) + ")"
    branched = [(n, [n - 1 - n % 2] if n > 2 else [], 0, False, n) for n in range(1, count + 1)]
    assert told(branched).count("(") == told(branched).count(")")


def test_forged_references_cost_linear_time():
    """A chain as long as the mailbox, and loops that would have it walked for each message."""
    count = 20_000
    forged = [(n, [n - 1] if n > 1 else [count], 0, False, n) for n in range(1, count + 1)]
    forged += [(count + n, [count, count + n, n], 0, False, n) for n in range(1, count + 1)]
    found = by_references(links(forged))
    assert sorted(found.places) == list(range(2 * count))


def test_ordered_subject():
    """RFC 5256 §3, ORDEREDSUBJECT: threads by their first message, all others below it."""
    found = by_subject([2, 1, 2, 1, 2, 3], [5, 1, 4, 0, 6, 5])
    assert found.text(range(1, 7)) == "(4 2)(3 (1)(5))(6)"
    assert by_subject([], []).text([]) == ""


def test_long_answers_are_written_in_pieces():
    count = 2 * CALL_MESSAGES + 1
    threads = Threads(array("q", range(count)), ["("] + [")("] * (count - 1), ")")
    assert threads.text(range(1, count + 1)) == "".join(f"({number})" for number in range(1, count + 1))
