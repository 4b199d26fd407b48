"""CPU of each process of the server an operation, for one or more source trees in turn.

    python -m bench.cpu_by_process [--tree SRC…] [--rounds N] [--dir D] -- smtp_in -n 5000 -c 10 -s 1024

What follows `--` is a workload of mailbench with its `-n`. Every round runs it on the server of each tree, so
that trees are compared within the same seconds: what else the machine does falls on all of them. A tree is a
folder that holds the package `bocau` (default: the one that is installed). Counted by the scheduler's
nanoseconds of every thread; shown is the median of the rounds, and the part of it that the kernel took.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench.mailbench import proc
from bench.servers import BENCH, Bocau

SETTLE_SECONDS = 2.5
"""After a workload: what the server does a little later for what has come."""
FIRST_OFFSET = 26000
WARM_MESSAGES = "500"


class Used(NamedTuple):
    total_us: float
    kernel_us: float

    def __sub__(self, other: "Used") -> "Used":
        return Used(self.total_us - other.total_us, self.kernel_us - other.kernel_us)


class Tree:
    """A running server of one source tree."""

    def __init__(self, source: Path | None, number: int, base: Path) -> None:
        self.name = str(source) if source is not None else "installed"
        self._source = source
        self._server = Bocau(base / f"tree{number}", port_offset=FIRST_OFFSET + 1000 * number)

    def start(self) -> None:
        former = os.environ.get("PYTHONPATH")
        if self._source is not None:
            os.environ["PYTHONPATH"] = str(self._source.resolve())
        try:
            self._server.start()
        finally:
            if former is None:
                os.environ.pop("PYTHONPATH", None)
            else:
                os.environ["PYTHONPATH"] = former

    def stop(self) -> None:
        self._server.stop()

    def run(self, command: list[str]) -> None:
        subprocess.run(
            [sys.executable, "-m", "mailbench", str(self._server.profile), *command],
            cwd=BENCH,
            stdout=subprocess.DEVNULL,
            timeout=900,
            check=True,
        )

    def used(self) -> dict[str, Used]:
        """By process: the supervisor, its workers, the background process (in the order of their ids)."""
        pids = sorted(proc.tree([int(self._server.pidfile.read_text())]))
        return {name: _used(pid) for name, pid in zip(_names(pids), pids, strict=True)}


def _names(pids: list[int]) -> Iterator[str]:
    for number, pid in enumerate(pids):
        title = Path(f"/proc/{pid}/comm").read_text().strip()
        yield f"{number} {title}"


def _used(pid: int) -> Used:
    total_ns = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total_ns += int((task / "schedstat").read_text().split()[0])
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, kernel = int(fields[11]), int(fields[12])
    share = kernel / (user + kernel) if user + kernel else 0.0
    return Used(total_ns / 1000, total_ns / 1000 * share)


def measure(tree: Tree, command: list[str], operations: int) -> dict[str, Used]:
    before = tree.used()
    tree.run(command)
    time.sleep(SETTLE_SECONDS)
    after = tree.used()
    return {
        name: Used(*(value / operations for value in after[name] - before[name]))
        for name in after
        if name in before
    }


def print_table(tree: Tree, rounds: list[dict[str, Used]]) -> None:
    print(f"\n{tree.name}")
    for name in rounds[0]:
        totals = [used[name].total_us for used in rounds]
        kernel = statistics.median(used[name].kernel_us for used in rounds)
        runs = " ".join(f"{total:.0f}" for total in totals)
        print(f"  {name:24} {statistics.median(totals):8.1f} µs  kernel {kernel:7.1f}   ({runs})")
    sums = [sum(used.total_us for used in one.values()) for one in rounds]
    runs = " ".join(f"{total:.0f}" for total in sums)
    print(f"  {'all':24} {statistics.median(sums):8.1f} µs  least {min(sums):8.1f}   ({runs})")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cpu_by_process", description=__doc__)
    parser.add_argument("--tree", type=Path, action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("workload", nargs="+", help="a workload of mailbench with its options, after --")
    arguments = parser.parse_args()
    count = re.search(r"-n (\d+)", " ".join(arguments.workload))
    if count is None:
        parser.error("the workload needs its -n")
    base = arguments.dir or Path(tempfile.mkdtemp(prefix="bocau-cpu-"))
    trees = [Tree(source, number, base) for number, source in enumerate(arguments.tree or [None])]
    rounds: dict[str, list[dict[str, Used]]] = {tree.name: [] for tree in trees}
    with ExitStack() as running:
        for tree in trees:
            running.callback(tree.stop)
            tree.start()
            tree.run(["smtp_in", "-n", WARM_MESSAGES])
        for _ in range(arguments.rounds):
            for tree in trees:
                rounds[tree.name].append(measure(tree, arguments.workload, int(count[1])))
    for tree in trees:
        print_table(tree, rounds[tree.name])


if __name__ == "__main__":
    main()
