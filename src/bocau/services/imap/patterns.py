"""LIST patterns (RFC 9051 §6.3.9): "*" stands for anything, "%" for anything within one level.

One wildcard, as nearly all patterns have, is two comparisons. Else bit sets, one step a character: no pattern
can make the cost explode (`%*%*%*…`).
"""

import re
from collections.abc import Callable
from typing import Final

PATTERN_CHARACTERS_MAX: Final = 1000
_WILD_RUN: Final = re.compile(r"[*%]*\*[*%]*|%+")


class Pattern:
    """A compiled pattern; INBOX is matched in any case."""

    __slots__ = ("_accepting", "_loops", "_steps", "_within_level", "matches", "matches_all")

    def __init__(self, text: str) -> None:
        # A run of wildcards equals "*" when it has one, else "%".
        text = _WILD_RUN.sub(lambda run: "*" if "*" in run[0] else "%", text[:PATTERN_CHARACTERS_MAX])
        if text[:5].upper() == "INBOX" and text[5:6] in ("", "/", "*", "%"):
            text = "INBOX" + text[5:]
        self.matches_all = text == "*"
        self.matches: Callable[[str], bool] = _simple(text) or self._matches
        self._loops = 0
        """States that "*" keeps alive for every character."""
        self._within_level = 0
        """States that "%" keeps alive for every character but "/"."""
        self._steps: dict[str, int] = {}
        """Which states advance by a character: bit n for the n-th literal of the pattern."""
        state = 0
        for character in text:
            if character == "*":
                self._loops |= 1 << state
            elif character == "%":
                self._within_level |= 1 << state
            else:
                self._steps[character] = self._steps.get(character, 0) | 1 << state
                state += 1
        self._accepting = 1 << state

    def _matches(self, name: str) -> bool:
        states, steps, loops, within = 1, self._steps, self._loops, self._within_level
        for character in name:
            kept = loops if character == "/" else loops | within
            states = (states & kept) | (states & steps.get(character, 0)) << 1
            if not states:
                return False
        return bool(states & self._accepting)


def _simple(text: str) -> Callable[[str], bool] | None:
    """How to match a pattern of one wildcard or none; None for others."""
    if "*" not in text and "%" not in text:
        return text.__eq__
    wildcard = "*" if "*" in text else "%"
    before, _, after = text.partition(wildcard)
    if "*" in after or "%" in after or "%" in before:
        return None
    shortest = len(before) + len(after)
    if wildcard == "*":
        return lambda name: len(name) >= shortest and name.startswith(before) and name.endswith(after)
    skipped = len(after)
    return lambda name: (
        len(name) >= shortest
        and name.startswith(before)
        and name.endswith(after)
        and "/" not in name[len(before) : len(name) - skipped]
    )
