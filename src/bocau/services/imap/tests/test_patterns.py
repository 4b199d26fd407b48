"""LIST patterns mean what the RFC says, and cost little whatever they look like (E-3)."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from bocau.services.imap.patterns import Pattern

NAMES = st.text("ab/", max_size=8)


@given(st.text("ab/*%", max_size=8), NAMES)
def test_a_pattern_matches_what_its_expression_does(pattern: str, name: str) -> None:
    expression = "".join({"*": ".*", "%": "[^/]*"}.get(c, re.escape(c)) for c in pattern)
    assert Pattern(pattern).matches(name) == (re.fullmatch(expression, name) is not None)


def test_inbox_in_any_case() -> None:
    assert Pattern("inBox").matches("INBOX")
    assert Pattern("inbox/%").matches("INBOX/x")
    assert not Pattern("inboxes").matches("INBOXes")


def test_no_pattern_is_expensive() -> None:
    names = [f"work/{n}/" + "a" * 40 for n in range(1000)]
    start = time.process_time()
    for pattern in ("%*" * 200 + "x", "%a" * 200 + "x", "*a" * 200 + "x", "*a%b" * 100):
        compiled = Pattern(pattern)
        assert not any(map(compiled.matches, names))
    assert time.process_time() - start < 2
