"""A search program answers the same however much of a message has been read when it is asked."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bocau.base.ids import EmailId, ModSeq, Uid
from bocau.formats.digest import digest
from bocau.formats.header import body_start
from bocau.protocols.imap import search as s
from bocau.protocols.imap.search import Clock, Key, Relation
from bocau.protocols.imap.sets import NumberSet
from bocau.services.imap.matching import Candidate, compiled, restricted
from bocau.services.imap.tests import mail
from bocau.services.imap.view import View
from bocau.store import BlobRef, Flags, Mailbox, Message

BODIES = (mail.PLAIN, mail.MIXED, mail.NESTED)
ROWS = ((1, 5, 1, ""), (2, 6, 0, "work"), (3, 9, 18, "play work"))
RECENT_UID = 2

LEAVES: st.SearchStrategy[Key] = st.sampled_from(
    [
        s.Everything(),
        s.Numbers(NumberSet(((2, 9),)), by_uid=False),
        s.Numbers(NumberSet(((1, 1), (3, 3))), by_uid=True),
        s.HasKeyword("\\Seen"),
        s.HasKeyword("WORK"),
        s.IsRecent(),
        s.ChangedSince(6),
        s.SizeAbove(200),
        s.SizeBelow(200),
        s.Dated(Clock.SENT, Relation.ON, date(1994, 2, 7)),
        s.Dated(Clock.RECEIVED, Relation.BEFORE, date(1970, 1, 3)),
        s.HeaderHas("subject", "CAFÉ"),
        s.HeaderHas("message-id", ""),
        s.BodyHas("HELLO"),
        s.TextHas("inner"),
    ]
)
EXPECTED = {
    LEAVES.elements[n]: frozenset(uids)  # type: ignore[attr-defined]
    for n, uids in enumerate(
        [
            (1, 2, 3),
            (2, 3),
            (1, 3),
            (1,),
            (2, 3),
            (3,),
            (2, 3),
            (2,),
            (1, 3),
            (1,),
            (1,),
            (2,),
            (1,),
            (2,),
            (3,),
        ]
    )
}
PROGRAMS = st.recursive(
    LEAVES,
    lambda keys: st.one_of(
        st.builds(s.Not, keys),
        st.builds(s.Either, keys, keys),
        st.builds(s.All, st.lists(keys, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def truth(key: Key) -> frozenset[int]:
    """The plain meaning, by sets."""
    match key:
        case s.All(keys):
            return frozenset.intersection(*map(truth, keys))
        case s.Either(one, other):
            return truth(one) | truth(other)
        case s.Not(inner):
            return frozenset((1, 2, 3)) - truth(inner)
        case _:
            return EXPECTED[key]


def a_view() -> View:
    counts = (3, 0, 0, 0)
    return View(1, Mailbox(1, "INBOX", None, 1, 4, 9, *counts, 0), is_read_only=True)  # type: ignore[arg-type]


def a_message(uid: int) -> Message:
    data = BODIES[uid - 1]
    found, blob = digest(data), BlobRef(1, 0, len(data), b"")
    received_at = uid * 86_400
    return Message(
        Uid(uid), ModSeq(1), Flags(0), "", EmailId(uid), blob, len(data), received_at, received_at,
        found.sent_at, found.envelope, found.body_structure,
    )  # fmt: skip


MESSAGES = {uid: a_message(uid) for uid in (1, 2, 3)}


@given(PROGRAMS)
def test_what_is_answered_early_stays_true(key: Key) -> None:
    view = a_view()
    test = compiled(key, view, RECENT_UID)
    places = {uid for start, stop in restricted(key, view) for uid in range(start + 1, stop + 1)}
    for row in ROWS:
        candidate = Candidate(*row)
        answers = [test(candidate)]
        candidate.message = MESSAGES[candidate.uid]
        answers.append(test(candidate))
        data = BODIES[candidate.uid - 1]
        candidate.header = data[: body_start(data)]
        answers.append(test(candidate))
        candidate.data = data
        answers.append(test(candidate))
        expected = candidate.uid in truth(key)
        assert answers[-1] is expected
        assert all(answer in (None, expected) for answer in answers)
        assert candidate.uid in places or not expected
