"""Making a file of the index from messages."""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate, chain

from bocau.formats.search_words import ZONES, MessageWords
from bocau.store.search.segment import SegmentImage, ZoneImage


class Builder:
    """Collects the words of emails, ascending by serial."""

    def __init__(self) -> None:
        self._serials = array("I")
        self._partial = array("H")
        self._zones: list[defaultdict[bytes, list[int]]] = [defaultdict(list) for _ in range(ZONES)]

    def __len__(self) -> int:
        return len(self._serials)

    def add(self, serial: int, words: MessageWords) -> None:
        ordinal = len(self._serials)
        self._serials.append(serial)
        if not words.is_whole:
            self._partial.append(ordinal)
        for zone, some in words.zones:
            for postings in map(self._zones[zone].__getitem__, some):
                postings.append(ordinal)

    def image(self, first: int, last: int) -> SegmentImage:
        """What was collected, for the serials first…last."""
        zones = tuple([_zone_image(postings_of) for postings_of in self._zones])
        return SegmentImage(first, last, self._serials, self._partial, zones)


def _zone_image(postings_of: "dict[bytes, list[int]]") -> ZoneImage:
    words = sorted(postings_of)
    postings = list(map(postings_of.__getitem__, words))
    return zone_image(words, list(map(len, postings)), array("H", chain.from_iterable(postings)))


def zone_image(words: Sequence[bytes], counts: Sequence[int], postings: "array[int]") -> ZoneImage:
    """From sorted words and how many postings each of them has."""
    text = b"\n%b\n" % b"\n".join(words) if words else b""
    word_starts = (
        array("I", accumulate([len(word) + 1 for word in words[:-1]], initial=0)) if words else array("I")
    )
    return ZoneImage(text, word_starts, array("I", accumulate(counts, initial=0)), postings)
