"""The index of all accounts, as who searches sees it.

<folder>/<account>/<first>-<last>.idx      files that together cover the emails 1…n of an account
<folder>/wanted/<account>                  somebody asks for the account's index to be made anew
"""

import os
from collections import OrderedDict
from collections.abc import Sequence
from enum import IntEnum
from itertools import compress
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from bocau.formats.search_words import OWN_ZONES, Zone
from bocau.formats.searchable import unaccented
from bocau.store.search.needle import Needle, needle_of
from bocau.store.search.segment import Segment, SegmentBroken, range_of_name, segment_name

FILES_OPEN_MAX: Final = 256
"""Files kept open, by least recent use."""
POSTINGS_PER_EMAIL_MAX: Final = 500
"""To look at one email costs as much as to read so many postings."""
_TRIES: Final = 3
"""How often a folder is read again, because a file was merged away meanwhile."""
WANTED: Final = "wanted"

Range = tuple[int, int]


class Verdict(IntEnum):
    """What the index says of an email."""

    NO = 0
    MAYBE = 1
    SURE = 2


class Question(NamedTuple):
    """Which emails hold all of these patterns, each in a word of one of its zones?"""

    clauses: tuple[tuple[tuple[int, ...], bytes], ...]
    """(zones, pattern); empty: any email may match."""
    is_sure: bool
    """Whether who has them all matches, without a look at the text."""


def question_of(zones: tuple[int, ...], needle: Needle) -> Question:
    """For a needle in any of these zones."""
    return Question(tuple([(zones, pattern) for pattern in needle.patterns]), needle.is_sure)


def question_of_field(name: str, text: str) -> Question:
    """For `text`, without accents, in a header field."""
    zone = OWN_ZONES.get(name.encode("utf-8", "replace"), Zone.OTHER)
    in_value = question_of((zone,), needle_of(text))
    if zone is not Zone.OTHER and text:
        return in_value
    named = question_of((Zone.NAMES,), needle_of(f" {unaccented(name)} "))
    # Which of the fields the words stand in is not known.
    return Question(named.clauses + in_value.clauses, False)


def cover(ranges: Sequence[Range]) -> list[Range]:
    """Which of these ranges together cover the serials from 1 on, without a gap: longer ones first."""
    chosen: list[Range] = []
    wanted = 1
    for first, last in sorted(ranges, key=lambda r: (r[0], -r[1])):
        if first == wanted and last >= first:
            chosen.append((first, last))
            wanted = last + 1
    return chosen


class SearchIndex:
    """Opened by each process that searches. Blocking; any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: OrderedDict[tuple[int, str, int, int], Segment] = OrderedDict()
        self._lock = Lock()

    def account_folder(self, account_id: int) -> Path:
        return self.folder / str(account_id)

    def ranges(self, account_id: int) -> list[Range]:
        """What the account's files cover, by their names."""
        return cover([found for name in self.names(account_id) if (found := range_of_name(name)) is not None])

    def names(self, account_id: int) -> list[str]:
        try:
            return os.listdir(self.account_folder(account_id))
        except FileNotFoundError:
            return []

    def ask(self, account_id: int, base: int, count: int, questions: Sequence[Question]) -> list[bytes]:
        """For each question a Verdict for each serial base…base+count-1; MAYBE where no file tells."""
        answers = [bytearray(b"\x01") * count for _ in questions]
        for segment in self.segments(account_id):
            if segment.last < base or segment.first >= base + count:
                continue
            serials = segment.serials
            for answer, question in zip(answers, questions, strict=True):
                _enter(answer, base, serials, _verdicts(segment, question))
        return list(map(bytes, answers))

    def segments(self, account_id: int) -> list[Segment]:
        """The account's files; broken ones are left out, and somebody is asked to make them anew."""
        for _ in range(_TRIES):
            try:
                return self._segments(account_id)
            except FileNotFoundError:
                continue
        return []

    def _segments(self, account_id: int) -> list[Segment]:
        found = []
        for first, last in self.ranges(account_id):
            try:
                found.append(self.segment(account_id, segment_name(first, last)))
            except FileNotFoundError:
                raise
            except (SegmentBroken, OSError):
                self.want(account_id)
        return found

    def segment(self, account_id: int, name: str) -> Segment:
        """An open file, checked. SegmentBroken, FileNotFoundError."""
        path = self.account_folder(account_id) / name
        facts = path.stat()
        key = (account_id, name, facts.st_ino, facts.st_mtime_ns)
        with self._lock:
            known = self._open.get(key)
            if known is not None:
                self._open.move_to_end(key)
                return known
        opened = Segment(path)
        with self._lock:
            self._open[key] = opened
            while len(self._open) > FILES_OPEN_MAX:
                self._open.popitem(last=False)
        return opened

    def want(self, account_id: int) -> None:
        """Ask the indexer to make the account's index anew."""
        folder = self.folder / WANTED
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / str(account_id)).touch()
        except OSError:
            pass  # A full disk: without an index searches are slow, not wrong.

    def wanted(self) -> list[int]:
        """Whose index was asked to be made anew."""
        try:
            names = os.listdir(self.folder / WANTED)
        except FileNotFoundError:
            return []
        return [int(name) for name in names if name.isascii() and name.isdigit()]

    def wanted_done(self, account_id: int) -> None:
        (self.folder / WANTED / str(account_id)).unlink(missing_ok=True)


def _verdicts(segment: Segment, question: Question) -> bytes:
    """One byte for each email of the file."""
    if not question.clauses:
        return bytes((Verdict.MAYBE,)) * len(segment)
    found = _found(segment, question)
    verdicts = bytearray(len(segment))
    value = Verdict.SURE if question.is_sure else Verdict.MAYBE
    for ordinal in found:
        verdicts[ordinal] = value
    for ordinal in segment.partial:
        verdicts[ordinal] = Verdict.MAYBE
    return bytes(verdicts)


def _found(segment: Segment, question: Question) -> set[int]:
    """The emails that have all patterns: the rarest first; those that would narrow little are left out."""
    patterns = []
    for zones, pattern in question.clauses:
        spans = [(zone, segment.spans(zone, pattern)) for zone in zones]
        patterns.append((sum(stop - start for _, some in spans for start, stop in some), spans))
    patterns.sort(key=lambda pattern: pattern[0])
    found: set[int] = set()
    for place, (count, spans) in enumerate(patterns):
        if place and count > len(found) * POSTINGS_PER_EMAIL_MAX:
            break
        has = set().union(*(segment.ordinals(zone, some) for zone, some in spans))
        found = has if not place else found & has
    return found


def _enter(answer: bytearray, base: int, serials: Sequence[int], verdicts: bytes) -> None:
    """Write the verdicts of a file's emails where the answer has their serials."""
    if not serials:
        return
    count, first, last = len(answer), serials[0], serials[-1]
    if last - first == len(serials) - 1:
        low, high = max(first, base), min(last, base + count - 1)
        answer[low - base : high - base + 1] = verdicts[low - first : high - first + 1]
        return
    table = bytearray(b"\x01") * (last - first + 1)
    for value in (Verdict.NO, Verdict.SURE):
        wanted = bytes((value,))
        for serial in compress(serials, map(wanted.__contains__, verdicts)):
            table[serial - first] = value
    low, high = max(first, base), min(last, base + count - 1)
    answer[low - base : high - base + 1] = table[low - first : high - first + 1]
