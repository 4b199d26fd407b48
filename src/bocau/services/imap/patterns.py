"""LIST patterns (RFC 9051 §6.3.9): "*" stands for anything, "%" for anything within one level.

Matched by bit sets, one step a character: no pattern can make the cost explode (`%*%*%*…`).
"""

import re
from typing import Final

PATTERN_CHARACTERS_MAX: Final = 1000
_WILD_RUN: Final = re.compile(r"[*%]*\*[*%]*|%+")


class Pattern:
    """A compiled pattern; INBOX is matched in any case."""

    __slots__ = ("_accepting", "_exact", "_loops", "_steps", "_within_level")

    def __init__(self, text: str) -> None:
        # A run of wildcards equals "*" when it has one, else "%".
        text = _WILD_RUN.sub(lambda run: "*" if "*" in run[0] else "%", text[:PATTERN_CHARACTERS_MAX])
        if text[:5].upper() == "INBOX" and text[5:6] in ("", "/", "*", "%"):
            text = "INBOX" + text[5:]
        self._exact = None if "*" in text or "%" in text else text
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

    def matches(self, name: str) -> bool:
        if self._exact is not None:
            return name == self._exact
        states, steps, loops, within = 1, self._steps, self._loops, self._within_level
        for character in name:
            kept = loops if character == "/" else loops | within
            states = (states & kept) | (states & steps.get(character, 0)) << 1
            if not states:
                return False
        return bool(states & self._accepting)
