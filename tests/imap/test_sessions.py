"""Several sessions on one mailbox, in different workers, tell each other what happens (RFC 9051 §5.2, §7)."""

import re
from collections.abc import Iterator

import pytest

from harness import Server, eventually
from imap.wire import Gone, Wire, fetched, until

WORKER = re.compile(r"logged in +process=(\w+)")
TRIES = 60
MESSAGE = b"From: a@x.test\r\nSubject: %b\r\n\r\nbody\r\n"


def in_worker(server: Server, worker: str, user: str = "alice", password: str | None = None) -> Wire:
    """A session that the worker serves; the kernel chooses, so we ask until it has."""
    for _ in range(TRIES):
        before = len(WORKER.findall(server.log(1 << 30)))
        wire = Wire(server.port("imap")).login(server.address(user), password or server.password)
        seen = eventually(lambda count=before: WORKER.findall(server.log(1 << 30))[count:])  # type: ignore[misc]
        if seen[-1] == worker:
            return wire
        wire.socket.close()
    raise AssertionError(f"never reached {worker}")


@pytest.fixture
def pair(server: Server) -> Iterator[tuple[Wire, Wire]]:
    """Two sessions of one account in two workers, on a mailbox of three messages."""
    one, other = in_worker(server, "worker0"), in_worker(server, "worker1")
    one.command("DELETE Shared")
    one.ok("CREATE Shared")
    for subject in (b"a", b"b", b"c"):
        one.append("Shared", MESSAGE % subject)
    one.ok("SELECT Shared")
    other.ok("SELECT Shared")
    with one, other:
        yield one, other


def words(lines: list[bytes]) -> list[bytes]:
    return [line.strip().removeprefix(b"* ") for line in lines]


def test_arrivals_and_flags_are_told_at_the_next_command(pair: tuple[Wire, Wire]) -> None:
    one, other = pair
    one.ok(r"STORE 2 +FLAGS (\Flagged work)")
    one.append("Shared", MESSAGE % b"d", r"(\Seen)")
    answer = other.ok("NOOP")
    heard = words(answer.lines)
    assert b"4 EXISTS" in heard
    assert any(line.startswith(b"FLAGS (") and b"work" in line for line in heard), (
        "a new keyword is announced"
    )
    assert {rb"\Flagged", b"work"} <= set(fetched(answer)[2]["FLAGS"])
    assert words(other.ok("NOOP").lines) == [], "nothing is told twice"


def test_idle_tells_at_once_what_another_worker_did(pair: tuple[Wire, Wire]) -> None:
    one, other = pair
    tag = other.begin("IDLE")
    assert other.response().startswith(b"+")
    one.append("Shared", MESSAGE % b"d")
    until(other, b"4 EXISTS", 5)
    one.ok(r"STORE 1 +FLAGS (\Deleted)")
    until(other, b"1 FETCH (", 5)
    one.ok("EXPUNGE")
    until(other, b"1 EXPUNGE", 5)
    other.say(b"DONE\r\n")
    assert other.end(tag).status == b"OK"


def test_three_sessions_hear_the_same_in_the_same_order(server: Server, pair: tuple[Wire, Wire]) -> None:
    """Two wait in IDLE, by number and by QRESYNC (RFC 7162 §3.2.10.2); one asks by NOOP in the end."""
    one, numbered = pair
    # Who did not ask for QRESYNC hears of the uid or does not (RFC 9051 §7.5.2).
    steps = (
        (
            r"STORE 3 +FLAGS (\Flagged)",
            b"3 FETCH (",
            rb"3 FETCH (UID 3 FLAGS (\Flagged)",
        ),
        ("COPY 1 Shared", b"4 EXISTS", b"4 EXISTS"),
        (r"UID STORE 2 +FLAGS (\Deleted)", b"2 FETCH (", b"2 FETCH (UID 2"),
        ("EXPUNGE", b"2 EXPUNGE", b"VANISHED 2"),
        ("UID COPY 1,3 Shared", b"5 EXISTS", b"5 EXISTS"),
        ("UID MOVE 4 Archive", b"3 EXPUNGE", b"VANISHED 4"),
        (r"UID STORE 6 FLAGS (\Seen)", b"4 FETCH (", b"4 FETCH (UID 6"),
    )
    with in_worker(server, "worker0") as by_uid, in_worker(server, "worker1") as late:
        by_uid.ok("ENABLE QRESYNC")
        late.ok("ENABLE QRESYNC")
        late.ok("SELECT Shared")
        by_uid.ok("SELECT Shared")
        tags = [wire.begin("IDLE") for wire in (numbered, by_uid)]
        for wire in (numbered, by_uid):
            until(wire, b"+ ")
        for command, with_number, with_uid in steps:
            one.ok(command)
            until(numbered, with_number, 5)
            until(by_uid, with_uid, 5)
        for wire, tag in zip((numbered, by_uid), tags, strict=True):
            # What iOS 18 does: the next commands come in the packet of DONE.
            wire.say(b"DONE\r\nx UID SEARCH ALL\r\n")
            assert wire.end(tag).status == b"OK"
            assert wire.end(b"x").of(b"SEARCH") == [b"SEARCH 1 3 5 6"]
        heard = late.ok("NOOP")
        assert heard.of(b"VANISHED") == [b"VANISHED 2"] and heard.of(b"EXISTS") == [b"4 EXISTS"]
        assert {item["UID"] for item in fetched(heard).values()} == {b"3", b"6"}


def test_an_expunge_is_withheld_while_numbers_are_in_use(pair: tuple[Wire, Wire]) -> None:
    """RFC 9051 §7.5.1: no EXPUNGE during FETCH, STORE, SEARCH, COPY; UID commands may tell it."""
    one, other = pair
    one.ok(r"STORE 1 +FLAGS.SILENT (\Deleted)")
    one.ok("EXPUNGE")
    for command in (
        "FETCH 2:3 (UID)",
        r"STORE 3 +FLAGS (\Seen)",
        "SEARCH ALL",
        "COPY 3 Archive",
        "FETCH 2 FLAGS",
    ):
        assert other.ok(command).of(b"EXPUNGE") == [], command
    assert list(other.fetch("3", "(UID FLAGS)")) == [3], "the numbers still stand"
    assert other.ok("UID SEARCH ALL").of(b"EXPUNGE") == [b"1 EXPUNGE"]
    assert {number: item["UID"] for number, item in other.fetch("1:*", "(UID)").items()} == {1: b"2", 2: b"3"}


def test_a_message_that_is_gone_does_not_break_who_still_sees_it(pair: tuple[Wire, Wire]) -> None:
    one, other = pair
    one.ok(r"STORE 2 +FLAGS.SILENT (\Deleted)")
    one.ok("EXPUNGE")
    answer = other.command("FETCH 1:3 (UID BODY.PEEK[])")
    assert answer.status in (b"OK", b"NO") and set(fetched(answer)) == {1, 3}
    assert other.command("STORE 2 +FLAGS (x)").status in (b"OK", b"NO")
    assert words(other.ok("NOOP").lines) == [b"2 EXPUNGE"]


def test_a_condstore_change_is_seen_with_its_modseq(pair: tuple[Wire, Wire]) -> None:
    one, other = pair
    other.ok("SELECT Shared (CONDSTORE)")
    before = max(int(item["MODSEQ"][0]) for item in other.fetch("1:3", "(MODSEQ)").values())
    one.ok(r"STORE 2 +FLAGS (\Seen)")
    told = fetched(other.ok("NOOP"))[2]
    assert int(told["MODSEQ"][0]) > before and rb"\Seen" in told["FLAGS"]
    late = other.command(rf"STORE 2 (UNCHANGEDSINCE {before}) +FLAGS (\Answered)")
    assert b"[MODIFIED 2]" in late.text
    assert rb"\Answered" not in one.fetch("2", "FLAGS")[2]["FLAGS"]
    assert set(other.fetch("1:*", f"(FLAGS) (CHANGEDSINCE {before})")) == {2}


def test_a_renamed_mailbox_stays_selected(pair: tuple[Wire, Wire]) -> None:
    one, other = pair
    one.command("DELETE Renamed")
    one.ok("RENAME Shared Renamed")
    assert len(other.fetch("1:*", "(BODY.PEEK[])")) == 3
    other.append("Renamed", MESSAGE % b"d")
    assert b"4 EXISTS" in words(one.ok("NOOP").lines)
    one.ok("RENAME Renamed Shared")


def test_who_has_a_deleted_mailbox_selected_is_told_and_sent_away(pair: tuple[Wire, Wire]) -> None:
    one, other = pair
    one.ok("UNSELECT")
    one.ok("DELETE Shared")
    with pytest.raises(Gone):
        lines = [other.response() for _ in range(9) if not other.say(b"x NOOP\r\n")]
        raise AssertionError(lines)


def test_a_recreated_mailbox_has_another_uidvalidity(pair: tuple[Wire, Wire]) -> None:
    one, _ = pair
    before = one.ok("STATUS Shared (UIDVALIDITY UIDNEXT)").of(b"STATUS")[0]
    one.ok("UNSELECT")
    one.ok("DELETE Shared")
    one.ok("CREATE Shared")
    after = one.ok("STATUS Shared (UIDVALIDITY UIDNEXT)").of(b"STATUS")[0]
    old, new = (int(re.findall(rb"UIDVALIDITY ([0-9]+)", line)[0]) for line in (before, after))
    assert new > old


def test_recent_is_shown_to_the_first_sessions_only(pair: tuple[Wire, Wire]) -> None:
    one, other = pair
    one.ok("UNSELECT")
    other.ok("UNSELECT")
    one.append("Shared", MESSAGE % b"d")

    def shown(wire: Wire) -> int:
        return int(wire.ok("SELECT Shared").of(b"RECENT")[0].split()[0])

    assert shown(one) >= 1
    # Nobody waits for the claim.
    eventually(lambda: shown(other) == 0)


def test_a_disabled_account_is_sent_away_and_cannot_come_back(server: Server) -> None:
    idle, quiet = in_worker(server, "worker0", "user2"), in_worker(server, "worker1", "user2")
    idle.ok("SELECT INBOX")
    idle.begin("IDLE")
    server.cli("account", "set", "user2@demo.test", "--disable")
    for wire in (idle, quiet):
        until(wire, b"* BYE", 60)
    with Wire(server.port("imap")) as late:
        assert late.command(f'LOGIN user2@demo.test "{server.password}"').status == b"NO"
    server.cli("account", "set", "user2@demo.test", "--enable")


def test_a_new_password_ends_the_sessions_of_the_old_one(server: Server) -> None:
    old = [in_worker(server, worker, "user3") for worker in ("worker0", "worker1")]
    server.cli("account", "set", "user3@demo.test", "--password", input="another long password\n")
    for wire in old:
        until(wire, b"* BYE", 60)
    with Wire(server.port("imap")) as late:
        assert late.command(f'LOGIN user3@demo.test "{server.password}"').status == b"NO"
        late.login("user3@demo.test", "another long password")
