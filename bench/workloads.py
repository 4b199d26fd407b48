"""The whole-server workloads, with what is asked of bocau beside the peer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: how to read a figure from a run, and the ratio asked for."""

    label: str
    unit: str
    read: Callable[[list[Result]], float | None]
    higher_is_better: bool = True
    ratio_asked: float | None = None
    """bocau / peer when higher is better, peer / bocau otherwise."""
    limit_asked: float | None = None
    """An absolute bound for bocau: a least rate, or a greatest time or size."""
    peer: str = "mdbox"


@dataclass(frozen=True, slots=True)
class Workload:
    name: str
    command: tuple[str, ...]
    figures: tuple[Figure, ...]
    prepare: tuple[tuple[str, ...], ...] = ()
    peers: tuple[str, ...] = ("mdbox",)


def field(name: str, **wanted: object) -> Callable[[list[Result]], float | None]:
    """Read `name` from the last result whose fields equal `wanted`."""

    def read(results: list[Result]) -> float | None:
        for result in reversed(results):
            if all(result.get(key) == value for key, value in wanted.items()):
                value = result.get(name)
                return float(value) if value is not None else None
        return None

    return read


CPU = "srv_cpu_ms_per_op"

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        "smtp-in-1k-c10",
        ("smtp_in", "-n", "3000", "-c", "10", "-s", "1024"),
        (
            Figure("SMTP in, 1 KB, 10 connections, visible", "/s", field("visible_per_s"), ratio_asked=5.0),
            Figure("  CPU a message", "ms", field(CPU), higher_is_better=False, limit_asked=1.0),
        ),
    ),
    Workload(
        "smtp-in-1k-c100",
        ("smtp_in", "-n", "3000", "-c", "100", "-s", "1024"),
        (
            Figure(
                "SMTP in, 1 KB, 100 connections: p99",
                "ms",
                field("p99_ms"),
                higher_is_better=False,
                limit_asked=100.0,
            ),
        ),
    ),
    Workload(
        "smtp-in-10k-r10",
        ("smtp_in", "-n", "400", "-c", "10", "-s", "10240", "--rcpts", "10", "--users", "100"),
        (
            Figure(
                "SMTP in, 10 KB to 10 recipients, visible", "/s", field("visible_per_s"), ratio_asked=15.0
            ),
            Figure("  CPU a message", "ms", field(CPU), higher_is_better=False),
        ),
    ),
    Workload(
        "submission-tls",
        ("submission", "-n", "600", "-c", "10", "-s", "1024"),
        (
            Figure(
                "Submission, TLS, one message a connection", "/s", field("visible_per_s"), ratio_asked=2.0
            ),
            Figure("  CPU a message", "ms", field(CPU), higher_is_better=False),
        ),
    ),
    Workload(
        "logins",
        ("logins", "--secs", "4", "-c", "10"),
        (
            Figure("LOGIN + SELECT + LOGOUT, plain", "/s", field("rate"), ratio_asked=15.0),
            Figure("  against fast-login", "/s", field("rate"), ratio_asked=3.0, peer="fast"),
            Figure("  CPU a login", "ms", field(CPU), higher_is_better=False),
        ),
        peers=("mdbox", "fast"),
    ),
    Workload(
        "logins-tls",
        ("logins", "--secs", "4", "-c", "10", "--tls"),
        (
            Figure("LOGIN + SELECT + LOGOUT, TLS", "/s", field("rate"), ratio_asked=4.0),
            Figure("  against fast-login", "/s", field("rate"), ratio_asked=1.2, peer="fast"),
            Figure("  CPU a login", "ms", field(CPU), higher_is_better=False),
        ),
        peers=("mdbox", "fast"),
    ),
    Workload(
        "append",
        ("append", "-n", "2000", "-s", "2048", "--user", "11"),
        (
            Figure("APPEND 2 KB one by one", "/s", field("rate", mode="sync"), ratio_asked=3.0),
            Figure("APPEND 2 KB LITERAL+", "/s", field("rate", mode="plus"), ratio_asked=3.0),
            Figure("APPEND 2 KB MULTIAPPEND", "/s", field("rate", mode="multi"), ratio_asked=1.0),
        ),
    ),
    Workload(
        "pop3",
        ("pop3", "--user", "12", "--reps", "3"),
        (
            Figure("POP3 RETR of 1,000, one by one", "/s", field("retr_per_s"), ratio_asked=1.0),
            Figure("POP3 RETR of 1,000, pipelined", "/s", field("retr_pipelined_per_s"), ratio_asked=1.0),
        ),
        prepare=(("fill", "--user", "12", "--box", "INBOX", "-n", "1000", "-s", "2048"),),
    ),
    Workload(
        "bodies-2k",
        ("imap_big", "--user", "13", "--box", "Big", "--reps", "1", "--full", "10000"),
        (
            Figure("Whole bodies by IMAP, 2 KB", "MB/s", field("mb_s", q="fetch_full"), ratio_asked=1.0),
            Figure(
                "FETCH 1:* (FLAGS) of 10,000",
                "ms",
                field("ms", q="fetch_flags_first"),
                higher_is_better=False,
            ),
            Figure(
                "FETCH envelope + structure of 10,000",
                "ms",
                field("ms", q="fetch_envelope_all_first"),
                higher_is_better=False,
            ),
            Figure("COPY 10,000", "ms", field("ms", q="copy_10k_first"), higher_is_better=False),
        ),
        prepare=(("fill", "--user", "13", "--box", "Big", "-n", "10000", "-s", "2048"),),
    ),
    Workload(
        "bodies-20k",
        ("imap_big", "--user", "14", "--box", "Mid", "--reps", "1", "--full", "2000"),
        (Figure("Whole bodies by IMAP, 20 KB", "MB/s", field("mb_s", q="fetch_full"), ratio_asked=1.0),),
        prepare=(("fill", "--user", "14", "--box", "Mid", "-n", "2000", "-s", "20000", "--seed", "5"),),
    ),
    Workload(
        "startup",
        ("startup",),
        (
            Figure(
                "Start to first SMTP banner",
                "ms",
                field("smtp_ready_ms"),
                higher_is_better=False,
                limit_asked=1000.0,
            ),
            Figure(
                "Start to first IMAP banner",
                "ms",
                field("imap_ready_ms"),
                higher_is_better=False,
                limit_asked=1000.0,
            ),
            Figure(
                "At rest: PSS of all processes",
                "MB",
                field("pss_mb"),
                higher_is_better=False,
                limit_asked=120.0,
            ),
        ),
    ),
)
