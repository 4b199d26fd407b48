"""Order oracle: a positive reply is written after what it promises was synced; strace is the witness.

body → pack: pwritev … fdatasync(pack) → rows → WAL: pwrite64 … fdatasync(WAL) → reply
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from crash.operations import OPERATIONS, World, check_sent, deliver, queue_attempt, submit
from crash.operations import append as append_one
from crash.victim import Strace

CALLS = (
    "openat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,rename,renameat,renameat2,link,linkat,"
    "unlink,unlinkat,ftruncate,fallocate,sendto,sendmsg"
)
_LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>)(.*)$")
_TARGET = re.compile(r"^(?:AT_FDCWD<[^>]*>, )?(?:\d+<([^>]*(?:->[^>]*)?)>|\"([^\"]*)\")")
PROMISES = r"(?:UID )?(?:APPEND|MOVE|EXPUNGE|STORE)"
POSITIVE = re.compile(
    rf'(?:"|\\r\\n)(?:250 2\.0\.0|\+OK Good-bye|\* OK \[COPYUID|[A-Z]+\d+ OK (?:\[[^]]*\] )?{PROMISES} )'
)
"""Not every reply: while a login is answered, the note of it may wait for its own sync."""


@dataclass(frozen=True)
class Call:
    name: str
    target: str
    """The file, or the two ends of a TCP connection."""
    text: str

    @property
    def is_write(self) -> bool:
        return "write" in self.name or self.name in ("sendto", "sendmsg", "ftruncate")

    @property
    def is_sync(self) -> bool:
        return self.name in ("fsync", "fdatasync")


def calls_of(trace: str) -> list[Call]:
    """The calls in the order in which they began; a sync counts when it has returned."""
    calls: list[Call] = []
    unfinished: dict[str, Call] = {}
    for line in trace.splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        thread, name, rest = match.groups()
        if "<... " in line:
            if (begun := unfinished.pop(thread, None)) and begun.is_sync:
                assert rest.endswith("= 0"), line
                calls.append(begun)
            continue
        target = _TARGET.match(rest)
        call = Call(name, (target[1] or target[2] or "") if target else "", rest)
        if rest.endswith("<unfinished ...>"):
            unfinished[thread] = call
            if call.is_sync:
                continue
        calls.append(call)
    return calls


def traced(world: World, role: str, job: Callable[[], object]) -> list[Call]:
    pid = world.victim.worker if role == "worker" else world.victim.background
    options = ("-yy", "-s", "5000", f"-etrace={CALLS}")
    with Strace(world.victim.directory / "trace", [pid], *options) as strace:
        job()
    return calls_of(strace.text)


def assert_synced_before_replies(calls: list[Call], is_reply: Callable[[Call], bool]) -> int:
    """At each reply nothing written to the WAL is unsynced; returns how many syncs there were."""
    dirty: set[str] = set()
    syncs = 0
    replies = 0
    for call in calls:
        if call.target.endswith("-wal"):
            if call.is_write:
                dirty.add(call.target)
            elif call.is_sync:
                dirty.discard(call.target)
                syncs += 1
        elif is_reply(call) and (syncs or dirty):
            replies += 1
            assert not dirty, f"answered before these were synced: {dirty}: {call}"
    assert replies, "no reply was seen"
    return syncs


def is_positive(call: Call) -> bool:
    return "TCP" in call.target and bool(POSITIVE.search(call.text))


def first(calls: list[Call], wanted: Callable[[Call], bool]) -> int:
    found = next((at for at, call in enumerate(calls) if wanted(call)), -1)
    assert found >= 0, "\n".join(map(str, calls))
    return found


def assert_body_first(calls: list[Call], token_text: str) -> None:
    """The body is synced, in a pack or in the WAL, and so are the rows, before the next reply."""
    body = first(calls, lambda call: call.target.endswith(".pack") and token_text in call.text)
    reply = body + first(calls[body:], lambda call: "TCP" in call.target and call.name.startswith("write"))
    before = calls[body:reply]
    homes = {call.target for call in before if call.is_write and token_text in call.text}
    durable = set()
    for home in homes:
        written = max(at for at, call in enumerate(before) if call.target == home and call.is_write)
        if any(call.is_sync and call.target == home for call in before[written:]):
            durable.add(home)
    assert durable, f"the body lay in {homes}, none of which was synced before {calls[reply]}"
    assert_rows_synced(before)


def assert_rows_synced(calls: list[Call]) -> None:
    """The last thing that happens to the WAL is a sync."""
    wal = [call for call in calls if call.target.endswith("-wal") and (call.is_write or call.is_sync)]
    assert wal and any(call.is_write for call in wal) and wal[-1].is_sync, wal


def assert_new_pack_is_named(calls: list[Call]) -> None:
    """A pack that was made has its directory synced before the first reply that counts on it."""
    for at, call in enumerate(calls):
        if call.name == "openat" and call.target.endswith(".pack") and "O_CREAT" in call.text:
            rest = calls[at:]
            synced = first(rest, lambda one: one.target.endswith("/packs") and one.is_sync)
            assert synced < first(rest, lambda one: "TCP" in one.target and one.is_write)


@pytest.mark.parametrize("operation", [deliver, append_one], ids=["smtp", "append"])
def test_a_delivery_and_an_append_are_on_disk_before_the_reply(
    world: World, operation: Callable[[World], None]
) -> None:
    calls = traced(world, "worker", lambda: operation(world))
    assert_body_first(calls, "X-Token: t0")
    assert_synced_before_replies(calls, is_positive)
    assert_new_pack_is_named(calls)


def test_a_submission_for_a_remote_address_is_queued_on_disk_before_the_reply(world: World) -> None:
    calls = traced(world, "worker", lambda: submit(world))
    assert_body_first(calls, "X-Token: t0")
    check_sent(world)


@pytest.mark.parametrize("name", ["move", "expunge", "pop_quit"])
def test_a_change_is_on_disk_before_the_reply(world: World, name: str) -> None:
    operation = next(one for one in OPERATIONS if one.name == name)
    operation.prepare(world)
    calls = traced(world, "worker", lambda: operation.run(world))
    assert assert_synced_before_replies(calls, is_positive) >= 1
    # The bodies stay where they are: nothing is removed, cut or renamed for it.
    removing = ("rename", "unlink", "link", "ftruncate", "fallocate")
    assert not [call for call in calls if call.name.startswith(removing) and "/run/" not in call.target]


def test_an_attempt_is_recorded_after_the_remote_took_the_message_and_nothing_is_unlinked(
    world: World,
) -> None:
    calls = traced(world, "background", lambda: queue_attempt(world))
    sent = first(calls, lambda call: "TCP" in call.target and "X-Token" in call.text)
    # What the lease wrote was synced before the first byte went out.
    wal = [at for at, call in enumerate(calls) if call.target.endswith("-wal") and call.is_sync]
    assert wal[0] < sent < wal[-1]
    assert not [call for call in calls if call.name.startswith(("unlink", "rename", "ftruncate"))]


def test_the_oracle_sees_a_reply_that_comes_too_early() -> None:
    pack, peer = "/d/1.pack", "TCP:[a->b]"
    early = [
        Call("pwritev2", pack, "X-Token: t0"),
        Call("fdatasync", pack, ""),
        Call("pwrite64", "/d/b-wal", ""),
        Call("write", peer, f'{peer}>, "250 2.0.0 Ok'),
        Call("fdatasync", "/d/b-wal", ""),
    ]
    with pytest.raises(AssertionError, match="before these were synced"):
        assert_synced_before_replies(early, is_positive)
    early[1:2] = []
    with pytest.raises(AssertionError, match="none of which was synced"):
        assert_body_first(early, "X-Token: t0")
