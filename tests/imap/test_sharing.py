"""Shared mailboxes on the running server, over several workers (RFC 4314)."""

import time
from collections.abc import Iterator

import pytest

from harness import Server
from imap.wire import Gone, Wire

MESSAGE = b"From: a@x.test\r\nSubject: %b\r\n\r\nbody\r\n"
TEAM = '"Other Users/alice@demo.test/Team"'
LARGE_COUNT = 150
"""More bodies of 200 KB than the buffers between server and client hold."""
REVOKED_SECONDS = 10.0
"""How long after SETACL a guest may still wait at most: it is milliseconds, but the machine may be busy."""


@pytest.fixture
def alice(server: Server) -> Iterator[Wire]:
    """Logged in, with three messages in Team."""
    with Wire(server.port("imap")).login("alice@demo.test", server.password) as wire:
        wire.command("DELETE Team")
        wire.ok("CREATE Team")
        for subject in (b"a", b"b", b"c"):
            wire.append("Team", MESSAGE % subject)
        yield wire


def bob(server: Server) -> Wire:
    return Wire(server.port("imap")).login("bob@demo.test", server.password)


def test_acl_and_rights(server: Server, alice: Wire) -> None:
    """ACL, RIGHTS=texk (RFC 4314): grants are given, told, used and taken away."""
    assert b"RIGHTS=texk" in alice.ok("CAPABILITY").lines[0]
    assert alice.ok("GETACL Team").lines == [b"* ACL Team alice@demo.test lrswipkxteacd\r\n"]
    with bob(server) as guest:
        assert b"[NONEXISTENT]" in guest.no(f"SELECT {TEAM}").text
        alice.ok("SETACL Team bob@demo.test lrs")
        assert guest.ok(f"MYRIGHTS {TEAM}").lines == [f"* MYRIGHTS {TEAM} lrs\r\n".encode()]
        assert TEAM.encode() in b"".join(guest.ok('LIST "" "*"').lines)
        above = b"".join(guest.ok('LIST "" "%"').lines)
        assert b'"Other Users"' in above and b"demo.test" not in above
        assert b"[READ-ONLY]" in guest.ok(f"SELECT {TEAM}").text
        guest.ok("STORE 1 +FLAGS (\\Seen)")
        assert b"[NOPERM]" in guest.no("STORE 1 +FLAGS (\\Flagged)").text
        assert b"UNSEEN 3" in alice.ok("STATUS Team (UNSEEN)").lines[0]
        assert b"UNSEEN 2" in guest.ok(f"STATUS {TEAM} (UNSEEN)").lines[0]
        guest.ok("COPY 1:3 Archive")
    alice.ok("DELETEACL Team bob@demo.test")
    with bob(server) as guest:
        assert TEAM.encode() not in b"".join(guest.ok('LIST "" "*"').lines)


def test_idle_guests_hear_and_are_sent_away(server: Server, alice: Wire) -> None:
    """On whatever worker they are."""
    alice.ok("SETACL Team bob@demo.test lr")
    guests = [bob(server) for _ in range(6)]
    for guest in guests:
        guest.ok(f"SELECT {TEAM}")
        guest.begin("IDLE")
        assert guest.response().startswith(b"+")
    alice.append("Team", MESSAGE % b"d")
    for guest in guests:
        assert b"EXISTS" in guest.response()
        guest.response()
    begun_at = time.monotonic()
    alice.ok("SETACL Team bob@demo.test l")
    for guest in guests:
        with pytest.raises(Gone):
            while not guest.response().startswith(b"* BYE"):
                pass
            guest.response()
        guest.socket.close()
    assert time.monotonic() - begun_at < REVOKED_SECONDS


def test_a_running_fetch_ends_with_the_right(server: Server, alice: Wire) -> None:
    """Every portion is read with the rights of that moment."""
    body = MESSAGE % b"large" + b"x" * 200_000
    for _ in range(LARGE_COUNT):
        alice.append("Team", body)
    alice.ok("SETACL Team bob@demo.test lr")
    with bob(server) as guest:
        guest.ok(f"SELECT {TEAM}")
        tag = guest.begin("FETCH 1:* BODY.PEEK[]")
        # The client does not read on: the server waits with most of the bodies.
        assert guest.response().endswith(b")\r\n")
        alice.ok("DELETEACL Team bob@demo.test")
        answer = guest.end(tag)
        assert answer.status == b"NO" and len(answer.lines) < LARGE_COUNT
        with pytest.raises(Gone):
            guest.command("NOOP")


def test_messages_move_between_accounts(server: Server, alice: Wire) -> None:
    alice.ok("SETACL Team bob@demo.test lrswite")
    with bob(server) as guest:
        guest.ok("CREATE Mine")
        guest.append("Mine", MESSAGE % b"mine")
        guest.ok("SELECT Mine")
        assert b"COPYUID" in b"".join(guest.ok(f"MOVE 1 {TEAM}").lines)
        guest.ok(f"SELECT {TEAM}")
        guest.ok("UID MOVE 1:4 Mine")
        assert b"MESSAGES 4" in guest.ok("STATUS Mine (MESSAGES)").lines[0]
        guest.ok("DELETE Mine")
    assert b"MESSAGES 0" in alice.ok("STATUS Team (MESSAGES)").lines[0]


def test_a_new_account_with_an_old_address_inherits_nothing(server: Server, alice: Wire) -> None:
    for _ in range(2):
        server.cli("account", "add", "temp@demo.test", input="a long password 1\n")
        with Wire(server.port("imap")).login("temp@demo.test", "a long password 1") as temp:
            assert temp.command(f"SELECT {TEAM}").status == b"NO"
            alice.ok("SETACL Team temp@demo.test lr")
            temp.ok(f"SELECT {TEAM}")
        server.cli("account", "remove", "temp@demo.test", "--yes")
        assert b"temp" not in alice.ok("GETACL Team").lines[0]


def test_shared_by_the_administrator(server: Server, alice: Wire) -> None:
    row = server.json("account", "share", "alice@demo.test", "Team", "bob@demo.test", "write")
    assert (row["mailbox"], row["rights"], row["as"]) == ("Team", "lrswite", "write")
    with bob(server) as guest:
        assert b"[READ-WRITE]" in guest.ok(f"SELECT {TEAM}").text
        server.cli("account", "share", "alice@demo.test", "Team", "bob@demo.test", "none")
        with pytest.raises(Gone):
            guest.command("FETCH 1 BODY[]")
    server.cli("account", "share", "alice@demo.test", "team".title(), "anyone", "lr")
    alice.ok("SETACL Team -bob@demo.test r")
    assert server.json("account", "shares", "alice@demo.test") == [
        {"mailbox": "Team", "grantee": "anyone", "rights": "lr", "as": None},
        {"mailbox": "Team", "grantee": "-bob@demo.test", "rights": "r", "as": None},
    ]
    server.cli("alias", "add", "robert@demo.test", "bob@demo.test")
    assert server.json("account", "share", "alice@demo.test", "Team", "robert@demo.test", "read") == {
        "owner": "alice@demo.test",
        "mailbox": "Team",
        "grantee": "bob@demo.test",
        "rights": "lrs",
        "as": "read",
    }


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("alice@demo.test", "Team", "bob@demo.test", "rq"), 2, "none of none, read, write, all"),
        (("alice@demo.test", "Team", "bob@demo.test", ""), 2, "nor letters"),
        (("alice@demo.test", "Team", "bob", "read"), 2, "is not an address"),
        (("alice@demo.test", "Nowhere", "bob@demo.test", "read"), 1, "Nowhere"),
        (("nobody@demo.test", "Team", "bob@demo.test", "read"), 1, "no such account"),
        (("alice@demo.test", "Team", "nobody@demo.test", "read"), 1, "no such account"),
        (("alice@demo.test", "Team", "alice@demo.test", "read"), 1, "owner"),
        (("alice@demo.test", "Team", "group@demo.test", "read"), 1, "does not stand for one account"),
    ],
)
def test_slips_of_the_administrator(
    server: Server, alice: Wire, words: tuple[str, ...], status: int, said: str
) -> None:
    if "group@demo.test" in words:
        server.cli("group", "add", "group@demo.test", "alice@demo.test", "bob@demo.test")
    result = server.cli("account", "share", *words, check=False)
    assert result.returncode == status and said in result.stderr, result.stderr
    assert len(result.stderr.splitlines()) == 1


HOSTILE = (
    *("Other Users/@/x", "Other Users/a@/x", "Other Users/@demo.test/INBOX", "Other Users/a@b@c/x"),
    *("Other Users/alice@demo.test", "Other Users/alice@demo.test/", "Other Users/alice@demo.test//Team"),
    *("Other Users/alice@demo.test/../bob@demo.test/INBOX", "Other Users/../alice@demo.test/INBOX"),
    *(
        "Other Users/bob@demo.test/INBOX",
        "Other Users/0@demo.test/INBOX",
    ),
    *("Other Users/alice+x@demo.test/INBOX", "Other Users/ alice@demo.test/INBOX", "Other Users/%@*/x"),
    *("Other Users/" + "a" * 900 + "@demo.test/x", "Other Users/alice@" + "d." * 400 + "test/x"),
    *("Other Users/&AOk-@demo.test/x", "Other Users/alice@127.0.0.1/INBOX", "Other Users/alice@[::1]/INBOX"),
)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_lead_nowhere(server: Server, name: str) -> None:
    """Each is refused like a mailbox that is not there; nothing is made or moved by it."""
    with bob(server) as guest:
        guest.ok("SELECT INBOX")
        for command in ("STATUS {} (MESSAGES)", "DELETE {}", "MYRIGHTS {}", "GETACL {}", "GETQUOTAROOT {}"):
            answer = guest.command(command.format(f'"{name}"'))
            assert answer.status in (b"NO", b"BAD"), (command, answer)
        assert guest.command(f'CREATE "{name}/new"').status in (b"NO", b"BAD")
        assert guest.command(f'RENAME Drafts "{name}"').status in (b"NO", b"BAD")


@pytest.mark.parametrize(
    "identifier",
    ["@", "a@", '"\\"', "-", "--bob@demo.test", "-anyone-", "Anyone", "a" * 999, "é@demo.test", "0"],
)
def test_identifiers_of_nobody(server: Server, alice: Wire, identifier: str) -> None:
    literal = identifier.encode()
    answer = alice.command(b"SETACL Team {%d+}\r\n%b r" % (len(literal), literal))
    assert answer.status in (b"NO", b"BAD")
    assert alice.ok("GETACL Team").lines == [b"* ACL Team alice@demo.test lrswipkxteacd\r\n"]
