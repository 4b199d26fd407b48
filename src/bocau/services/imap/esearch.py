"""The ESEARCH response (RFC 9051 §7.3.4, RFC 4731 §3.1, RFC 5267 §3, RFC 9394 §3.1, RFC 6203 §4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from bocau.protocols.imap.names import string
from bocau.protocols.imap.returning import Returns
from bocau.protocols.imap.sets import ranges_of, set_text


@dataclass(frozen=True, slots=True)
class Result:
    """What was found: message numbers or uids, ascending or in the order of a SORT."""

    numbers: Sequence[int]
    by_uid: bool
    is_sorted: bool = False
    """In the order of a SORT, not by number."""
    modseq: int = 0
    """The highest of the messages found; 0: not asked for (RFC 7162 §3.1.5)."""
    scores: Sequence[int] | None = None
    """Relevancy 1 to 100 for each of `numbers` (RFC 6203 §4)."""


def esearch(correlator: bytes, returns: Returns, result: Result) -> bytes:
    """The line without "* "; `correlator` is what stands in the parentheses."""
    words = [b"ESEARCH (%b)" % correlator]
    if result.by_uid:
        words.append(b"UID")
    words += _results(returns, result)
    if b"COUNT" in returns.words:
        words.append(b"COUNT %d" % len(result.numbers))
    if result.modseq:
        words.append(b"MODSEQ %d" % result.modseq)
    return b" ".join(words)


def _results(returns: Returns, result: Result) -> list[bytes]:
    numbers, asked, words = result.numbers, returns.words, []
    if numbers:
        if b"MIN" in asked:
            words.append(b"MIN %d" % numbers[0])
        if b"MAX" in asked:
            words.append(b"MAX %d" % numbers[-1])
        if b"ALL" in asked:
            words.append(b"ALL " + numbers_text(numbers, is_sorted=result.is_sorted))
    if (partial := returns.partial) is not None:
        start, stop = partial.within(len(numbers))
        text = numbers_text(numbers[start:stop], is_sorted=result.is_sorted) if start < stop else b"NIL"
        words.append(b"PARTIAL (%d:%d %b)" % (partial.first, partial.last, text))
    if b"RELEVANCY" in asked and result.scores is not None:
        words.append(b"RELEVANCY (%b)" % _scores(returns, result))
    return words


def _scores(returns: Returns, result: Result) -> bytes:
    """One for each message of ALL or PARTIAL, in the same order."""
    scores = result.scores or ()
    if returns.partial is not None:
        start, stop = returns.partial.within(len(scores))
        scores = scores[start:stop]
    return b" ".join([b"%d" % score for score in scores])


def numbers_text(numbers: Sequence[int], *, is_sorted: bool = False) -> bytes:
    """A sequence set that keeps the order of a SORT; a range always means ascending (RFC 5267 §3.2)."""
    if not is_sorted:
        return set_text(ranges_of(numbers))
    ranges, low, high = [], numbers[0], numbers[0]
    for number in numbers[1:]:
        if number == high + 1:
            high = number
        else:
            ranges.append((low, high))
            low = high = number
    ranges.append((low, high))
    return set_text(ranges)


def tag_correlator(tag: bytes) -> bytes:
    return b"TAG " + string(tag)


def saved(returns: Returns, uids: Sequence[int]) -> list[int]:
    """What "$" stands for, ascending: RFC 5182 §2.1, and RFC 9394 §3.2 for PARTIAL.

    COUNT or ALL, or nothing but SAVE: all that was found. Else what MIN, MAX and PARTIAL have shown.
    """
    shown = returns.words & {b"MIN", b"MAX", b"PARTIAL"}
    if returns.words & {b"ALL", b"COUNT"} or not shown:
        return sorted(uids)
    chosen: set[int] = set()
    if uids and b"MIN" in shown:
        chosen.add(uids[0])
    if uids and b"MAX" in shown:
        chosen.add(uids[-1])
    if returns.partial is not None:
        start, stop = returns.partial.within(len(uids))
        chosen.update(uids[start:stop])
    return sorted(chosen)
