"""Answers of those who are away: to people, once, with the delivery (RFC 5230, RFC 3834)."""

import asyncio
from typing import Any

import pytest

from bocau.flow.tests.conftest import NOW, World
from bocau.formats.address import parse_address
from bocau.formats.header import get, get_all
from bocau.store.identities import Identity, add
from bocau.store.vacation import Vacation, set_vacation

MAIL = (
    b"From: Xavier <x@there.test>\r\nTo: alice@here.test\r\nSubject: =?utf-8?q?B=C3=A1o?= c\r\n"
    b"Message-ID: <1@there.test>\r\nReferences: <0@there.test>\r\n\r\nhello\r\n"
)
DAY = 86_400


@pytest.fixture
async def away(world: World) -> World:
    for name in ("alice", "bob"):
        await world.account(name)
    await set_away(world, "alice")
    return world


async def set_away(world: World, name: str, **more: Any) -> None:
    new = Vacation(True, subject="Away", text_body="Đi vắng")._replace(**more)
    await world.store.write(world.accounts[name].account_id, lambda tx: set_vacation(tx, new))


async def deliver(
    world: World, content: bytes = MAIL, sender: str = "x@there.test", to: str = "alice@here.test"
) -> int:
    """How many answers wait in the queue then."""
    await world.flow.receive(world.arrived(to, sender=sender, content=content))
    return len(world.queue())


def sent(world: World) -> bytes:
    (queued,) = world.queue()
    return world.store.blobs.read(queued.blob)[queued.skip_bytes :]


async def test_the_answer(away: World) -> None:
    own = Identity(0, "Nguyễn Thị Alice", "alice@here.test")
    await away.store.write(away.accounts["alice"].account_id, lambda tx: add(tx, own))
    assert await deliver(away) == 1
    answer = sent(away)
    assert away.queue()[0].reverse_path == "" and away.queue()[0].recipients[0].notify == "NEVER"
    assert get(answer, b"to") == b"<x@there.test>" and get(answer, b"subject") == b"Away"
    assert (get(answer, b"from") or b"").endswith(b"<alice@here.test>")
    assert get(answer, b"auto-submitted") == b"auto-replied"
    assert get(answer, b"in-reply-to") == b"<1@there.test>"
    assert get(answer, b"references") == b"<0@there.test> <1@there.test>"
    assert "=C4=90i v=E1=BA=AFng" in answer.decode() and len(get_all(answer, b"message-id")) == 1
    assert len(away.inbox("alice")) == 1


async def test_once_in_seven_days_for_each_sender(away: World) -> None:
    assert await deliver(away) == 1
    assert await deliver(away, sender="X@there.test") == 1
    assert await deliver(away, sender="y@there.test") == 2
    away.clock.time = NOW + 7 * DAY - 1
    assert await deliver(away) == 2
    away.clock.time = NOW + 7 * DAY
    assert await deliver(away) == 3
    await set_away(away, "alice", text_body="New words")
    assert await deliver(away) == 4


async def test_from_the_moment_on_that_it_is_switched_on_and_off(away: World) -> None:
    """By one flow, which remembers who is away."""
    flow, content = away.flow, MAIL.replace(b"alice@", b"bob@")
    counts = []
    for sender, is_enabled in (("x", None), ("x", True), ("y", False)):
        if is_enabled is not None:
            await set_away(away, "bob", is_enabled=is_enabled)
        await flow.receive(away.arrived("bob@here.test", sender=f"{sender}@there.test", content=content))
        counts.append(len(away.queue()))
    assert counts == [0, 1, 1]


async def test_two_letters_at_the_same_moment_get_one_answer(away: World) -> None:
    await asyncio.gather(deliver(away), deliver(away))
    assert len(away.inbox("alice")) == 2 and len(away.queue()) == 1


async def test_only_between_its_dates_and_when_switched_on(away: World) -> None:
    await set_away(away, "alice", from_at=int(NOW) + 10, to_at=int(NOW) + 20)
    assert await deliver(away) == 0
    away.clock.time = NOW + 10
    assert await deliver(away) == 1
    away.clock.time = NOW + 20
    assert await deliver(away, sender="y@there.test") == 1
    await set_away(away, "alice", is_enabled=False)
    assert await deliver(away, sender="z@there.test") == 1


@pytest.mark.parametrize(
    "field",
    [
        b"Auto-Submitted: auto-generated",
        b"auto-submitted: auto-replied; x=y",
        b"Precedence: bulk",
        b"Precedence:\r\n list",
        b"precedence: JUNK",
        b"List-Id: <x.there.test>",
        b"List-Unsubscribe: <mailto:x@there.test>",
        b"X-Auto-Response-Suppress: OOF, DR",
        b"Feedback-ID: 1:x",
    ],
)
async def test_never_to_programs_and_lists(away: World, field: bytes) -> None:
    assert await deliver(away, field + b"\r\n" + MAIL) == 0
    assert await deliver(away, b"Auto-Submitted: no\r\n" + MAIL) == 1


@pytest.mark.parametrize(
    "sender",
    [
        "", "MAILER-DAEMON@there.test", "no-reply@there.test", "noreply+1@there.test",
        "donotreply@there.test", "owner-list@there.test", "list-request@there.test",
        "list-bounces@there.test", "bounce-7=x@there.test", "alice@here.test", "alice+self@here.test",
    ],
)  # fmt: skip
async def test_never_where_nobody_reads_it(away: World, sender: str) -> None:
    assert await deliver(away, sender=sender) == 0


async def test_only_when_written_to_by_name(away: World) -> None:
    own = parse_address("alice@here.test")
    await away.directory.set_group(parse_address("team@here.test"), [own, parse_address("bob@here.test")], [])
    await away.directory.set_alias(parse_address("a@here.test"), [own])
    to_team = MAIL.replace(b"To: alice@here.test", b"To: team@here.test")
    assert await deliver(away, to_team, to="team@here.test") == 0
    assert await deliver(away, MAIL.replace(b"To: alice@here.test", b"To: undisclosed:;")) == 0
    to_alias = MAIL.replace(
        b"To: alice@here.test", b"To: y@there.test\r\nCc: Z <z@x.test>, A <A+b@here.test>"
    )
    assert await deliver(away, to_alias, to="a@here.test") == 1
    assert (get(sent(away), b"from") or b"").endswith(b"<A+b@here.test>")


async def test_two_who_are_away_do_not_answer_each_other_for_ever(away: World) -> None:
    await set_away(away, "bob")
    mail = MAIL.replace(b"x@there.test", b"bob@here.test")
    await away.flow.submit(away.arrived("alice@here.test", sender="bob@here.test", content=mail, login="bob"))
    assert (len(away.inbox("alice")), len(away.inbox("bob")), away.queue()) == (1, 1, [])
    assert b"Return-Path: <>" in away.inbox("bob")[0]


async def test_defaults_and_html(away: World) -> None:
    await set_away(away, "alice", subject=None, text_body=None, html_body="<p>Đi <b>vắng</b></p>")
    await deliver(away)
    answer = sent(away)
    assert b"multipart/alternative" in answer and b"text/html" in answer and b"text/plain" in answer
    assert get(answer, b"subject") == b"=?utf-8?b?QXV0bzogQsOhbyBj?="


async def test_nothing_of_the_mail_becomes_a_field_of_the_answer(away: World) -> None:
    evil = MAIL.replace(b"c\r\n", b"=?utf-8?q?x=0D=0ABcc:_eve@there.test?=\r\n", 1)
    evil = evil.replace(b"<1@there.test>", b"<1@there.test>\x0bBcc: eve@there.test")
    await set_away(away, "alice", subject=None)
    await deliver(away, evil)
    assert b"\nBcc" not in sent(away) and [len(m.recipients) for m in away.queue()] == [1]
