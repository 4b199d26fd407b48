"""When blocking steps leave the loop, and when they come back."""

from bocau.database import pace as pace_module
from bocau.database.pace import INLINE_SECONDS_MAX, THREAD_STEPS, Pace


def step(pace, monkeypatch, seconds):
    monkeypatch.setattr(pace_module, "perf_counter", lambda: seconds)
    assert pace.is_fast()
    pace.note(0.0)


def test_fast_steps_stay_and_one_slow_one_is_forgiven(monkeypatch):
    pace = Pace()
    for _ in range(20):
        step(pace, monkeypatch, 0.0002)
    step(pace, monkeypatch, INLINE_SECONDS_MAX * 5)
    assert pace.is_fast()


def test_a_slow_disk_sends_steps_to_the_thread_and_is_tried_again(monkeypatch):
    pace = Pace()
    step(pace, monkeypatch, INLINE_SECONDS_MAX * 2)
    assert [pace.is_fast() for _ in range(THREAD_STEPS)] == [False] * THREAD_STEPS
    step(pace, monkeypatch, 0.0002)
    assert pace.is_fast()
