"""`python -m bench [WORKLOAD…] [--rounds N] [--dir D] [--no-peer]`: bocau and Postfix + Dovecot, interleaved.

Every round runs each workload on each server in turn; the table prints medians, the ratio and what was asked.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.servers import BENCH, BenchServer, Bocau, PostfixDovecot, peers_available
from bench.workloads import WORKLOADS, Figure, Result, Workload

Runs = dict[tuple[str, str], list[list[Result]]]


def measure(server: BenchServer, command: tuple[str, ...]) -> list[Result]:
    started = time.monotonic()
    results = _measure(server, command)
    print(f"  {server.name:6} {' '.join(command)}: {time.monotonic() - started:.1f} s", file=sys.stderr)
    return results


def _measure(server: BenchServer, command: tuple[str, ...]) -> list[Result]:
    run = subprocess.run(
        [sys.executable, "-m", "mailbench", str(server.profile), *command],
        cwd=BENCH,
        capture_output=True,
        text=True,
        timeout=900,
    )
    if run.returncode:
        print(
            f"  {server.name}: {' '.join(command)} failed: {run.stderr.strip().splitlines()[-1:]}",
            file=sys.stderr,
        )
        return []
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def median(runs: list[list[Result]], figure: Figure) -> float | None:
    runs = runs[:1] if figure.is_of_first_round else runs
    values = [value for results in runs if (value := figure.read(results)) is not None]
    return statistics.median(values) if values else None


def verdict(figure: Figure, ours: float | None, theirs: float | None) -> tuple[str, str, str]:
    """(ratio, asked, met?) for one line of the table."""
    ratio = None
    if ours and theirs:
        ratio = ours / theirs if figure.higher_is_better else theirs / ours
    asked, met = "", ""
    if figure.limit_asked is not None and ours is not None:
        asked = f"≤ {figure.limit_asked:g} {figure.unit}"
        met = "yes" if ours <= figure.limit_asked else "NO"
    elif figure.ratio_asked is not None:
        asked = f"≥ {figure.ratio_asked:g} x"
        met = "" if ratio is None else ("yes" if ratio >= figure.ratio_asked else "NO")
    return (f"{ratio:.2f} x" if ratio else ""), asked, met


def print_table(workloads: list[Workload], runs: Runs) -> None:
    print(f"\n{'workload':52} {'bocau':>12} {'peer':>12} {'ratio':>9}  asked        met")
    for workload in workloads:
        for figure in workload.figures:
            ours = median(runs.get((workload.name, "bocau"), []), figure)
            theirs = median(runs.get((workload.name, figure.peer), []), figure)
            ratio, asked, met = verdict(figure, ours, theirs)
            shown = [f"{value:,.2f} {figure.unit}" if value is not None else "-" for value in (ours, theirs)]
            print(f"{figure.label:52} {shown[0]:>12} {shown[1]:>12} {ratio:>9}  {asked:12} {met}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("workload", nargs="*", help="names; all when none is given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, help="where the stores go (default: a temporary directory)")
    parser.add_argument("--no-peer", action="store_true")
    arguments = parser.parse_args()
    workloads = [w for w in WORKLOADS if not arguments.workload or w.name in arguments.workload]
    base = arguments.dir or Path(tempfile.mkdtemp(prefix="bocau-bench-"))
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o755)
    servers: list[BenchServer] = [Bocau(base / "bocau")]
    if not arguments.no_peer and peers_available():
        servers.append(PostfixDovecot("mdbox", base / "mdbox", 22000, "--format", "mdbox"))
        if any("fast" in w.peers for w in workloads):
            servers.append(PostfixDovecot("fast", base / "fast", 24000, "--format", "mdbox", "--fast-login"))
    runs: Runs = {}
    try:
        for server in servers:
            server.start()
        for workload in workloads:
            for server in servers:
                if server.name == "bocau" or server.name in workload.peers:
                    for command in workload.prepare:
                        measure(server, command)
        for number in range(arguments.rounds):
            print(
                f"round {number + 1} of {arguments.rounds}, load average {os.getloadavg()[0]:.2f}",
                file=sys.stderr,
            )
            for workload in workloads:
                for server in servers:
                    if server.name == "bocau" or server.name in workload.peers:
                        results = measure(server, workload.command)
                        runs.setdefault((workload.name, server.name), []).append(results)
    finally:
        for server in servers:
            server.stop()
    results_file = base / "results.json"
    results_file.write_text(json.dumps({"/".join(key): value for key, value in runs.items()}, indent=1))
    print_table(workloads, runs)
    print(f"\nAll runs: {results_file}")


main()
