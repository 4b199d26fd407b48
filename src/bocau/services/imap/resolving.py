"""What a search program means before any message is looked at: FUZZY (RFC 6203) and THREADID (RFC 8474)."""

from typing import TYPE_CHECKING, Final

from bocau.formats.searchable import unaccented, words_of_text
from bocau.protocols.imap import search as s
from bocau.protocols.imap.finding import keys_in
from bocau.protocols.imap.search import Key
from bocau.protocols.imap.sets import NumberSet, ranges_of
from bocau.services.imap.object_ids import thread_object_id

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.services.imap.view import View
    from bocau.store import Reading

NOTHING: Final = s.Not(s.Everything())
THREADS_MAX: Final = 100
"""Different THREADID keys of one program that are looked up; beyond it none matches."""


async def resolved(session: "ImapSession", view: "View", key: Key) -> Key:
    """The same program without FUZZY and THREADID keys."""
    wanted = {one.object_id for one in keys_in(key) if isinstance(one, s.ThreadIs)}
    threads: dict[bytes, list[int]] = {}
    if wanted:
        some = frozenset(sorted(wanted)[:THREADS_MAX])

        def find(reading: "Reading") -> dict[bytes, list[int]]:
            found: dict[bytes, list[int]] = {}
            last_uid = view.uids[-1] if len(view.uids) else 0
            for uid, thread_id in reading.thread_ids(view.mailbox_id, [(1, last_uid)]):
                if (object_id := thread_object_id(thread_id)) in some:
                    found.setdefault(object_id, []).append(uid)
            return found

        threads = await session.store.read(view.account_id, find)
    return _resolved(key, threads, is_fuzzy=False)


def _resolved(key: Key, threads: dict[bytes, list[int]], *, is_fuzzy: bool) -> Key:
    match key:
        case s.All(keys):
            return s.All(tuple([_resolved(one, threads, is_fuzzy=is_fuzzy) for one in keys]))
        case s.Either(one, other):
            first, second = (_resolved(some, threads, is_fuzzy=is_fuzzy) for some in (one, other))
            return s.Either(first, second)
        case s.Not(inner):
            return s.Not(_resolved(inner, threads, is_fuzzy=is_fuzzy))
        case s.Fuzzy(inner):
            return _resolved(inner, threads, is_fuzzy=True)
        case s.ThreadIs(object_id):
            uids = threads.get(object_id)
            return s.Numbers(NumberSet(tuple(ranges_of(uids))), by_uid=True) if uids else NOTHING
        case s.HeaderHas(name, text) if is_fuzzy and (words := _words(text)):
            return s.All(tuple([s.HeaderHas(name, word) for word in words]))
        case s.BodyHas(text) if is_fuzzy and (words := _words(text)):
            return s.All(tuple(map(s.BodyHas, words)))
        case s.TextHas(text) if is_fuzzy and (words := _words(text)):
            return s.All(tuple(map(s.TextHas, words)))
        case _:
            return key


def _words(text: str) -> list[str]:
    return [word.decode("utf-8") for word in dict.fromkeys(words_of_text(unaccented(text)))]
