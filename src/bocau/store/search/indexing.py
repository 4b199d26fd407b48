"""Making and merging the files of one account: plain blocking functions, run in the indexer's thread."""

import gc
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bocau.base.errors import TryLater
from bocau.formats.search_words import NOTHING, MessageWords, message_words
from bocau.store.blobs import BlobRef, Blobs
from bocau.store.search.build import Builder
from bocau.store.search.index import SearchIndex
from bocau.store.search.merge import choose, merged
from bocau.store.search.segment import range_of_name, segment_name, write_segment

AT_ONCE_BYTES = 1024 * 1024
"""Bodies read together."""

Body = tuple[int, BlobRef]
"""An email's serial, and where its body is."""
Lives = Callable[[int], bool]


def add_file(index: SearchIndex, blobs: Blobs, account_id: int, bodies: Sequence[Body], last: int) -> None:
    """Index some emails as the file that follows the account's last one and reaches up to `last`."""
    first = indexed_to(index, account_id) + 1
    builder = Builder()
    with _collector_off():
        for some in _groups(bodies):
            for (serial, _), words in zip(some, _words(blobs, [ref for _, ref in some]), strict=True):
                builder.add(serial, words)
        write_segment(index.account_folder(account_id), builder.image(first, last))


@contextmanager
def _collector_off() -> Iterator[None]:
    """Many thousand lists live until the file is written: looking at them again and again took a quarter of
    the time, and none of them is part of a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _groups(bodies: Sequence[Body]) -> Iterator[Sequence[Body]]:
    start = size = 0
    for place, (_, ref) in enumerate(bodies):
        if size and size + ref.length > AT_ONCE_BYTES:
            yield bodies[start:place]
            start, size = place, 0
        size += ref.length
    if start < len(bodies):
        yield bodies[start:]


def _words(blobs: Blobs, refs: Sequence[BlobRef]) -> list[MessageWords]:
    try:
        return [message_words(bytes(body)) for body in blobs.read_many(refs)]
    except TryLater:
        # A damaged body: searches look for themselves, and so does `bocau verify`.
        return [NOTHING] if len(refs) == 1 else [words for ref in refs for words in _words(blobs, [ref])]


def indexed_to(index: SearchIndex, account_id: int) -> int:
    """The last serial that the account's files cover; 0: none."""
    ranges = index.ranges(account_id)
    return ranges[-1][1] if ranges else 0


def is_merge_due(index: SearchIndex, account_id: int) -> bool:
    return choose([(len(s), s.file_bytes) for s in index.segments(account_id)]) is not None


def merge_once(index: SearchIndex, account_id: int, lives: Lives) -> None:
    """Make one file of some. SegmentBroken."""
    segments = index.segments(account_id)
    chosen = choose([(len(segment), segment.file_bytes) for segment in segments])
    if chosen is not None:
        some = segments[chosen[0] : chosen[1]]
        with _collector_off():
            image = merged([segment.image() for segment in some], lives)
        write_segment(index.account_folder(account_id), image)
        remove_covered(index, account_id)


def remove_covered(index: SearchIndex, account_id: int) -> None:
    """Remove what other files cover, and what a crash left behind."""
    keep = {segment_name(first, last) for first, last in index.ranges(account_id)}
    for name in index.names(account_id):
        if name not in keep:
            (index.account_folder(account_id) / name).unlink(missing_ok=True)


def remove_account(index: SearchIndex, account_id: int) -> None:
    """Remove all files of an account."""
    shutil.rmtree(index.account_folder(account_id), ignore_errors=True)


def accounts_with_files(index: SearchIndex) -> list[int]:
    try:
        names = [path.name for path in index.folder.iterdir()]
    except FileNotFoundError:
        return []
    return [int(name) for name in names if name.isascii() and name.isdigit()]


def file_sizes(index: SearchIndex, account_id: int) -> list[int]:
    """Bytes of each of the account's files."""
    folder = index.account_folder(account_id)
    sizes = []
    for name in index.names(account_id):
        if range_of_name(name) is not None:
            try:
                sizes.append((folder / name).stat().st_size)
            except FileNotFoundError:  # merged away at this moment
                continue
    return sizes
