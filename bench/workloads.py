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
    is_of_first_round: bool = False
    """Only the first round says it: afterwards the servers remember."""


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
SERVER_CPU = "srv_cpu_s"


def query(label: str, name: str, ratio: float | None = None, *, of: str = "ms", **more: Any) -> Figure:
    """What one query of `imap_big` takes: `of` "ms" by the clock, or SERVER_CPU of all processes."""
    unit = "s CPU" if of == SERVER_CPU else of
    return Figure(label, unit, field(of, q=name), higher_is_better=False, ratio_asked=ratio, **more)


def big_mailbox(count: str) -> tuple[Figure, ...]:
    """The queries on one large mailbox, with what is asked of 100,000 messages of 2 KB."""
    return (
        query(f"SELECT of {count}, warm", "select_warm", limit_asked=5.0),
        query("SELECT, the first", "select", limit_asked=50.0, is_of_first_round=True),
        query("FETCH 1:* (FLAGS)", "fetch_flags", 1.0, of=SERVER_CPU),
        query("UID FETCH 1:* (FLAGS)", "fetch_uid_flags", 1.0, of=SERVER_CPU),
        query(
            "FETCH envelope + structure, first",
            "fetch_envelope_all_first",
            15.0,
            of=SERVER_CPU,
            is_of_first_round=True,
        ),
        query("FETCH envelope + structure, warm", "fetch_envelope_all", 5.0, of=SERVER_CPU),
        query(
            "FETCH Thunderbird's header, first",
            "fetch_thunderbird_first",
            10.0,
            of=SERVER_CPU,
            is_of_first_round=True,
        ),
        query("FETCH Thunderbird's header, warm", "fetch_thunderbird", 3.0, of=SERVER_CPU),
        query("SEARCH FROM", "search_from", 10.0),
        query("SEARCH SUBJECT", "search_subject", 10.0),
        query("SEARCH BODY", "search_body", 50.0),
        query("SEARCH TEXT", "search_text", 50.0),
        query("SEARCH UNSEEN", "search_unseen", limit_asked=2.0),
        query("SEARCH SENTSINCE LARGER", "search_since", 3.0),
        query("SORT (REVERSE DATE)", "sort_date", 1.5),
        query("SORT (SUBJECT)", "sort_subject", 1.5),
        query("THREAD REFERENCES", "thread_references", 1.5),
        query("STORE 1:* +FLAGS", "store_flags_first", 0.7),
        query("STORE 1:* -FLAGS.SILENT", "store_flags_silent_first", 0.7),
        query("COPY 10,000", "copy_10k_first", 1.5),
        query("MOVE 10,000", "move_10k_first", 1.5),
        query("EXPUNGE 10,000", "expunge_10k_first", 0.7),
        Figure("Whole bodies by IMAP", "MB/s", field("mb_s", q="fetch_full"), ratio_asked=1.0),
    )


def webmail() -> tuple[Figure, ...]:
    """What a person at the webmail waits for. The peer has no JMAP: what IMAP has nearest, SORT and FETCH."""

    def wait(label: str, name: str, limit: float | None = None, of: str = "ms") -> Figure:
        return Figure(label, "ms", field(of, q=name), higher_is_better=False, limit_asked=limit)

    return (
        wait("A list of 100,000, the first after a start", "list_first", 700.0),
        wait("  warm, by conversation: 50 rows", "list_warm"),
        wait("  anywhere in it", "list_anywhere"),
        wait("100 rows", "rows_100"),
        wait("A conversation and its body: median", "open"),
        wait("  95th percentile", "open", 150.0, of="p95_ms"),
        wait("Search: a word of subjects", "search_subject"),
        wait("  a rare word", "search_text"),
        wait("  a word of most messages", "search_common"),
        wait("Star 1,000", "set_1000"),
        wait("Move 50,000: accepted", "batch_accepted", 200.0),
        wait("  done", "batch_done", 10_000.0),
        wait("  undone", "batch_undone", 10_000.0),
        Figure("Upload of 20 MB", "MB/s", field("mb_s", q="upload")),
        Figure("Download of 20 MB", "MB/s", field("mb_s", q="download")),
        wait("A newsletter of 1 MB, cleaned", "newsletter_first", 300.0),
        wait("  again", "newsletter_again"),
        wait("An APPEND's OK to the event: 95th percentile", "push", 100.0, of="p95_ms"),
        wait("Login", "login"),
        wait("Browser: first paint of the list", "paint_list", 700.0),
        wait("  a conversation opened", "paint_open"),
        wait("  frames while scrolling: the slowest of 20", "scroll_frame", of="p95_ms"),
        Figure("  elements while scrolling", "", field("count", q="scroll_nodes"), higher_is_better=False),
    )


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
        "imap-100k",
        ("imap_big", "--user", "15", "--box", "Huge", "--reps", "2"),
        big_mailbox("100,000"),
        prepare=(("fill", "--user", "15", "--box", "Huge", "-n", "100000", "-s", "2048"),),
    ),
    Workload(
        "imap-10k-20k",
        ("imap_big", "--user", "16", "--box", "Wide", "--reps", "2", "--full", "10000"),
        big_mailbox("10,000 of 20 KB"),
        prepare=(("fill", "--user", "16", "--box", "Wide", "-n", "10000", "-s", "20000", "--seed", "5"),),
    ),
    Workload(
        "webmail",
        ("webmail", "--user", "17", "--reps", "3"),
        webmail(),
        prepare=(("fill", "--user", "17", "--box", "INBOX", "-n", "100000", "-s", "2048"),),
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
