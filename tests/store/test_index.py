"""The full-text index of a running server: it follows the mail, is made anew, and its damage is named."""

from harness import Server, eventually
from imap.wire import Wire

MESSAGE = b"From: ann@example.org\r\nSubject: number %d\r\n\r\nthe needle%d lies here\r\n"
MANY = 520
"""More than wait unindexed."""


def found(server: Server, user: str, program: str) -> list[bytes]:
    with server.imap(user) as imap:
        imap.select(readonly=True)
        numbers: list[bytes] = imap.search(None, program)[1][0].split()
        return numbers


def status(server: Server, user: str) -> dict[str, int]:
    row: dict[str, int] = server.json("index", "status", server.address(user))[0]
    return row


def test_many_messages_are_indexed_at_once_and_few_are_found_without(server: Server) -> None:
    user = "bob"
    bodies = [MESSAGE % (number, number) for number in range(MANY)]
    with Wire(server.port("imap")).login(server.address(user), server.password) as wire:
        wire.ok(b"APPEND INBOX" + b"".join(b" {%d+}\r\n%b" % (len(body), body) for body in bodies))
    eventually(lambda: status(server, user)["email_count"] >= 500)
    server.deliver(MESSAGE % (MANY, MANY), server.address(user))
    assert status(server, user)["waiting_count"] > 0
    assert found(server, user, "BODY needle7") == [b"8", *(b"%d" % n for n in range(71, 81))]
    assert found(server, user, f'TEXT "needle{MANY} lies"') == [b"%d" % (MANY + 1)]


def test_an_index_is_made_anew_on_demand(server: Server) -> None:
    user = "user1"
    server.deliver(MESSAGE % (1, 1), server.address(user))
    assert server.json("index", "rebuild", server.address(user)) == {"account_count": 1}
    assert status(server, user) | {"size_bytes": 0} == {
        "address": server.address(user),
        "email_count": 1,
        "waiting_count": 0,
        "file_count": 1,
        "size_bytes": 0,
        "fault_count": 0,
    }


def test_a_damaged_file_is_named_and_searches_are_right_nevertheless(server: Server) -> None:
    user = "bob"
    before = found(server, user, "BODY needle7")
    victim = max((server.data / "search").glob("*/*.idx"), key=lambda path: path.stat().st_size)
    octets = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(octets[:-1])
    assert status(server, user)["fault_count"] == 1
    said = server.cli("verify", check=False)
    assert said.returncode == 1 and f"{victim.name} is damaged" in said.stdout
    assert found(server, user, "BODY needle7") == before
    eventually(lambda: status(server, user)["fault_count"] == 0 and not status(server, user)["waiting_count"])
    assert found(server, user, "BODY needle7") == before


def test_an_account_that_is_removed_takes_its_index_along(server: Server) -> None:
    user = "user2"
    server.deliver(MESSAGE % (1, 1), server.address(user))
    folders = set((server.data / "search").iterdir())
    server.cli("index", "rebuild", server.address(user))
    (folder,) = set((server.data / "search").iterdir()) - folders
    server.cli("account", "remove", server.address(user), "--yes")
    assert eventually(lambda: not folder.exists())
