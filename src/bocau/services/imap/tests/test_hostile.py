"""E-2, E-7: what is meant to hurt is answered at once, and nobody else notices."""

import time

import pytest

from bocau.services.imap.tests import mail
from bocau.services.imap.tests.home import Home, SessionPlayer, log_in


@pytest.mark.parametrize("numbers", ["*:1", "1:*", "*", "1:4294967295", "4294967295", "$"])
async def test_sets_on_an_empty_mailbox(numbers: str, alice: SessionPlayer) -> None:
    await alice.say("s SELECT INBOX")
    for line in (
        f"FETCH {numbers} UID",
        f"UID FETCH {numbers} FLAGS",
        f"SEARCH {numbers}",
        f"STORE {numbers} FLAGS ()",
    ):
        answer = await alice.say(f"a {line}")
        assert answer[-1].split()[1] in ("OK", "BAD"), (line, answer)
    assert await alice.say("b UID FETCH 1:* UID") == ["b OK FETCH completed"]


async def test_large_sets_and_programs_take_no_time(home: Home, alice: SessionPlayer) -> None:
    await home.deliver(*[mail.PLAIN] * 30)
    await alice.say("s SELECT INBOX")
    start = time.process_time()
    every_other = ",".join(str(n) for n in range(1, 20_000, 2))
    assert (await alice.say(f"a UID FETCH {every_other[:60_000].rpartition(',')[0]} UID"))[
        -1
    ] == "a OK FETCH completed"
    nots = "NOT " * 48
    assert (await alice.say(f"b SEARCH {nots}SEEN"))[-1] == "b OK SEARCH completed"
    many = " ".join(["OR BODY x TEXT y"] * 100)
    assert (await alice.say(f"c SEARCH {many}"))[-1] == "c OK SEARCH completed"
    items = " ".join(f"BODY.PEEK[{'1.' * 90}{n}]" for n in range(1, 90))
    assert (await alice.say(f"d FETCH 1:* ({items})"))[-1] == "d OK FETCH completed"
    assert time.process_time() - start < 5


HOSTILE_NAMES = (
    *(
        "../../x",
        "a/../b",
        "INBOX/..",
        "&AC8-",
        "&AAA-",
        "&",
        "&AOk",
        "&AOk-&AOk-",
        "a//b",
        "/a",
        "a/./b",
        ".",
    ),
    *("x" * 5000, "/".join("d" * 1000), " a", "a "),
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_names_that_are_refused_everywhere(name: str, alice: SessionPlayer) -> None:
    for line in (
        f'CREATE "{name}"',
        f'SELECT "{name}"',
        f'RENAME Sent "{name}"',
        f'STATUS "{name}" (MESSAGES)',
    ):
        answer = await alice.say(f"a {line}")
        assert answer[-1].startswith("a NO"), (line, answer)
    assert len(await alice.say('b LIST "" *')) == 7


@pytest.mark.parametrize(
    "raw", [b"a CREATE {3+}\r\na\0b\r\n", b"a CREATE {3+}\r\na\rb\r\n", b"a CREATE {2+}\r\n\xc3\x28\r\n"]
)
async def test_octets_that_are_no_name(raw: bytes, alice: SessionPlayer) -> None:
    assert (await alice.receive(raw)).startswith((b"a NO", b"a BAD"))


@pytest.mark.parametrize(
    "name", ["~root", "a.b", "Trash2.", "inbox/sub", "été/Thư từ", 'q"uote', "back\\slash", "{5}", "NIL"]
)
async def test_names_come_back_as_they_were_given(name: str, alice: SessionPlayer) -> None:
    await alice.say("e ENABLE UTF8=ACCEPT")
    data = name.encode()
    assert (await alice.receive(b"a CREATE {%d+}\r\n%b\r\n" % (len(data), data))).startswith(b"a OK")
    listed = (await alice.say('b LIST "" "*"'))[:-1]
    shown = {line.partition('"/" ')[2] for line in listed}
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    expected = "INBOX/sub" if name == "inbox/sub" else name
    assert {expected, f'"{quoted}"'} & shown


async def test_a_long_conversation_may_have_many_bad_commands(home: Home, alice: SessionPlayer) -> None:
    answer = await alice.say(*(f"a{number} {'NOOP' if number % 2 else 'X'}" for number in range(100)))
    assert answer[-1] == "a99 OK NOOP completed"


async def test_too_many_bad_commands_end_the_conversation(home: Home, alice: SessionPlayer) -> None:
    answer = await alice.say(*["x FROB"] * 30)
    assert answer[-1] == "* BYE too many bad commands" and len(answer) == 21
    assert alice.is_over
    other = await log_in(home)
    assert (await other.say("a NOOP")) == ["a OK NOOP completed"]
