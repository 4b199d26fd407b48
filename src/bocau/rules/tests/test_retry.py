"""Pauses grow, stay within their bounds, and are not all alike."""

from hypothesis import given
from hypothesis import strategies as st

from bocau.rules.retry import JITTER, LAST_SECONDS, host_pause_seconds, pause_seconds


def test_pauses_grow_from_five_minutes_to_four_hours() -> None:
    pauses = [pause_seconds(n, 0.5) for n in range(1, 12)]
    assert pauses[0] == 300 and pauses[-1] == 4 * 3600
    assert pauses == sorted(pauses)
    assert host_pause_seconds(1, 0.5) == 60 and host_pause_seconds(50, 0.5) == 1800


@given(st.integers(0, 10**9), st.floats(0, 1, exclude_max=True))
def test_pauses_are_bounded(attempts: int, chance: float) -> None:
    assert 300 * (1 - JITTER) <= pause_seconds(attempts, chance) <= LAST_SECONDS * (1 + JITTER)


def test_chance_spreads_what_failed_together() -> None:
    assert pause_seconds(1, 0.0) == 240 and pause_seconds(1, 0.999) >= 359
