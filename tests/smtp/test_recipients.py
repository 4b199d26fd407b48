"""Who is taken at RCPT, who is not, and in which words (RFC 5321 §3.3, RFC 3463)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.programs import run
from harness import HOST, Server
from smtp.admin import cli
from smtp.wire import Heard, Wire, inbox, letter, newest

A_LABELS = "xn--bcu-jla7349a.test"


@pytest.fixture(scope="module")
def company(server: Server) -> Server:
    """demo.test with one of everything, catch.test with a catch-all, bồcâu.test by name."""
    password = server.password + "\n"
    cli(server, "alias", "add", "info@demo.test", "alice@demo.test")
    cli(server, "alias", "add", "away@demo.test", "somebody@elsewhere.test")
    cli(server, "group", "add", "staff@demo.test", "user1@demo.test", "user2@demo.test", "info@demo.test")
    cli(server, "account", "add", "gone@demo.test", input=password)
    cli(server, "account", "set", "gone@demo.test", "--disable")
    cli(server, "account", "add", "full@demo.test", "--quota", "4K", input=password)
    cli(server, "account", "add", "first.last@demo.test", input=password)
    cli(server, "domain", "add", "catch.test")
    cli(server, "account", "add", "boss@catch.test", input=password)
    cli(server, "domain", "set", "catch.test", "--catch-all", "boss@catch.test")
    cli(server, "domain", "add", "bồcâu.test")
    cli(server, "account", "add", "chim@bồcâu.test", input=password)
    cli(server, "domain", "add", "closed.test")
    cli(server, "account", "add", "who@closed.test", input=password)
    cli(server, "domain", "set", "closed.test", "--disable")
    return server


@pytest.fixture
def wire(company: Server) -> Iterator[Wire]:
    """A transaction begun."""
    with Wire(company) as wire:
        assert wire.mail().code == 250
        yield wire


TAKEN = [
    *("alice@demo.test", "ALICE@DEMO.TEST", "Alice@Demo.Test.", '"alice"@demo.test', "first.last@demo.test"),
    *("alice+tag@demo.test", "alice+@demo.test", "alice+a+b@demo.test", '"alice+two words"@demo.test'),
    *("info@demo.test", "info+x@demo.test", "staff@demo.test", "away@demo.test"),
    *("boss@catch.test", "anybody@catch.test", "anybody+x@catch.test"),
    *(
        "postmaster@demo.test",
        "PostMaster@demo.test",
        "abuse@demo.test",
        "postmaster@catch.test",
        "Postmaster",
    ),
    "@relay.example,@other.example:alice@demo.test",
]


@pytest.mark.parametrize("recipient", TAKEN)
def test_taken(wire: Wire, recipient: str) -> None:
    answer = wire.rcpt(recipient)
    assert (answer.code, answer.status) == (250, "2.1.5"), answer


REFUSED = {
    "nobody@demo.test": (550, "5.1.1"),
    "alic@demo.test": (550, "5.1.1"),
    "alice.@demo.test": (553, "5.1.3"),
    "firstlast@demo.test": (550, "5.1.1"),
    "nobody+alice@demo.test": (550, "5.1.1"),
    "gone@demo.test": (550, "5.2.1"),
    "who@closed.test": (550, "5.2.1"),
    "someone@elsewhere.test": (550, "5.7.1"),
    "someone@sub.demo.test": (550, "5.7.1"),
    # The percent hack and source routes are no way round.
    "someone%elsewhere.test@demo.test": (550, "5.1.1"),
    '"someone@elsewhere.test"@demo.test': (550, "5.1.1"),
    "@demo.test:someone@elsewhere.test": (550, "5.7.1"),
    "elsewhere.test!someone@demo.test": (550, "5.1.1"),
    "someone@[192.0.2.1]": (550, "5.7.1"),
    "alice": (553, "5.1.3"),
    "alice@": (553, "5.1.3"),
    "@demo.test": (553, "5.1.3"),
    "": (553, "5.1.3"),
}


@pytest.mark.parametrize("recipient", REFUSED)
def test_refused(wire: Wire, recipient: str) -> None:
    answer = wire.rcpt(recipient)
    assert (answer.code, answer.status) == REFUSED[recipient], answer
    # The transaction goes on.
    assert wire.rcpt("alice@demo.test").code == 250


def test_a_full_mailbox_is_temporary_and_what_never_fits_is_not(company: Server) -> None:
    with Wire(company) as wire:
        assert wire.mail(parameters="SIZE=1000").code == 250 and wire.rcpt("full@demo.test").code == 250
        assert wire.data(letter("fits", "x" * 70 + "\r\n")).code == 250
        assert wire.mail(parameters="SIZE=4000").code == 250
        full = wire.rcpt("full@demo.test")
        assert (full.code, full.status) == (452, "4.2.2"), "room may be made"
        wire.say("RSET")
        assert wire.mail(parameters="SIZE=5000").code == 250
        never = wire.rcpt("full@demo.test")
        assert (never.code, never.status) == (552, "5.2.2"), "more than all of its quota"
        wire.say("RSET")
        # Without SIZE it is found out at the end of the data.
        assert wire.mail().code == 250 and wire.rcpt("full@demo.test").code == 250
        late = wire.data(letter("too big", "x" * 5000 + "\r\n"))
        assert (late.code, late.status) == (552, "5.2.2")
    assert len(inbox(company, "full")) == 1


def deliver(wire: Wire, recipient: str, subject: str) -> Heard:
    utf8 = "" if recipient.isascii() else "SMTPUTF8"
    assert wire.mail(parameters=utf8).code == 250
    assert wire.rcpt(recipient).code == 250, recipient
    return wire.data(letter(subject))


def test_each_way_leads_to_its_mailbox_once(company: Server) -> None:
    with Wire(company) as wire:
        assert deliver(wire, "info+x@demo.test", "for the alias").code == 250
        assert deliver(wire, "anybody@catch.test", "for anybody").code == 250
        assert deliver(wire, "alice+orders@demo.test", "for a subaddress").code == 250
        # Alice is in it by an alias, and named beside it: one copy.
        assert wire.mail().code == 250
        for recipient in ("staff@demo.test", "alice@demo.test", "ALICE@demo.test", "user1@demo.test"):
            assert wire.rcpt(recipient).code == 250
        assert wire.data(letter("for the group")).code == 250
    subjects = [
        line for message in inbox(company, "alice") for line in message.split(b"\r\n") if b"Subject:" in line
    ]
    assert sorted(subjects) == [
        b"Subject: for a subaddress",
        b"Subject: for the alias",
        b"Subject: for the group",
    ]
    assert sum(b"for the group" in message for message in inbox(company, "user1")) == 1
    assert sum(b"for the group" in message for message in inbox(company, "user2")) == 1
    assert newest(company, "boss@catch.test", b"for anybody")


def test_one_mailbox_under_every_spelling_of_its_domain(company: Server) -> None:
    spellings = [
        "chim@bồcâu.test",
        "chim@BỒCÂU.TEST",
        "CHIM@bồcâu。test",
        "chim@bo\u0302\u0300ca\u0302u.test",
    ]
    assert "bồcâu.test".encode("idna").decode()
    import idna

    spellings += [
        f"chim@{idna.encode('bồcâu.test').decode()}",
        f"chim@{idna.encode('bồcâu.test').decode().upper()}",
    ]
    with Wire(company) as wire:
        for number, spelling in enumerate(spellings):
            assert deliver(wire, spelling, f"spelling {number}").code == 250, spelling
    assert len(inbox(company, "chim@bồcâu.test")) == len(spellings)


@pytest.mark.parametrize("recipient", ["postmaster", "Postmaster@demo.test", "POSTMASTER@closed.test"])
def test_postmaster_reaches_the_admin(company: Server, recipient: str) -> None:
    with Wire(company) as wire:
        answer = deliver(wire, recipient, f"to the {recipient}")
    assert answer.code == 250
    assert newest(company, "admin", f"to the {recipient}".encode())


def test_postmaster_of_the_address_itself(company: Server) -> None:
    """RFC 5321 §4.1.3, §4.5.1: mail to this host by its address."""
    with Wire(company) as wire:
        assert deliver(wire, f"postmaster@[{HOST}]", "to the literal").code == 250
        assert wire.mail().code == 250
        assert wire.rcpt("postmaster@[192.0.2.1]").code == 550
    assert newest(company, "admin", b"to the literal")


def test_those_who_guess_names_are_sent_away(company: Server) -> None:
    with Wire(company) as wire:
        assert wire.mail().code == 250
        answers = []
        for number in range(25):
            answers.append(wire.rcpt(f"guess{number}@demo.test").code)
        assert answers == [550] * 25
        assert wire.hear().code == 421 and wire.ended()


def test_swaks_sees_the_same(company: Server, tmp_path: Path) -> None:
    words = ("--server", f"{HOST}:{company.port('smtp')}", "--quit-after", "RCPT", "--from", "<>")
    done = run(tmp_path, "swaks", *words, "--to", "nobody@demo.test", check=False)
    assert b"550 5.1.1" in done.stdout
