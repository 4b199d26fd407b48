"""The THREAD response (RFC 5256 §4): threads of the whole mailbox are kept with its roster."""

from array import array
from hashlib import blake2b
from itertools import compress
from typing import TYPE_CHECKING

from bocau.protocols.imap.sorting import ThreadAlgorithm
from bocau.rules.threads import Threads, by_references, by_subject
from bocau.services.imap.results import aside, numbers_of
from bocau.services.imap.view import View
from bocau.store import Reading
from bocau.store.linking import chosen_links, links_of
from bocau.store.ordering import OrderKey, keep, needed_facts, ranks

if TYPE_CHECKING:
    from bocau.services.imap.session import ImapSession
    from bocau.store.columns import Columns

FACTS = needed_facts([OrderKey.DATE])


async def thread_line(
    session: "ImapSession", view: View, uids: list[int], algorithm: ThreadAlgorithm, *, by_uid: bool
) -> bytes:
    """THREAD with the threads of the messages found; what has been expunged in the meantime is left out."""
    if not uids:
        return b"THREAD"
    store = session.store

    def known(reading: Reading) -> tuple[Threads, list[int]] | None:
        image = store.columns.glanced(reading, view.mailbox_id)
        if image is None:
            return None
        chosen = _chosen(image, uids)
        kept = image.roster.derived.get(_name(algorithm, chosen))
        return None if kept is None else (kept, uids if chosen is None else image.chosen(chosen))

    def worked_out(reading: Reading) -> tuple[Threads, list[int]]:
        image = store.columns.of(reading, view.mailbox_id, *FACTS)
        chosen = _chosen(image, uids)
        threads = _of(reading, view, image, chosen, algorithm)
        if threads.is_complete:
            keep(image.roster.derived, _name(algorithm, chosen), threads)
        return threads, uids if chosen is None else image.chosen(chosen)

    found = store.glance(view.account_id, known)
    if found is None:
        found = await store.read(view.account_id, worked_out)
    threads, there = found
    if not there:
        return b"THREAD"
    numbers = numbers_of(view, there, by_uid=by_uid)
    return b"THREAD " + await aside(len(there), lambda: threads.text(numbers).encode("ascii"))


def _chosen(image: "Columns", uids: list[int]) -> bytes | None:
    """1 where a message is among `uids`; None: all are."""
    known = image.uids
    if len(uids) == len(known) and array("I", uids) == known:
        return None
    return bytes(map(frozenset(uids).__contains__, known))


def _name(algorithm: ThreadAlgorithm, chosen: bytes | None) -> tuple[object, ...]:
    """What the threads of these messages are kept under: clients ask for the same ones again and again."""
    return (algorithm,) if chosen is None else (algorithm, blake2b(chosen, digest_size=16).digest())


def _of(
    reading: Reading, view: View, image: "Columns", chosen: bytes | None, algorithm: ThreadAlgorithm
) -> Threads:
    """The threads of the messages chosen; None: of all."""
    if algorithm is ThreadAlgorithm.REFERENCES:
        links, is_complete = links_of(reading, view.mailbox_id, image)
        threads = by_references(links if chosen is None else chosen_links(links, chosen))
        threads.is_complete = is_complete
        return threads
    subjects = ranks(reading, view.mailbox_id, image, OrderKey.SUBJECT)
    dates = ranks(reading, view.mailbox_id, image, OrderKey.DATE)
    columns = [subjects.values, dates.values]
    if chosen is not None:
        columns = [array(column.typecode, compress(column, chosen)) for column in columns]
    threads = by_subject(*columns)
    threads.is_complete = subjects.is_complete
    return threads
