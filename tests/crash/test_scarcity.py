"""What runs out: the lock of the database, file descriptors. A clear no in time, then everything goes on."""

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import apsw
import pytest

from crash.ledger import Ledger
from crash.operations import NotDone, World, append, deliver, pop_quit, some_mail, submit
from crash.sink import Sink
from harness import Server, eventually, free_offset

BUSY_SECONDS = 20.0
"""bocau.database.DatabaseSettings.busy_seconds."""
CLIENTS = 300
CPU_SHARE_MAX = 0.2


def outcome(operation: Callable[[World], object], world: World) -> str:
    try:
        operation(world)
    except NotDone as refused:
        return str(refused)
    return "done"


def test_a_foreign_lock_on_the_database_is_a_temporary_no_in_time(world: World) -> None:
    some_mail(world)
    foreign = apsw.Connection(str(world.victim.data / "bocau.sqlite"))
    foreign.execute("BEGIN EXCLUSIVE")
    began, said = time.monotonic(), {}
    threads = [
        threading.Thread(target=lambda one=one: said.update({one.__name__: outcome(one, world)}))
        for one in (deliver, append, pop_quit, submit)
    ]
    for thread in threads:
        thread.start()
    # Whoever only reads does not wait.
    with socket.create_connection(("127.0.0.1", world.victim.port("smtp")), 5) as bystander:
        assert bystander.recv(100).startswith(b"220")
    for thread in threads:
        thread.join(BUSY_SECONDS + 20)
    waited = time.monotonic() - began
    foreign.execute("ROLLBACK")
    foreign.close()
    assert len(said) == 4 and "done" not in said.values(), said
    assert BUSY_SECONDS - 1 < waited < BUSY_SECONDS + 10, waited
    for operation in (deliver, append, submit):
        assert outcome(operation, world) == "done"
    world.ledger.check(world.victim)
    world.victim.assert_sound()


def test_a_second_server_on_the_same_data_is_refused_in_one_line(world: World) -> None:
    victim = world.victim
    configuration = victim.data / "bocau.toml"
    for words in (
        ("demo", "--dir", str(victim.data), "--port-offset", str(free_offset(1))),
        ("serve", "--config", str(configuration)),
    ):
        status, said = victim.command(*words)
        assert status == 1
        assert len(said.strip().splitlines()) == 1
        assert "another server" in said and str(victim.pid) in said


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_share(server: Server) -> float:
    """Of one processor, over two seconds, by all processes of the server."""
    before, began = sum(map(cpu_seconds, children(server.pid))), time.monotonic()
    time.sleep(2)
    used = sum(map(cpu_seconds, children(server.pid))) - before
    return used / (time.monotonic() - began)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_more_clients_than_file_descriptors_neither_spin_nor_lose(tmp_path: Path) -> None:
    # Hard and soft limit: the server raises the soft one as far as it may.
    with Sink() as sink, Server(tmp_path, users=1, prefix=("prlimit", "--nofile=128:128")) as server:
        world = World(server, Ledger(), sink)  # type: ignore[arg-type]
        deliver(world)
        with ExitStack() as clients:
            for _ in range(CLIENTS):
                with suppress(OSError):
                    client = socket.create_connection(("127.0.0.1", server.port("imap")), 5)
                    clients.enter_context(client)
            # The workers load their web side first; whoever spins never becomes quiet.
            eventually(lambda: cpu_share(server) < CPU_SHARE_MAX, seconds=30)
        eventually(lambda: can_deliver(world))
        world.ledger.check(server)
        server.cli("verify")
        server.assert_no_traceback()


def can_deliver(world: World) -> bool:
    try:
        deliver(world)
    except (NotDone, OSError):
        return False
    return True


@pytest.mark.parametrize("service", ["smtp", "imap", "pop3"])
def test_the_admission_of_one_service_does_not_lock_out_the_log_in_of_others(
    world: World, service: str
) -> None:
    with ExitStack() as clients:
        for _ in range(50):
            clients.enter_context(socket.create_connection(("127.0.0.1", world.victim.port(service)), 5))
        deliver(world)
        append(world)
    world.ledger.check(world.victim)
