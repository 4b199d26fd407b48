"""The THREAD response (RFC 5256 §4): threads of the whole mailbox are kept with its roster."""

from array import array
from itertools import compress
from typing import TYPE_CHECKING

from bocau.protocols.imap.sorting import ThreadAlgorithm
from bocau.rules.threads import Threads, by_references, by_subject
from bocau.services.imap.results import numbers_of
from bocau.services.imap.view import View
from bocau.store import Reading
from bocau.store.linking import chosen_links, links_of
from bocau.store.ordering import OrderKey, needed_facts, ranks

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
        kept = None if image is None else image.roster.derived.get(algorithm)
        return (kept, uids) if image is not None and kept is not None and list(image.uids) == uids else None

    def worked_out(reading: Reading) -> tuple[Threads, list[int]]:
        image = store.columns.of(reading, view.mailbox_id, *FACTS)
        present = image.uids if list(image.uids) == uids else None
        if present is None:
            return _of_some(reading, view, image, set(uids), algorithm)
        threads = _of(reading, view, image, None, algorithm)
        if threads.is_complete:
            image.roster.derived[algorithm] = threads
        return threads, uids

    found = store.glance(view.account_id, known)
    if found is None:
        found = await store.read(view.account_id, worked_out)
    threads, there = found
    numbers = numbers_of(view, there, by_uid=by_uid)
    return b"THREAD " + threads.text(numbers).encode("ascii") if there else b"THREAD"


def _of_some(
    reading: Reading, view: View, image: "Columns", wanted: set[int], algorithm: ThreadAlgorithm
) -> tuple[Threads, list[int]]:
    chosen = bytes(map(wanted.__contains__, image.uids))
    return _of(reading, view, image, chosen, algorithm), image.chosen(chosen)


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
