"""Disconnected use (RFC 4549): copies are changed without the server; after the next runs all are in step."""

import random
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from imapclient import IMAPClient

from clients import configurations
from clients.interrupter import Interrupter
from clients.messages import mail
from clients.programs import run
from clients.replica import LETTERS, Maildirs, connected, numbers, on_server
from clients.screen import Screen
from harness import Server

ROUNDS = 5
KILLS = 6
MAILBOXES = ("INBOX", "Archive", "Work")
FLAGS = tuple(LETTERS.values())


@pytest.fixture
def user(server: Server, request: pytest.FixtureRequest) -> str:
    """An account that nobody has used, with three messages."""
    address = f"u{zlib.crc32(request.node.name.encode())}@demo.test"
    server.cli("account", "add", address, "--password-file", "-", input=server.password + "\n")
    for subject in ("one", "two", "three"):
        server.deliver(mail(subject), address)
    return address


def home(directory: Path, name: str) -> Path:
    (directory / name).mkdir()
    return directory / name


def by_mbsync(server: Server, directory: Path, user: str, mailboxes: str) -> Maildirs:
    return Maildirs(configurations.mbsync(server, directory, user, patterns=mailboxes))


def by_offlineimap(server: Server, directory: Path, user: str, mailboxes: str) -> Maildirs:
    return Maildirs(configurations.offlineimap(server, directory, user, folders=mailboxes))


# -Tz: what its own tests do, not to wait until a second has passed since a directory changed.
MBSYNC = ("mbsync", "-Tz", "-a")
COMMANDS = {by_mbsync: MBSYNC, by_offlineimap: ("offlineimap", "-o", "-u", "basic")}
Kind = Callable[[Server, Path, str, str], Maildirs]
KINDS = pytest.mark.parametrize("kind", list(COMMANDS))


@KINDS
def test_two_copies_and_the_server_come_in_step(
    server: Server, user: str, tmp_path: Path, kind: Kind
) -> None:
    one, other = (kind(server, home(tmp_path, name), user, "INBOX Work") for name in ("one", "other"))

    def synchronise(*copies: Maildirs) -> None:
        for copy in copies:
            run(copy.home, *COMMANDS[kind])

    synchronise(one, other)
    assert sorted(one.messages("INBOX")) == sorted(other.messages("INBOX")) == ["one", "three", "two"]

    # First round: each side marks, deletes and writes; one makes a mailbox.
    one.mark("INBOX", "one", "RS")
    one.create("Work")
    one.write("Work", mail("written at one"), "S")
    other.remove("INBOX", "two")
    other.write("INBOX", mail("written at other"), "DS")
    server.deliver(mail("arrived"), user)
    synchronise(one, other, one)
    expected = {"one": "RS", "three": "", "written at other": "DS", "arrived": ""}
    assert_step(server, user, (one, other), "INBOX", expected)
    assert_step(server, user, (one, other), "Work", {"written at one": "S"})

    # Second round, from the status that was kept: marks are taken away, mail is moved and deleted.
    other.mark("INBOX", "one", "F")
    other.remove("Work", "written at one")
    one.move("INBOX", "three", "Work")
    with connected(server, user) as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search(["SUBJECT", "arrived"]))
        client.expunge()
    synchronise(other, one, other)
    assert_step(server, user, (one, other), "INBOX", {"one": "F", "written at other": "DS"})
    assert_step(server, user, (one, other), "Work", {"three": ""})

    # Nothing has changed: nothing is fetched again, no file is touched.
    before = [copy.files(name) for copy in (one, other) for name in ("INBOX", "Work")]
    uids = numbers(server, user, "INBOX")
    synchronise(one, other)
    assert [copy.files(name) for copy in (one, other) for name in ("INBOX", "Work")] == before
    assert numbers(server, user, "INBOX") == uids


def assert_step(
    server: Server, user: str, copies: tuple[Maildirs, ...], mailbox: str, expected: dict[str, str]
) -> None:
    """The server and all copies hold what is expected, with the same flags and the same bodies."""
    held = on_server(server, user, mailbox)
    assert {subject: flags for subject, (flags, _) in held.items()} == expected
    for copy in copies:
        assert copy.messages(mailbox) == held


@KINDS
def test_a_run_killed_anywhere_is_made_good_by_the_next(
    server: Server, user: str, tmp_path: Path, kind: Kind
) -> None:
    """Nothing lost, nothing double, wherever SIGKILL met the program."""
    copy = kind(server, tmp_path, user, "INBOX")
    command = COMMANDS[kind]
    expected = {"one": "", "two": "", "three": ""}
    with Interrupter(server.port("imaps")) as between:
        pass_through(copy.home, server.port("imaps"), between.port)
        assert between.run(tmp_path, *command) == 0
        change(server, user, copy, expected, "whole")
        assert between.run(tmp_path, *command) == 0
        assert_step(server, user, (copy,), "INBOX", expected)
        whole, killed = between.octets, 0
        count = KILLS if kind is by_mbsync else KILLS // 2
        for number in range(count):
            change(server, user, copy, expected, f"round {number}")
            killed += between.run(tmp_path, *command, octets=whole * (2 * number + 1) // (2 * count)) == -9
            assert between.run(tmp_path, *command) == 0
            assert_step(server, user, (copy,), "INBOX", expected)
    assert killed >= count - 1, "the program had ended before the octets were counted"


def test_random_changes_on_two_copies_and_the_server(server: Server, user: str, tmp_path: Path) -> None:
    """In each round a message is touched by one of the three at most, so what must come of it is known."""
    copies = [by_mbsync(server, home(tmp_path, name), user, " ".join(MAILBOXES)) for name in ("one", "other")]
    dice = random.Random(2026)
    expected: dict[str, dict[str, str]] = {"INBOX": {"one": "", "two": "", "three": ""}, "Archive": {}}
    for copy in copies:
        run(copy.home, *MBSYNC)
    copies[1].create("Work")
    expected["Work"] = {}
    run(copies[1].home, *MBSYNC)
    run(copies[0].home, *MBSYNC)
    touched = 0
    for number in range(ROUNDS):
        sides = [*copies, connected(server, user)]
        work = list(changes(dice, expected, number))
        for side, change in work:
            apply(sides[side], change)
        touched += len(work)
        sides[2].logout()
        for copy in (*copies, copies[0]):
            run(copy.home, *MBSYNC)
        for mailbox, messages in expected.items():
            assert_step(server, user, tuple(copies), mailbox, messages)
    assert touched > 10 * ROUNDS, "hardly anything happened"


def test_neomutt_resynchronises_its_cache(server: Server, user: str, tmp_path: Path) -> None:
    """It keeps headers and asks by QRESYNC (RFC 7162 §3.2.5) what has changed since."""
    configurations.neomutt(
        server,
        tmp_path,
        user,
        rest="set header_cache=~/cache\nset imap_qresync=yes\nset imap_condstore=yes\n",
    )
    command = ("neomutt", "-n", "-F", "muttrc", "-d", "3", "-l", "log", "-f", configurations.folder(server))

    def shows(counts: bytes) -> bytes:
        """Open, look, quit; returns what it has written into its log."""
        with Screen(tmp_path, *command) as screen:
            screen.shows(counts)
            screen.press(b"q")
            assert screen.end() == 0
        return (tmp_path / "log0").read_bytes()

    shows(b"<3 messages, 3 new, 0 flagged>")
    uids = numbers(server, user, "INBOX")
    with connected(server, user) as client:
        client.select_folder("INBOX")
        client.add_flags([uids["three"]], [rb"\Flagged"])
        server.deliver(mail("four"), user)
        said = shows(b"<4 messages, 4 new, 1 flagged>")
        assert re.search(rb"UID FETCH 1:3 \(FLAGS\) \(CHANGEDSINCE [0-9]+ VANISHED\)", said)
        assert b"QRESYNC failed" not in said
        headers = re.findall(rb" FETCH ([0-9:,]+) \(UID FLAGS INTERNALDATE", said)
        assert headers == [b"4"], "what it has is not fetched again"
        client.delete_messages([uids["one"]])
        client.expunge()
    assert b"Handling VANISHED" in shows(b"<3 messages, 3 new, 1 flagged>")


@dataclass(frozen=True)
class Write:
    mailbox: str
    subject: str
    flags: str


@dataclass(frozen=True)
class Mark:
    mailbox: str
    subject: str
    flags: str


@dataclass(frozen=True)
class Remove:
    mailbox: str
    subject: str


@dataclass(frozen=True)
class Move:
    mailbox: str
    subject: str
    target: str


Change = Write | Mark | Remove | Move


def changes(
    dice: random.Random, expected: dict[str, dict[str, str]], number: int
) -> Iterator[tuple[int, Change]]:
    """What each of the three sides is to do; `expected` follows."""
    for mailbox, subject in [(name, subject) for name, some in expected.items() for subject in some]:
        side, choice = dice.randrange(3), dice.random()
        if choice < 0.4:
            flags = "".join(sorted(flag for flag in FLAGS if dice.random() < 0.5))
            expected[mailbox][subject] = flags
            yield side, Mark(mailbox, subject, flags)
        elif choice < 0.5:
            del expected[mailbox][subject]
            yield side, Remove(mailbox, subject)
        elif choice < 0.6:
            target = dice.choice([name for name in expected if name != mailbox])
            expected[target][subject] = expected[mailbox].pop(subject)
            yield side, Move(mailbox, subject, target)
    for side in range(3):
        for count in range(dice.randrange(4)):
            write = Write(dice.choice(list(expected)), f"new {number} {side} {count}", dice.choice(FLAGS))
            expected[write.mailbox][write.subject] = write.flags
            yield side, write


def apply(side: Maildirs | IMAPClient, change: Change) -> None:
    if isinstance(side, IMAPClient):
        apply_online(side, change)
        return
    match change:
        case Write(mailbox, subject, flags):
            side.write(mailbox, mail(subject), flags)
        case Mark(mailbox, subject, flags):
            side.mark(mailbox, subject, flags)
        case Remove(mailbox, subject):
            side.remove(mailbox, subject)
        case Move(mailbox, subject, target):
            side.move(mailbox, subject, target)


def apply_online(client: IMAPClient, change: Change) -> None:
    names = {letter: flag for flag, letter in LETTERS.items()}
    if isinstance(change, Write):
        client.append(change.mailbox, mail(change.subject), [names[letter] for letter in change.flags])
        return
    client.select_folder(change.mailbox)
    uids = [
        uid
        for uid, item in client.fetch(client.search(), ["ENVELOPE"]).items()
        if item[b"ENVELOPE"].subject == change.subject.encode()
    ]
    match change:
        case Mark():
            client.set_flags(uids, [names[letter] for letter in change.flags])
        case Remove():
            client.delete_messages(uids)
            client.uid_expunge(uids)
        case Move():
            client.move(uids, change.target)


def pass_through(home: Path, port: int, instead: int) -> None:
    """Have the program connect to another port."""
    for name in (".mbsyncrc", ".offlineimaprc"):
        if (home / name).exists():
            text = (home / name).read_text()
            assert str(port) in text
            (home / name).write_text(text.replace(str(port), str(instead)))


def change(server: Server, user: str, copy: Maildirs, expected: dict[str, str], name: str) -> None:
    """Both sides write two messages; one older one is marked and one removed on each side."""
    old = sorted(subject for subject in expected if subject not in ("one", "two", "three"))
    for number in (1, 2):
        body = f"{name} {number}\r\n" * 150
        copy.write("INBOX", mail(f"near {name} {number}", body), "S")
        server.deliver(mail(f"far {name} {number}", body), user)
        expected |= {f"near {name} {number}": "S", f"far {name} {number}": ""}
    if not old:
        return
    marked, removed, marked_far, removed_far = random.Random(name).sample(old, 4)
    copy.mark("INBOX", marked, "FS")
    copy.remove("INBOX", removed)
    uids = numbers(server, user, "INBOX")
    with connected(server, user) as client:
        client.select_folder("INBOX")
        client.add_flags([uids[marked_far]], [rb"\Answered"])
        client.delete_messages([uids[removed_far]])
        client.expunge()
    expected |= {marked: "FS", marked_far: "".join(sorted({*expected[marked_far], "R"}))}
    del expected[removed], expected[removed_far]
