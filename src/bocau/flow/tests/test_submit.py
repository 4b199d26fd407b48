"""The one door out: repaired, checked, counted; local and remote recipients in one write."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocau.base.errors import LimitReached, NoSuchAddress, NotPermitted
from bocau.flow.settings import Smarthost
from bocau.flow.submission.fixup import repaired
from bocau.flow.tests.conftest import MAIL, NOW, World, recipient
from bocau.flow.values import BodyType, Notify
from bocau.formats.address import parse_address
from bocau.formats.header import fields, get_all
from bocau.formats.line_ends import with_crlf
from bocau.rules.routing import Hop


async def submit(world: World, *recipients: object, content: bytes = MAIL, **changes: object) -> bytes:
    """Submit as alice; returns what bob got."""
    arrived = world.arrived(*recipients, content=content, login="alice", **changes)
    assert await world.flow.submit(arrived) == "trace1"
    return world.inbox("bob")[-1] if world.inbox("bob") else b""


@pytest.fixture
async def people(world: World) -> World:
    await world.account("alice")
    await world.account("bob")
    return world


async def test_local_and_remote_recipients_in_one_write(people: World) -> None:
    groups = 0

    def count() -> None:
        nonlocal groups
        groups += 1

    people.database.after_group.append(count)
    there = recipient("y@there.test", Notify.SUCCESS, Notify.FAILURE, original="rfc822;y@there.test")
    await submit(people, "bob@here.test", "x@there.test", there, ret="HDRS", envid="E1")
    assert groups == 1 and len(people.inbox("bob")) == 1
    (queued,) = people.queue()
    assert (queued.reverse_path, queued.ret, queued.envid) == ("alice@here.test", "HDRS", "E1")
    assert queued.account_id == people.accounts["alice"].account_id
    assert [(r.address, r.notify, r.orcpt) for r in queued.recipients] == [
        ("x@there.test", None, None),
        ("y@there.test", "SUCCESS,FAILURE", "rfc822;y@there.test"),
    ]
    assert (queued.expires_at - NOW, (queued.warn_at or 0) - NOW) == (5 * 86400, 4 * 3600)


async def test_what_is_missing_is_added_and_what_must_not_leave_is_taken_out(people: World) -> None:
    content = b"From: alice@here.test\r\nBcc: secret@x.test,\r\n more@x.test\r\nTo: bob\r\n\r\nBcc: body\r\n"
    body = await submit(people, "bob@here.test", content=content)
    assert b"secret" not in body and b"more@x" not in body and body.endswith(b"\r\n\r\nBcc: body\r\n")
    assert get_all(body, b"message-id") and get_all(body, b"date")
    assert len(get_all(body, b"from")) == 1


async def test_complete_message_is_not_touched(people: World) -> None:
    content = b"Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <1@x>\r\n" + MAIL
    assert (await submit(people, "bob@here.test", content=content)).endswith(b"+0000\r\n" + content)


@pytest.mark.parametrize(
    "field",
    [
        b"From: bob@here.test",
        b"From: Alice <alice@here.test>, bob@here.test",
        b"From: alice@here.test\r\nFrom: alice@here.test",
        b"From: alice@here.test\r\nSender: bob@here.test",
        b"From: alice@here.test\r\nFrom : bob@here.test",
        b"From: alice@here.test\r\nFrom\r\n : bob@here.test",
        b"From: nobody at all",
        b"From: <>",
        b"From:",
        b'From: "alice@here.test" <evil@there.test>',
        b"From: =?utf-8?q?alice?=@here.test",
        b"From: undisclosed:;",
    ],
)
async def test_authors_must_belong_to_the_login(people: World, field: bytes) -> None:
    with pytest.raises(NotPermitted):
        await submit(people, "bob@here.test", content=field + b"\r\n\r\nhi\r\n")
    assert people.inbox("bob") == []


async def test_aliases_and_subaddresses_may_be_authors(people: World) -> None:
    await people.directory.set_alias(parse_address("sales@here.test"), [parse_address("alice@here.test")])
    for sender in ("sales@here.test", "alice+shop@here.test", "ALICE@HERE.TEST"):
        content = f"From: Shop <{sender}>\r\n\r\nhi\r\n".encode()
        assert await submit(people, "bob@here.test", content=content, sender=sender)
    people.flow.check_sender(people.accounts["alice"].account_id, None)
    with pytest.raises(NotPermitted):
        people.flow.check_sender(people.accounts["alice"].account_id, parse_address("bob@here.test"))


async def test_limits_count_over_an_hour_and_a_day(people: World) -> None:
    people.settings = replace(people.settings, messages_per_hour=3, recipients_per_day=5)
    alice = people.accounts["alice"].account_id
    await submit(people, "bob@here.test", "x@there.test")
    with pytest.raises(LimitReached):
        await submit(people, *[f"x{i}@there.test" for i in range(4)])
    await submit(people, "bob@here.test")
    await submit(people, "bob@here.test")
    with pytest.raises(LimitReached):
        people.flow.check_sender(alice, None)
    people.clock.time += 3600
    await submit(people, "bob@here.test")
    people.clock.time += 3600
    with pytest.raises(LimitReached):
        people.flow.check_sender(alice, None)
    people.clock.time += 23 * 3600
    people.flow.check_sender(alice, None)
    assert len(people.inbox("bob")) == 4


async def test_only_recipient_refused_is_an_error_and_counts_nothing(people: World) -> None:
    with pytest.raises(NoSuchAddress):
        await submit(people, "nobody@here.test")
    messages, _ = people.store.glance(
        people.accounts["alice"].account_id,
        lambda tx: tx.queue.submitted(people.accounts["alice"].account_id, int(NOW) // 3600),
    )
    assert messages == 0


async def test_bare_line_ends_cannot_smuggle(people: World) -> None:
    evil = MAIL + b"\n.\r\nMAIL FROM:<evil@x>\r\n\r.\r"
    body = await submit(people, "bob@here.test", content=evil)
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    binary = await submit(people, "bob@here.test", content=evil, body_type=BodyType.BINARY)
    assert binary.endswith(evil)


async def test_routes_decide_what_shares_a_place_in_the_queue(people: World) -> None:
    people.outbound_settings(
        smarthost=Smarthost(Hop("relay.test", 587)), routes={"there.test": Hop("10.0.0.7", 25)}
    )
    await submit(people, "a@x.test", "b@y.test", "c@there.test")
    (queued,) = people.queue()
    assert [r.destination for r in queued.recipients] == ["=relay.test:587"] * 2 + ["=10.0.0.7:25"]


@given(st.binary(max_size=60))
def test_crlf_is_all_that_ends_a_line(data: bytes) -> None:
    clean = with_crlf(data)
    assert clean.count(b"\n") == clean.count(b"\r\n") == clean.count(b"\r")
    assert clean.replace(b"\r\n", b"") == data.replace(b"\r", b"").replace(b"\n", b"")
    assert with_crlf(clean) == clean


@pytest.mark.parametrize(
    "content", [b"", b"just a body\r\n", b"\r\nbody\r\n", b"Subject: x\r\n", b"a: b\r\n\r\nc"]
)
def test_repair_never_swallows_the_body(content: bytes) -> None:
    fixed = repaired(content, fields(content), date=b"D", message_id=b"<m>", sender=b"a@b")
    assert fixed.endswith(content)
    assert {f.name for f in fields(fixed)} >= {b"date", b"message-id", b"from"}
