"""Turns are counted over processes, and those of a process that died come back."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from bocau.base.errors import LimitReached
from bocau.base.ids import AccountId
from bocau.runtime.turns import Turns

ALICE, BOB = AccountId(1), AccountId(2**31)


def _taken(turns: Turns, account: AccountId) -> int:
    """How many more there are; all are given back."""
    with ExitStack() as held:
        for count in range(100):
            try:
                held.enter_context(turns.turn(account))
            except LimitReached:
                return count
    raise AssertionError("without end")


def test_so_many_and_no_more(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turns", 3)
    assert _taken(turns, ALICE) == 3
    with turns.turn(ALICE):
        assert _taken(turns, ALICE) == 2
        assert _taken(turns, BOB) == 3
    assert _taken(turns, ALICE) == 3


def test_a_failure_gives_its_turn_back(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turns", 1)
    with pytest.raises(ZeroDivisionError), turns.turn(ALICE):
        raise ZeroDivisionError
    assert _taken(turns, ALICE) == 1


def test_other_processes_count_until_they_die(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turns", 3)
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        theirs = Turns(tmp_path / "turns", 3)
        with theirs.turn(ALICE), theirs.turn(ALICE):
            os.write(tell, b"x")
            signal.pause()
    try:
        os.read(ready, 1)
        assert (_taken(turns, ALICE), _taken(turns, BOB)) == (1, 3)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(tell)
    assert _taken(turns, ALICE) == 3
