"""Bells between processes; another process is played by a second Doorbell of another name."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bocau.runtime import doorbell as doorbell_module
from bocau.runtime.doorbell import Doorbell, clear_bells
from bocau.runtime.tests.conftest import Run


@asynccontextmanager
async def bells(directory: Path, *names: str) -> AsyncIterator[list[Doorbell]]:
    made = [Doorbell(directory, name) for name in names]
    for bell in made:
        bell.start()
    await asyncio.sleep(0.01)  # The rings of the start are heard by nobody that counts.
    try:
        yield made
    finally:
        for bell in made:
            bell.close()


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def test_a_ring_is_heard_here_and_elsewhere_by_topic(run: Run, tmp_path: Path) -> None:
    async def main() -> None:
        heard: list[str] = []
        async with bells(tmp_path, "one", "two", "three") as (one, two, three):
            one.listen("a1", lambda: heard.append("one a1"))
            two.listen("a1", lambda: heard.append("two a1"))
            two.listen("a2", lambda: heard.append("two a2"))
            three.listen("queue", lambda: heard.append("three queue"))
            one.ring(["a1", "queue"])
            assert heard == [], "listeners are called on the loop, not inside ring()"
            await _until(lambda: len(heard) == 3)
            assert sorted(heard) == ["one a1", "three queue", "two a1"]

    run(main())


def test_rings_of_one_turn_are_one_call(run: Run, tmp_path: Path) -> None:
    async def main() -> None:
        heard: list[str] = []
        async with bells(tmp_path, "one", "two") as (one, two):
            two.listen("a1", lambda: heard.append("two"))
            for _ in range(100):
                one.ring(["a1"])
            one.ring(["end"])
            end = asyncio.Event()
            two.listen("end", end.set)
            await end.wait()
            assert heard == ["two"]

    run(main())


def test_rings_that_follow_each_other_quickly_are_gathered(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell_module, "RING_SECONDS", 0.3)

    async def main() -> None:
        heard: list[str] = []
        async with bells(tmp_path, "one", "two") as (one, two):
            two.listen("a1", lambda: heard.append("two"))
            one.ring(["a1"])
            await _until(lambda: heard)
            for _ in range(50):
                one.ring(["a1"])
                await asyncio.sleep(0)
            end = asyncio.Event()
            two.listen("end", end.set)
            one.ring(["end"])
            await end.wait()
            assert 2 <= len(heard) < 10

    run(main())


def test_a_listener_that_ended_or_failed_disturbs_nobody(run: Run) -> None:
    async def main() -> None:
        heard: list[str] = []
        bell = Doorbell()
        bell.start()

        def fails() -> None:
            raise ValueError("listener")

        end = bell.listen("a1", lambda: heard.append("ended"))
        bell.listen("a1", fails)
        bell.listen("a1", lambda: heard.append("kept"))
        end()
        end()
        bell.ring(["a1"])
        await _until(lambda: heard)
        assert heard == ["kept"]
        bell.close()

    run(main())


def test_any_thread_may_ring(run: Run) -> None:
    async def main() -> None:
        bell = Doorbell()
        bell.start()
        heard = asyncio.Event()
        bell.listen("a1", heard.set)
        thread = threading.Thread(target=bell.ring, args=(["a1"],))
        thread.start()
        await asyncio.wait_for(heard.wait(), 5)
        thread.join()
        bell.close()

    run(main())


def test_a_full_socket_loses_no_topic(run: Run, tmp_path: Path) -> None:
    async def main() -> None:
        heard: set[str] = set()
        async with bells(tmp_path, "one", "two") as (one, two):
            topics = [f"a{number}" for number in range(500)]
            for topic in topics:
                two.listen(topic, lambda topic=topic: heard.add(topic))  # type: ignore[misc]
            # Far more datagrams than a socket holds, before the other side gets a turn.
            for topic in topics:
                one._rung.add(topic)
                one._flush()
            assert one._waiting, "the socket never was full: the test proves nothing"
            await _until(lambda: len(heard) == 500)

    run(main())


def test_many_topics_are_split_and_too_many_become_everything(run: Run, tmp_path: Path) -> None:
    async def main() -> None:
        heard: set[str] = set()
        async with bells(tmp_path, "one", "two") as (one, two):
            for number in (0, 1999):
                two.listen(f"account-{number:050d}", lambda number=number: heard.add(str(number)))  # type: ignore[misc]
            one.ring(f"account-{number:050d}" for number in range(2000))
            await _until(lambda: len(heard) == 2)
        assert doorbell_module._datagrams({"a\nb"}) == [b"*"]
        assert all(
            len(datagram) <= doorbell_module.DATAGRAM_BYTES_MAX
            for datagram in doorbell_module._datagrams({f"{number:064d}" for number in range(1000)})
        )

    run(main())


def test_the_poll_makes_good_a_lost_ring_and_only_that(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell_module, "POLL_SECONDS", 0.02)

    async def main() -> None:
        version = 1
        polls = 0
        heard: list[str] = []

        def poll() -> int:
            nonlocal polls
            polls += 1
            return version

        bell = Doorbell(poll=poll)
        bell.start()
        bell.listen("a1", lambda: heard.append("a1"))
        await _until(lambda: polls >= 4)
        assert heard == []
        version = 2
        await _until(lambda: heard)
        after = polls
        await _until(lambda: polls >= after + 3)
        assert heard == ["a1"]
        # A change that was rung for is not rung for again.
        version = 3
        bell.ring(["a2"])
        after = polls
        await _until(lambda: polls >= after + 3)
        assert heard == ["a1"]
        bell.close()

    run(main())


def test_a_process_that_starts_rings_everything(run: Run, tmp_path: Path) -> None:
    async def main() -> None:
        async with bells(tmp_path, "old") as (old,):
            heard = asyncio.Event()
            old.listen("a1", heard.set)
            async with bells(tmp_path, "new"):
                await asyncio.wait_for(heard.wait(), 5)

    run(main())


def test_a_dead_process_s_bell_is_taken_down(run: Run, tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()

    async def main() -> None:
        run_directory = tmp_path / "run"
        async with bells(tmp_path, "one") as (one,):
            stale = run_directory / f"worker-{dead.pid}.bell"
            directory = os.open(run_directory, os.O_RDONLY)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.bind(f"/proc/self/fd/{directory}/{stale.name}")
            os.close(directory)
            assert stale.exists()
            one.ring(["a1"])
            await _until(lambda: not stale.exists())
        assert list(run_directory.iterdir()) == []

    run(main())


def test_a_deep_directory_is_no_obstacle(run: Run, tmp_path: Path) -> None:
    async def main() -> None:
        deep = tmp_path / ("d" * 100) / ("e" * 100)
        async with bells(deep, "one", "two") as (one, two):
            heard = asyncio.Event()
            two.listen("a1", heard.set)
            one.ring(["a1"])
            await asyncio.wait_for(heard.wait(), 5)

    run(main())


def test_a_command_rings_without_hearing(run: Run, tmp_path: Path) -> None:
    async def main() -> None:
        async with bells(tmp_path, "server") as (server,):
            heard = asyncio.Event()
            server.listen("directory", heard.set)
            command = Doorbell(tmp_path, "command")
            command.ring(["directory"])
            command.close()
            await asyncio.wait_for(heard.wait(), 5)

    run(main())


def test_ringing_never_raises_even_without_a_directory_on_disk(tmp_path: Path) -> None:
    command = Doorbell(tmp_path / "nowhere", "command")
    command.ring(["directory"])
    command.close()


def test_bells_that_a_former_server_left_are_taken_down(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in ("worker0-1.bell", "worker1-2.bell", "pop-locks"):
        (tmp_path / "run" / name).touch()
    clear_bells(tmp_path)
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["pop-locks"]


def test_a_process_that_serves_no_account_is_not_woken_for_one(run: Run, tmp_path: Path) -> None:
    async def main() -> None:
        heard: list[str] = []
        async with bells(tmp_path, "worker") as (worker,):
            background = Doorbell(tmp_path, "background", accounts=False)
            background.start()
            background.listen("a1", lambda: heard.append("a1"))
            background.listen("queue", lambda: heard.append("queue"))
            await asyncio.sleep(0.01)
            heard.clear()
            worker.ring(["a1"])
            worker.ring(["queue"])
            await _until(lambda: heard)
            background.close()
        assert heard == ["queue"]

    run(main())
